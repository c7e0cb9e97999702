"""Agreement with the official MOSES code on 30,000 samples: it takes minutes."""

import hashlib
import heapq

import pytest

from molgan.chem.reading import read_smiles
from molgan.evaluation.comparison_sets import Moses, find_moses_file
from molgan.evaluation.metrics import evaluate

# What the official code (molsets 0.3.1, `get_all_metrics` with its own sets and statistics) gave for the sample below
# with rdkit 2026.9.1, numpy 2.4, scipy 1.17 and torch 2.13, the names that newer versions dropped given back to it.
# Frag is its cosine taken of floats: on the integer counts that it passes, the product of squared lengths overflows in
# scipy 1.17 at this size, and the similarity comes out as 1.0000.
OFFICIAL = {
    "valid": 0.9543,
    "unique@1000": 0.9610,
    "unique@10000": 0.9463,
    "FCD/Test": 0.2025,
    "SNN/Test": 0.6397,
    "Frag/Test": 0.9998,
    "Scaf/Test": 0.9338,
    "FCD/TestSF": 0.6472,
    "SNN/TestSF": 0.5868,
    "Frag/TestSF": 0.9988,
    "Scaf/TestSF": 0.0600,
    "IntDiv": 0.8598,
    "IntDiv2": 0.8534,
    "Filters": 0.9575,
    "logP": 0.0306,
    "SA": 0.0678,
    "QED": 0.0083,
    "weight": 2.2794,
    "Novelty": 0.1432,
}
SAMPLE_HASH = "78321cabb73cfef4aee77e14254ec78ecb60338496b2fae59140206ff6850978"

SWAPS = [
    ("c1ccccc1", "c1ccncc1"),
    ("C(=O)", "C(=S)"),
    ("F", "I"),
    ("CC", "C[Si]"),
    ("N(", "[N+]("),
    ("O", "S"),
    ("c1ccc", "c1cc2ccccc2c"),
    ("C1CC", "C1CCCCCCC"),
]


def rank(text):
    return hashlib.sha256(text.encode()).digest()


def draw(split, n):
    """n molecules of a split, the same whatever the order of its file."""
    path = find_moses_file(split)
    if path is None:
        pytest.skip(f"the MOSES {split} set is not here")
    salt = {Moses.TEST_SCAFFOLDS: "scaffolds"}.get(split, split.value)
    return heapq.nsmallest(n, (record.smiles for record in read_smiles(path)), key=lambda smiles: rank(salt + smiles))


def sample():
    """30,000 lines: training molecules as they are, altered, broken and repeated, test molecules and oddities."""
    train = draw(Moses.TRAIN, 27_000)
    altered = [smiles.replace(*SWAPS[i % len(SWAPS)], 1) for i, smiles in enumerate(train[20_000:26_000])]
    broken = [smiles[: 2 * len(smiles) // 3] for smiles in train[26_000:]]
    odd = ["", "C", "O=C=O.CCO", "[Na+].[Cl-]", "c1ccccc", "C(C)(C)(C)(C)C"] * 20 + ["[Xe]"] * 80
    lines = train[:20_000] + altered + broken + draw(Moses.TEST, 800) + draw(Moses.TEST_SCAFFOLDS, 700)
    return sorted(lines + train[:1_300] + odd, key=rank)


@pytest.mark.slow
def test_agrees_to_three_decimals():
    lines = sample()
    assert hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest() == SAMPLE_HASH
    values = evaluate(lines, n_jobs=2)
    assert list(values) == list(OFFICIAL)
    assert values == pytest.approx(OFFICIAL, abs=5e-4)
