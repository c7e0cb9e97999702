"""Boosted trees as arrays give what scikit-learn's give, whatever the spelling."""

import numpy as np
import pytest
from rdkit import Chem

from molgan.chem.shipped_sets import load_reference
from molgan.models.qsar.boosting import Boosting, describe, grow_boosting, take_boosted
from molgan.models.qsar.ensemble import QSARModel
from molgan.models.qsar.fitting import fit
from molgan.models.qsar.measurements import Measured
from molgan.models.qsar.settings import QSARTraining

SMILES = [record.smiles for record in load_reference("moses_reference_1000")[:160]]
MOLS = [Chem.MolFromSmiles(smiles) for smiles in SMILES]
ATOMS = np.array([float(mol.GetNumHeavyAtoms()) for mol in MOLS])
SMALL = QSARTraining(kind="boosting", members=2, rounds=20, leaves=4)


def measured(target=ATOMS, task="regression"):
    return Measured(SMILES, MOLS, target, task)


def test_arrays_give_what_scikit_learn_gives():
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    features, columns = describe(MOLS), np.arange(3, 2080)
    options = {"max_iter": 25, "max_leaf_nodes": 6, "random_state": 1}
    regressor = HistGradientBoostingRegressor(**options).fit(features[:, columns], ATOMS)
    found = Boosting([take_boosted(regressor, columns)], "regression")(MOLS)
    assert found.shape == (1, 160)
    assert found[0] == pytest.approx(regressor.predict(features[:, columns]), rel=2e-3)
    assert np.ptp(found) > 5
    classifier = HistGradientBoostingClassifier(**options).fit(features[:, columns], ATOMS > 21)
    probability = Boosting([take_boosted(classifier, columns)], "classification")(MOLS)[0]
    assert probability == pytest.approx(classifier.predict_proba(features[:, columns])[:, 1], abs=2e-3)
    assert 0 < probability.min() < 0.1 < 0.9 < probability.max() < 1


def test_members_differ_and_the_same_seed_gives_the_same():
    features = describe(MOLS)
    first, second, again = (grow_boosting(features, ATOMS, SMALL, "regression", member) for member in (0, 1, 0))
    assert {name: array.tolist() for name, array in first.items()} == {n: a.tolist() for n, a in again.items()}
    assert first["value"].tolist() != second["value"].tolist()


def test_two_spellings_of_a_molecule_have_the_same_features():
    mol = Chem.MolFromSmiles("COc1ccc2[nH]c(S(=O)Cc3ncc(C)c(OC)c3C)nc2c1")
    order = np.random.default_rng(0).permutation(mol.GetNumAtoms()).tolist()
    assert (describe([mol]) == describe([Chem.RenumberAtoms(mol, order)])).all()
    assert describe([]).shape == (0, describe([mol]).shape[1])


def test_a_model_learns_comes_back_from_disk_and_keeps_the_unit(tmp_path):
    data = measured(1e5 * ATOMS)
    model = fit(data, np.arange(120), SMALL, "atoms")
    model.save(tmp_path)
    predicted, loaded = model.predict(MOLS), QSARModel.load(tmp_path).predict(MOLS)
    assert loaded.value.tolist() == predicted.value.tolist()
    residual = np.abs(predicted.value - data.target)[120:]
    assert residual.mean() < 0.3 * np.abs(data.target - data.target.mean())[120:].mean()
    assert predicted.spread.max() > 0 and np.isfinite(predicted.value).all()
