"""Synthetic molecules are labelled by what is near, and traced to the rows that they come from."""

import numpy as np
import pytest
from rdkit import Chem
from rdkit.DataStructs import TanimotoSimilarity

from molgan.chem.fingerprints import ecfp
from molgan.models.qsar.measurements import Measured
from molgan.training.augmentation.molecule_sources import GeneticSource
from molgan.training.augmentation.synthesiser import HELD_OUT, Synthesiser, drop_held_out
from molgan.training.augmentation.synthetic import tabulate

RARE = range(0, 60, 6)


@pytest.fixture
def make(toys):
    def make(measured, settings=toys.FAST, wanted=20, seed=0, source=None):
        return Synthesiser(source or toys.MethylSource(), settings)(measured, wanted, seed)

    return make


def test_a_label_is_that_of_the_nearest_measured_molecule_and_both_rows_are_named(toys, make):
    measured = toys.measure_classes(RARE)
    found = make(measured)
    assert len(found.labelled) == len(found.molecules) == 20 <= found.drawn
    bits = ecfp(measured.mols)
    for each in found.molecules:
        similarities = [TanimotoSimilarity(ecfp([each.mol])[0], other) for other in bits]
        assert each.similarity == max(similarities) == similarities[each.neighbour] >= 0.4
        # Of a rare class alone, and from it alone.
        assert each.value == 1 == measured.target[each.neighbour] == measured.target[each.parent]
        assert 0 <= each.uncertainty <= 1 and each.how == "neighbour"
    table = tabulate(found.molecules, measured, "active")
    assert table["source_lines"].tolist() == [str(each.parent + 2) for each in found.molecules]
    assert table["source_smiles"].tolist() == [measured.smiles[each.parent] for each in found.molecules]
    assert table["active"].tolist() == [1] * 20 and not table.isna().any(axis=None)


def test_the_same_seed_makes_the_same_molecules_and_none_twice(toys, make):
    measured = toys.measure_classes(RARE)
    first, again, other = (make(measured, seed=seed) for seed in (3, 3, 4))
    texts = [each.smiles for each in first.molecules]
    assert texts == [each.smiles for each in again.molecules] != [each.smiles for each in other.molecules]
    assert len(set(texts)) == len(texts) and not set(texts) & set(measured.smiles)


def test_it_ends_where_nothing_can_be_drawn_and_counts_why(toys, make):
    settings = toys.FAST.model_copy(update={"draws": 3})
    none = make(toys.measure_atoms(), settings, wanted=10, source=toys.FixedSource([None]))
    assert none.molecules == [] and none.drawn == 30 == none.dropped["no molecule was drawn"]
    known = make(toys.measure_atoms(), settings, wanted=10, source=toys.FixedSource(toys.SMILES[:5]))
    assert known.molecules == [] and known.dropped["measured, or drawn before"] == 30
    agent = "CC(C)OP(C)(=O)F"
    assert make(toys.measure_atoms(), settings, wanted=10, source=toys.FixedSource([agent])).dropped[
        "rejected by the filter misuse"
    ]
    free = settings.model_copy(update={"misuse_filter": False, "unlabelled": True})
    assert [
        each.smiles for each in make(toys.measure_atoms(), free, wanted=1, source=toys.FixedSource([agent])).molecules
    ]


def test_what_has_too_little_evidence_has_no_label_and_is_written_where_asked(toys, make):
    far = toys.FAST.model_copy(update={"similarity": 0.99, "unlabelled": True, "draws": 2})
    found = make(toys.measure_classes(RARE), far, wanted=10)
    assert found.labelled == [] and len(found.molecules) == 10
    assert all(np.isnan(each.value) and np.isnan(each.uncertainty) and each.how == "" for each in found.molecules)
    assert make(toys.measure_classes(RARE), far.model_copy(update={"unlabelled": False}), wanted=10).molecules == []


def test_a_held_out_molecule_is_left_out_whatever_its_stereo(toys, make):
    measured = toys.measure_classes(RARE)
    found = make(measured)
    taken = found.molecules[0].smiles
    held_out = Measured([taken], [Chem.MolFromSmiles(taken)], np.ones(1), "classification")
    rest = drop_held_out(found, held_out)
    assert [each.smiles for each in rest.molecules] == [each.smiles for each in found.molecules[1:]]
    assert rest.dropped[HELD_OUT] == 1 and HELD_OUT not in +found.dropped


def test_genetic_moves_of_a_molecule_depend_on_it_its_number_and_the_seed_alone(toys):
    source, other = (GeneticSource(("C", "O", "N", "c1ccccc1", "F", "c1ccncc1"), 30) for _ in range(2))
    mols = toys.MOLS[:6]
    drawn = source.draw(mols, [0] * 6, seed=1, turn=0)
    assert drawn[3:] == other.draw(mols[3:], [0] * 3, seed=1, turn=5)
    assert drawn != source.draw(mols, [1] * 6, seed=1, turn=0) and drawn != source.draw(mols, [0] * 6, seed=2, turn=0)
    assert all(Chem.MolFromSmiles(text) is not None for text in drawn if text) and sum(map(bool, drawn)) >= 4
