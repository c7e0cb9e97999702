"""Familiarity is what the counts of an index say."""

import math
from pathlib import Path

import pytest

from molgan.chem.plausibility.chemistry_index import ChemistryIndex
from molgan.scoring.registry import get_scorer

KNOWN = ["c1ccccc1O", "c1ccccc1", "c1ccccc1CC1CC1", "CCO"]


@pytest.fixture
def index(tmp_path: Path) -> str:
    ChemistryIndex.of(KNOWN).save(tmp_path / "index.npz")
    return str(tmp_path / "index.npz")


def test_the_rarest_ring_system_counts(index: str) -> None:
    scores = get_scorer("ring_familiarity", index=index)(["Cc1ccccc1", "C1CC1c1ccccc1", "C1CCC1c1ccccc1", "CC", "?"])
    expected = [math.log10(1 + n) for n in (3, 1, 0, 3)]
    assert scores.values[:4].tolist() == pytest.approx(expected)
    assert math.isnan(scores.values[4]) and scores.errors[4]


def test_known_molecules_are_familiar_and_others_less(index: str) -> None:
    scores = get_scorer("fragment_familiarity", index=index)([*KNOWN, "c1ccccc1N", "FC(F)(F)Cl"])
    assert scores.values[:4].tolist() == [1] * 4
    assert 0 < scores.values[4] < 1
    assert scores.values[5] == 0


def test_another_index_under_the_same_name_gives_other_values(index: str) -> None:
    before = get_scorer("ring_familiarity", index=index)
    ChemistryIndex.of(["C1CC1"] * 9).save(Path(index + ".npz"))
    after = get_scorer("ring_familiarity", index=index + ".npz")
    assert before.key != after.key
    assert after(["C1CC1"]).values.tolist() == [1.0]
