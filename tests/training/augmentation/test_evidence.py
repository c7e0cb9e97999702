"""The error that is expected of a label is that of labels like it."""

import numpy as np
import pytest
from rdkit import Chem

from molgan.base.errors import InputError
from molgan.models.qsar.measurements import Measured
from molgan.training.augmentation.evidence import NeighbourEvidence, TeacherEvidence


def series(rings, lengths=range(1, 13)):
    """Chains on rings, each chain most like the next one."""
    smiles = ["C" * length + ring for ring in rings for length in lengths]
    return smiles, [Chem.MolFromSmiles(text) for text in smiles]


def test_a_neighbours_error_is_the_share_of_neighbours_that_differ(toys):
    smiles, mols = series(["c1ccccc1", "N1CCNCC1"])
    pure = Measured(smiles, mols, np.repeat([0.0, 1.0], 12), "classification")
    mixed = Measured(smiles, mols, np.tile([0.0, 1.0], 12), "classification")
    new = [Chem.MolFromSmiles("CC(C)CCCCc1ccccc1"), Chem.MolFromSmiles("CC(C)CCCCN1CCNCC1")]
    clear, doubtful = (NeighbourEvidence(each, 0.5).label(new) for each in (pure, mixed))
    assert clear.value.tolist() == [0, 1] and clear.uncertainty.max() < 0.05
    assert doubtful.uncertainty.min() > 0.3
    assert clear.similarity.tolist() == doubtful.similarity.tolist() and clear.neighbour[0] < 12 <= clear.neighbour[1]


def test_a_teacher_knows_what_it_can_learn_and_what_it_cannot(toys):
    training = toys.FAST.training(0)
    rng = np.random.default_rng(0)
    real = toys.measure_atoms(120)
    noise = Measured(real.smiles, real.mols, rng.permutation(real.target), "regression")
    learned, guessed = (TeacherEvidence(each, training, None).label(toys.MOLS[200:230]) for each in (real, noise))
    errors = [np.abs(each.value - toys.ATOMS[200:230]).mean() for each in (learned, guessed)]
    assert learned.uncertainty.mean() < guessed.uncertainty.mean() and errors[0] < errors[1]
    assert learned.uncertainty.mean() == pytest.approx(errors[0], rel=0.5)


def test_a_teacher_of_one_scaffold_is_refused(toys):
    smiles, mols = series(["c1ccccc1", "N1CCNCC1"])
    measured = Measured(smiles, mols, np.repeat([0.0, 1.0], 12), "classification")
    with pytest.raises(InputError, match="one scaffold"):
        TeacherEvidence(measured, toys.FAST.training(0), measured.target == 1)
