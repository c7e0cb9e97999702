"""Cross-validation by scaffold: no fold knows another, and what a model says is of molecules that it has not seen."""

import numpy as np
from rdkit import Chem

from molgan.chem.fingerprints import murcko_scaffold
from molgan.chem.shipped_sets import load_reference
from molgan.models.qsar.cross_validation import assign_folds, cross_validate
from molgan.models.qsar.measurements import Measured
from molgan.models.qsar.settings import QSARTraining

SMILES = [record.smiles for record in load_reference("moses_reference_1000")[:160]]
MOLS = [Chem.MolFromSmiles(smiles) for smiles in SMILES]
ATOMS = np.array([float(mol.GetNumHeavyAtoms()) for mol in MOLS])
SMALL = QSARTraining(kind="boosting", members=2, rounds=20, leaves=4)


def measured(target=ATOMS, task="regression"):
    return Measured(SMILES, MOLS, target, task)


def test_no_scaffold_is_in_two_folds_and_the_folds_are_alike():
    fold = assign_folds(MOLS, 4, seed=0)
    assert fold.tolist() == assign_folds(MOLS, 4, seed=0).tolist() != assign_folds(MOLS, 4, seed=1).tolist()
    assert np.bincount(fold).tolist() == [40] * 4
    homes = {}
    for mol, number in zip(MOLS, fold.tolist(), strict=True):
        assert homes.setdefault(murcko_scaffold(mol), number) == number
    chains = [Chem.MolFromSmiles("C" * length) for length in range(1, 9)]
    assert set(assign_folds(chains, 4, seed=0).tolist()) == {0, 1, 2, 3}


def test_cross_validation_predicts_each_molecule_by_a_model_that_has_not_seen_it():
    random = np.random.default_rng(0)
    noise = cross_validate(measured(random.normal(size=160)), SMALL, target="noise", folds=3)
    real = cross_validate(measured(), SMALL, target="atoms", folds=3)
    # What was seen in training would be predicted well even where there is nothing to learn.
    assert np.mean([fold["R2"] for fold in noise.measure(noise.prediction.value)]) < 0.1
    assert np.mean([fold["R2"] for fold in real.measure(real.prediction.value)]) > 0.8
    assert real.prediction.similarity.max() < 1
    assert set(real.neighbour) <= set(ATOMS)
    assert len(set(real.mean)) == 3
    assert (real.prediction.error > 0).all() and min(real.error) >= 0
    assert real.find_rows(0, 1.01).all() and not real.find_rows(0.9, 1.01).any()
