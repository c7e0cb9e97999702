"""The scorer qsar: caution, domain, and pickles that nobody vouches for."""

import pickle

import numpy as np
import pytest
from rdkit import Chem

from molgan.base.errors import ConfigError, WeightsError
from molgan.chem.fingerprints import ecfp
from molgan.models.qsar.ensemble import QSARModel
from molgan.models.qsar.settings import FINGERPRINT_BITS, QSARDescription, QSARTraining
from molgan.scoring.registry import get_scorer
from molgan.scoring.score_cache import clear_caches

SMILES = ["CCO", "CCCCO", "c1ccccc1C(=O)N"]


@pytest.fixture(autouse=True)
def forget():
    clear_caches()


def member(value):
    """A network that predicts `value` for every molecule."""
    return {
        "layers.0.weight": np.zeros((2, FINGERPRINT_BITS), np.float32),
        "layers.0.bias": np.zeros(2, np.float32),
        "output_layer.weight": np.zeros((1, 2), np.float32),
        "output_layer.bias": np.array([value], np.float32),
    }


@pytest.fixture
def model(tmp_path):
    """It predicts 1 ± √2 for all, and knows ethanol; the error to be expected is twice the distance to it."""
    description = QSARDescription(
        target="logS",
        task="regression",
        training=QSARTraining(members=2),
        error=(0.0, 0.0, 2.0),
        molecules={},
        metrics={},
        versions={},
    )
    folder = tmp_path / "model"
    QSARModel(description, [member(0.0), member(2.0)], ecfp([Chem.MolFromSmiles("CCO")])).save(folder)
    return folder


def test_the_value_is_worse_the_farther_a_molecule_is_from_those_that_the_model_knows(model):
    similarity = get_scorer("qsar", model=model, output="similarity")(SMILES).values
    assert similarity[0] == 1 > similarity[1] > similarity[2]
    assert get_scorer("qsar", model=model)(SMILES).values == pytest.approx(1 - 2 * (1 - similarity))
    assert get_scorer("qsar", model=model, good="low")(SMILES).values == pytest.approx(1 + 2 * (1 - similarity))
    assert get_scorer("qsar", model=model, caution=0)(SMILES).values.tolist() == [1, 1, 1]
    assert get_scorer("qsar", model=model, output="prediction")(SMILES).values.tolist() == [1, 1, 1]
    assert get_scorer("qsar", model=model, output="spread")(SMILES).values == pytest.approx([2**0.5] * 3)


def test_outside_the_domain_there_is_no_value_and_a_reason(model):
    scores = get_scorer("qsar", model=model, least_similarity=0.3)([*SMILES, "none"])
    assert np.isnan(scores.values).tolist() == [False, False, True, True]
    assert scores.errors[2] == "outside the model's domain: nearest training molecule 0.05"


def test_a_model_trained_anew_is_another_one_for_the_caches(model):
    before = get_scorer("qsar", model=model, output="prediction")
    assert before(["CCO"]).values.tolist() == [1]
    description = QSARModel.load(model).description
    QSARModel(description, [member(5.0), member(5.0)], ecfp([Chem.MolFromSmiles("CCO")])).save(model)
    after = get_scorer("qsar", model=model, output="prediction")
    assert after.key != before.key
    assert after(["CCO"]).values.tolist() == [5]


class Estimator:
    """Predicts the number of bits, and would be a random forest of two."""

    def __init__(self, factor=1.0, trees=()):
        self.factor = factor
        self.estimators_ = list(trees)

    def predict(self, bits):
        return self.factor * bits.sum(axis=1)


def test_a_pickle_is_refused_unless_it_is_trusted(tmp_path):
    path = tmp_path / "forest.pkl"
    path.write_bytes(pickle.dumps(Estimator(1.5, [Estimator(1.0), Estimator(2.0)])))
    with pytest.raises(ConfigError, match="trust: true"):
        get_scorer("qsar", model=path)
    known = tmp_path / "known.smi"
    known.write_text("CCO\n")
    options = {"model": path, "trust": True, "training": known}
    bits = np.array([one.GetNumOnBits() for one in ecfp([Chem.MolFromSmiles(smiles) for smiles in SMILES])])
    assert get_scorer("qsar", **options, output="prediction")(SMILES).values == pytest.approx(1.5 * bits)
    assert get_scorer("qsar", **options)(SMILES).values == pytest.approx(bits)  # the two trees differ by half of it
    assert get_scorer("qsar", **options, output="similarity")(["CCO"]).values.tolist() == [1]


def test_what_cannot_be_unpickled_ends_it_with_one_line(tmp_path):
    path = tmp_path / "broken.pkl"
    path.write_bytes(b"\x80\x04nothing")
    with pytest.raises(WeightsError, match=r"broken\.pkl: cannot be unpickled"):
        get_scorer("qsar", model=path, trust=True)(["CCO"])


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({"model": "nowhere"}, "no such file: nowhere"),
        ({"model": "."}, "molgan qsar train"),
        ({"good": "best"}, "'high' or 'low'"),
        ({"cautoin": 1}, "did you mean 'caution'"),
    ],
)
def test_wrong_parameters_are_refused_in_one_line(model, parameters, told):
    with pytest.raises(ConfigError, match=told) as error:
        get_scorer("qsar", **{"model": model, **parameters})
    assert "\n" not in str(error.value)
