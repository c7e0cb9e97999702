"""The distribution-learning scores of GuacaMol by its own definitions: N. Brown et al., J. Chem. Inf. Model. 59, 1096
(2019), and the package guacamol (`distribution_learning_benchmark`, `frechet_benchmark`), whose code is not needed.

All scores are of 10,000 molecules against as many of the training set, drawn at random; stereo is left out, but not for
FCD.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem, rdBase
from rdkit.Chem import Descriptors, rdFingerprintGenerator
from rdkit.DataStructs import BulkTanimotoSimilarity

from molgan.base.parallel import map_chunks
from molgan.base.progress import Progress

SAMPLES = 10_000
CONTINUOUS = ("BertzCT", "MolLogP", "MolWt", "TPSA")
DISCRETE = ("NumHAcceptors", "NumHDonors", "NumRotatableBonds", "NumAliphaticRings", "NumAromaticRings")
SIMILARITY = "internal_similarity"
_EPSILON = 1e-10
_CHUNK = 500

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Described:
    """Molecules as the KL divergences see them: descriptors [n, 9] in the order of CONTINUOUS and DISCRETE, and the
    Tanimoto similarity of each to its nearest other, [n]."""

    descriptors: Array
    nearest: Array


def describe(smiles: Sequence[str], *, processes: int = 1, progress: Progress | None = None) -> Described:
    """Describe valid SMILES without their stereo, each once."""
    flat = remove_stereo(smiles)
    rows = map_chunks(_compute_rows, flat, _CHUNK, processes, task="descriptors", progress=progress)
    fingerprints = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=4096)
    with rdBase.BlockLogs():
        nearest = find_nearest([fingerprints.GetFingerprint(Chem.MolFromSmiles(text)) for text in flat])
    return Described(np.array([row for part in rows for row in part]).reshape(len(flat), 9), nearest)


def remove_stereo(smiles: Sequence[str]) -> list[str]:
    """Canonical SMILES without stereo of valid SMILES, each once, in order."""
    with rdBase.BlockLogs():
        written = [Chem.MolToSmiles(Chem.MolFromSmiles(text), isomericSmiles=False) for text in smiles]
    return list(dict.fromkeys(written))


def find_nearest(fingerprints: Sequence[object]) -> Array:
    """The Tanimoto similarity of each fingerprint to its nearest other, [n]; 0 for the only one."""
    best = np.zeros(len(fingerprints))
    for i in range(1, len(fingerprints)):
        similarities = np.array(BulkTanimotoSimilarity(fingerprints[i], fingerprints[:i]))
        best[i] = similarities.max()
        np.maximum(best[:i], similarities, out=best[:i])
    return best


def compute_divergences(real: Described, sampled: Described) -> dict[str, float]:
    """The KL divergence of the samples from real molecules by descriptor, and of the similarity to the nearest."""
    pairs = dict(
        zip((*CONTINUOUS, *DISCRETE), zip(real.descriptors.T, sampled.descriptors.T, strict=True), strict=True)
    )
    found = {name: diverge_continuous(*pairs[name]) for name in CONTINUOUS}
    found |= {name: diverge_discrete(*pairs[name]) for name in DISCRETE}
    return found | {SIMILARITY: diverge_continuous(real.nearest, sampled.nearest)}


def diverge_continuous(real: Array, sampled: Array) -> float:
    """The KL divergence of two Gaussian kernel densities at 1,000 points over the range of both; NaN where a density
    has no width."""
    from scipy.stats import entropy, gaussian_kde

    if min(len(np.unique(real)), len(np.unique(sampled))) < 2:
        return math.nan
    both = np.concatenate([real, sampled])
    points = np.linspace(both.min(), both.max(), num=1000)
    return float(entropy(*(gaussian_kde(values)(points) + _EPSILON for values in (real, sampled))))


def diverge_discrete(real: Array, sampled: Array) -> float:
    """The KL divergence of two histograms whose ten bins are those of the real values."""
    from scipy.stats import entropy

    known, edges = np.histogram(real, bins=10, density=True)
    found, _ = np.histogram(sampled, bins=edges, density=True)
    return float(entropy(known + _EPSILON, found + _EPSILON))


def score_divergences(divergences: dict[str, float]) -> float:
    """GuacaMol's KL divergence score, 0 to 1: the mean of exp(-divergence)."""
    return float(np.mean(np.exp(-np.array(list(divergences.values())))))


def score_distance(distance: float) -> float:
    """GuacaMol's score of a Fréchet ChemNet distance, 0 to 1."""
    return math.exp(-0.2 * distance)


def _compute_rows(smiles: Sequence[str]) -> list[list[float]]:
    functions = [getattr(Descriptors, name) for name in (*CONTINUOUS, *DISCRETE)]
    with rdBase.BlockLogs():
        rows = [[float(function(mol)) for function in functions] for mol in map(Chem.MolFromSmiles, smiles)]
    # As in GuacaMol: a descriptor that is not finite counts as 0.
    return np.nan_to_num(np.array(rows), nan=0.0, posinf=0.0, neginf=0.0).tolist()
