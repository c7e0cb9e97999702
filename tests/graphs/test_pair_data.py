"""Pairs of similar molecules: what they have in common is there, bounds hold, held-out molecules are in none."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from rdkit import Chem
from rdkit.DataStructs import BulkTanimotoSimilarity

from molgan.base.errors import InputError
from molgan.chem.fingerprints import ecfp
from molgan.chem.shipped_sets import load_reference
from molgan.graphs.motif.actions import decode
from molgan.graphs.motif.flat_tree import FlatTree
from molgan.graphs.motif.motif_data import ActionData, prepare
from molgan.graphs.motif.pair_choice import MATCHED, SAME_SCAFFOLD, measure_similarity
from molgan.graphs.motif.pair_data import PairData, prepare_pairs
from molgan.graphs.motif.settings import PairSettings

SERIES = [
    f"{left}c1ccc({right})cc1" for left in ("CO", "CC", "CN", "C", "CS", "OC") for right in ("C(N)=O", "F", "CC#N")
]
SETTINGS = PairSettings(lowest=0.25, highest=0.95, a_molecule=3, a_scaffold=20)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> ActionData:
    folder = tmp_path_factory.mktemp("data")
    molecules = [record.smiles for record in load_reference("moses_reference_1000")][:150] + SERIES
    (folder / "in.smi").write_text("\n".join([*molecules, "C.C"]))
    return prepare(folder / "in.smi", folder / "cache", least_count=5)


@pytest.fixture(scope="module")
def pairs(data: ActionData, tmp_path_factory: pytest.TempPathFactory) -> PairData:
    return prepare_pairs(data, tmp_path_factory.mktemp("pairs"), SETTINGS)


def test_pairs_have_in_common_what_they_say(data: ActionData, pairs: PairData) -> None:
    trees = [FlatTree(decode(data[i].tolist(), data.vocabulary)) for i in range(len(data))]
    assert len(pairs) > 20
    for (one, other), kind in zip(pairs.rows.tolist(), pairs.kind.tolist(), strict=True):
        assert one < other
        assert bool(kind & SAME_SCAFFOLD) == (trees[one].scaffold == trees[other].scaffold != 0)
        shared = {cut.constant for cut in trees[one].cuts(12)} & {cut.constant for cut in trees[other].cuts(12)}
        assert shared or not kind & MATCHED
        assert kind
    assert pairs.summary["same_scaffold"] + pairs.summary["matched"] >= len(pairs) == pairs.summary["pairs"]
    assert {SAME_SCAFFOLD, MATCHED} <= {kind & bit for kind in pairs.kind.tolist() for bit in (1, 2)}


def test_similarities_are_those_of_rdkit(data: ActionData, pairs: PairData) -> None:
    smiles = [*SERIES, *(record.smiles for record in load_reference("moses_reference_1000"))][:40]
    fingerprints = ecfp([Chem.MolFromSmiles(text) for text in smiles])
    bits = np.array([list(fingerprint) for fingerprint in fingerprints], dtype=np.uint8)
    chosen = np.array([(i, j) for i in range(40) for j in range(i)])
    found = measure_similarity(np.packbits(bits, axis=1), chosen)
    known = [BulkTanimotoSimilarity(fingerprints[i], [fingerprints[j]])[0] for i, j in chosen.tolist()]
    np.testing.assert_allclose(found, known)
    assert pairs.similarity.min() >= 0.249 and pairs.similarity.max() <= 0.951


def test_bounds_hold(data: ActionData, pairs: PairData) -> None:
    counts = Counter(pairs.rows.ravel().tolist())
    assert max(counts.values()) == SETTINGS.a_molecule
    trees = {i: FlatTree(decode(data[i].tolist(), data.vocabulary)).scaffold for i in counts}
    scaffolds = Counter(scaffold for pair in pairs.rows.tolist() for scaffold in {trees[each] for each in pair})
    assert max(scaffolds.values()) <= SETTINGS.a_scaffold
    assert max(scaffolds.values()) == SETTINGS.a_scaffold, "the bound is reached, so that this test can fail"


def test_pairs_do_not_depend_on_processes_and_are_cached(data: ActionData, pairs: PairData, tmp_path: Path) -> None:
    again = prepare_pairs(data, tmp_path, SETTINGS)
    for name in ("rows", "similarity", "kind"):
        assert np.array_equal(getattr(again, name), getattr(pairs, name))
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    prepare_pairs(data, tmp_path, SETTINGS)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before
    assert isinstance(again.rows, np.memmap)


def test_held_out_molecules_are_in_no_pair(data: ActionData, pairs: PairData, tmp_path: Path) -> None:
    paired = {str(SERIES[row - 150]) for row in np.unique(pairs.rows) if row >= 150}
    assert len(paired) > 5
    held_out = sorted(paired)[:5]
    (tmp_path / "test.smi").write_text("\n".join(held_out))
    less = prepare_pairs(data, tmp_path / "cache", SETTINGS.model_copy(update={"held_out": [tmp_path / "test.smi"]}))
    rows = {SERIES.index(smiles) + 150 for smiles in held_out}
    assert not rows & set(less.rows.ravel().tolist())
    assert less.summary["held_out"] == 5


def test_data_without_pairs_are_refused(tmp_path: Path) -> None:
    (tmp_path / "in.smi").write_text("CCO\nc1ccccc1\n")
    data = prepare(tmp_path / "in.smi", tmp_path / "cache")
    with pytest.raises(InputError, match="no two molecules of the data are a pair"):
        prepare_pairs(data, tmp_path / "cache", SETTINGS)
