"""Forests as arrays give what scikit-learn's forests give."""

import numpy as np
import pytest
from rdkit import Chem

from molgan.base.errors import WeightsError
from molgan.chem.fingerprints import ecfp
from molgan.chem.shipped_sets import load_reference
from molgan.models.qsar.ensemble import QSARModel
from molgan.models.qsar.forest import Forest, grow_forest, take_trees
from molgan.models.qsar.networks import counts
from molgan.models.qsar.settings import QSARDescription, QSARTraining

MOLS = [Chem.MolFromSmiles(record.smiles) for record in load_reference("moses_reference_1000")[:150]]
WEIGHT = np.array([float(mol.GetNumHeavyAtoms()) for mol in MOLS])


def test_a_regression_is_scikit_learns():
    from sklearn.ensemble import RandomForestRegressor

    forest = RandomForestRegressor(30, random_state=1, max_features=0.3).fit(counts(MOLS[:100]), WEIGHT[:100])
    trees = Forest(take_trees(forest))(MOLS)
    assert trees.shape == (30, 150)
    assert trees.mean(axis=0) == pytest.approx(forest.predict(counts(MOLS)), abs=1e-6)
    assert np.ptp(trees.mean(axis=0)) > 1
    assert Forest(take_trees(forest))([]).shape == (30, 0)


def test_a_classification_is_scikit_learns():
    from sklearn.ensemble import RandomForestClassifier

    forest = RandomForestClassifier(30, random_state=1, max_depth=4).fit(counts(MOLS[:100]), WEIGHT[:100] > 21)
    probability = Forest(take_trees(forest))(MOLS).mean(axis=0)
    assert probability == pytest.approx(forest.predict_proba(counts(MOLS))[:, 1], abs=1e-6)
    assert 0 < probability.min() < probability.max() < 1


def test_a_saved_forest_loads_as_the_same_and_a_damaged_one_is_refused(tmp_path):
    training = QSARTraining(kind="forest", trees=10)
    trees = grow_forest(counts(MOLS), WEIGHT, training, "regression")
    description = QSARDescription(
        target="atoms",
        task="regression",
        training=training,
        error=(0.1, 0.5, 2.0),
        molecules={"train": 150},
        metrics={},
        versions={},
    )
    model = QSARModel(description, [trees], ecfp(MOLS))
    model.save(tmp_path)
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".json", ".safetensors", ".safetensors"]
    predicted = QSARModel.load(tmp_path).predict(MOLS)
    assert predicted.value.tolist() == model.predict(MOLS).value.tolist()
    assert predicted.spread.max() > 0
    circle = {**trees, "left": np.where(trees["left"] > 0, 0, -1).astype(np.int32)}
    QSARModel(description, [trees], ecfp(MOLS)).save(tmp_path)
    with pytest.raises(ValueError, match="no trees"):
        Forest(circle)
    (tmp_path / "member0.safetensors").write_bytes(b"broken")
    with pytest.raises(WeightsError, match="damaged"):
        QSARModel.load(tmp_path)
