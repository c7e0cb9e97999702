"""The yardstick of anomalies: its edits are single, valid, and where they say; its head sees half of the pairs."""

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rdkit import Chem

from molgan.chem.shipped_sets import load_reference

FOLDER = Path(__file__).parents[2] / "scripts" / "benchmarks"


@pytest.fixture
def yardstick(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(FOLDER))
    return importlib.import_module("anomalies")


def test_an_edit_is_one_and_where_it_says(yardstick: Any) -> None:
    drugs = [record.smiles for record in load_reference("approved_drugs")[:60]]
    drugs = [text for text in drugs if "." not in text]
    found = list(yardstick.make_edits(drugs, 30, np.random.default_rng(0)))
    again = list(yardstick.make_edits(drugs, 30, np.random.default_rng(0)))
    assert found == again and len(found) > 20
    for before, after, atoms in found:
        one, other = Chem.MolFromSmiles(before), Chem.MolFromSmiles(after)
        assert other is not None and Chem.MolToSmiles(other) != Chem.MolToSmiles(one) and "." not in after
        assert other.GetNumAtoms() == one.GetNumAtoms() and atoms
        assert all(0 <= atom < other.GetNumAtoms() for atom in atoms)
        # Elements differ in one atom at most, bonds in the orders of one, or by one that is gone and one that is new.
        symbols = [sorted(atom.GetSymbol() for atom in mol.GetAtoms()) for mol in (one, other)]
        if symbols[0] != symbols[1]:
            assert len(atoms) == 1
        assert abs(one.GetNumBonds() - other.GetNumBonds()) == 0


def test_strained_molecules_have_a_small_ring(yardstick: Any) -> None:
    assert yardstick.is_strained(Chem.MolFromSmiles("CC1CC1C2CC2CC"))
    assert not yardstick.is_strained(Chem.MolFromSmiles("CCCCC1CCCC1"))
    assert not yardstick.is_strained(Chem.MolFromSmiles("CC1CC1")) and not yardstick.is_strained(None)


def test_the_head_learns_from_one_half_what_holds_in_the_other(yardstick: Any) -> None:
    pytest.importorskip("sklearn")
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(400, 3))
    sides = rng.permutation(400).reshape(200, 2)
    better = rows[sides[:, 0], 1] > rows[sides[:, 1], 1]
    sides = np.where(better[:, None], sides, sides[:, ::-1])
    assert yardstick.fit_head(rows, sides, 400).mean() > 0.9
    assert 0.3 < yardstick.fit_head(rng.normal(size=(400, 3)), sides, 400).mean() < 0.7
