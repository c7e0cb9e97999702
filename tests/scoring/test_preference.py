"""The preference of chemists: one value whatever the spelling, and none outside what they were shown."""

import csv
import gzip
import math
from pathlib import Path

import numpy as np
import pytest
from rdkit import Chem

from molgan.base.errors import WeightsError
from molgan.scoring.fast.preference_model import WIDTH, PreferenceModel, describe, load_preference
from molgan.scoring.registry import get_scorer

PAIRS = Path(__file__).parents[2] / "data" / "admet" / "preference.csv.gz"


def toy(weights=(1.0, -0.5)):
    rows = np.zeros((2, WIDTH))
    rows[:, 0] = weights
    return PreferenceModel(
        rows, np.full(WIDTH, 2.0), np.full(WIDTH, 4.0), np.zeros(WIDTH), np.full(WIDTH, 10.0), (5, 60)
    )


def test_a_worth_is_linear_within_what_is_known_and_comes_back_from_disk(tmp_path):
    rows = np.zeros((4, WIDTH), np.float32)
    rows[:, 0] = [2, 6, 10, 1000]
    worth = toy().weigh(rows)
    assert worth.tolist() == [[0, 1, 2, 2], [0, -0.5, -1, -1]]
    toy().save(tmp_path / "model.npz")
    loaded = PreferenceModel.load(tmp_path / "model.npz")
    assert loaded.weigh(rows).tolist() == worth.tolist() and loaded.atoms == (5, 60)
    (tmp_path / "model.npz").write_bytes(b"none")
    with pytest.raises(WeightsError, match=r"model\.npz: damaged"):
        PreferenceModel.load(tmp_path / "model.npz")


def test_it_agrees_with_the_chemists_it_learned_from_more_often_than_not():
    with gzip.open(PAIRS, "rt", newline="") as file:
        pairs = [(row["preferred"], row["other"]) for row in csv.DictReader(file)][:300]
    scorer = get_scorer("preference")
    preferred, other = (scorer([pair[side] for pair in pairs]).values for side in (0, 1))
    known = ~np.isnan(preferred - other)
    assert known.mean() > 0.95
    assert (preferred > other)[known].mean() > 0.6


def test_two_spellings_have_one_value():
    scorer = get_scorer("preference")
    spellings = ["CC(=O)Nc1ccc(O)cc1", "Oc1ccc(cc1)NC(C)=O", "CC(=O)Nc1ccc(O)cc1.O"]
    values = scorer(spellings).values
    assert values[0] == values[1] and math.isnan(values[2])
    assert (describe(Chem.MolFromSmiles(spellings[0])) == describe(Chem.MolFromSmiles(spellings[1]))).all()


def test_outside_of_what_was_compared_there_is_a_reason():
    fewest, most = load_preference()[0].atoms
    scores = get_scorer("preference")(["CC", "C" * (most + 1), "CC(=O)Nc1ccc(O)cc1.O"])
    assert np.isnan(scores.values).all()
    assert f"2 heavy atoms; chemists compared molecules of {fewest} to {most}" in scores.errors[0]
    assert f"{most + 1} heavy atoms" in scores.errors[1] and "several fragments" in scores.errors[2]


def test_caution_makes_it_worse():
    smiles = ["CC(=O)Nc1ccc(O)cc1", "COc1ccc2[nH]c(S(=O)Cc3ncc(C)c(OC)c3C)nc2c1"]
    assert (get_scorer("preference", caution=2)(smiles).values < get_scorer("preference")(smiles).values).all()
