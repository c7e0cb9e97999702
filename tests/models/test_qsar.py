"""QSAR models: they learn, come back from disk, and give what DeepChem gives."""

import json

import numpy as np
import pytest
from rdkit import Chem

from molgan.base.errors import InputError, WeightsError
from molgan.chem.fingerprints import ecfp
from molgan.chem.settings import StandardizeSettings
from molgan.chem.shipped_sets import load_reference
from molgan.models.qsar.ensemble import Prediction, QSARModel
from molgan.models.qsar.fitting import fit_error, train
from molgan.models.qsar.measurements import read_measured
from molgan.models.qsar.networks import deepchem, features, new_network, open_ensemble, output
from molgan.models.qsar.settings import FINGERPRINT_BITS, QSARDescription, QSARTraining
from molgan.scoring.fast.descriptors import Descriptors

MOLS = [Chem.MolFromSmiles(smiles) for smiles in ("CCO", "c1ccccc1", "CC(=O)Nc1ccc(O)cc1")]


def weights(seed, hidden=4):
    """A member of an ensemble on fingerprints, as DeepChem names its weights."""
    random = np.random.default_rng(seed)
    shapes = {"layers.0.weight": (hidden, FINGERPRINT_BITS), "layers.0.bias": (hidden,)}
    shapes |= {"output_layer.weight": (1, hidden), "output_layer.bias": (1,)}
    return {name: random.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}


def toy_model(**changes):
    description = QSARDescription(
        target="logS",
        task="regression",
        training=QSARTraining(members=2, hidden=4),
        error=(0.1, 0.5, 2.0),
        molecules={"train": 1},
        metrics={},
        versions={},
    )
    return QSARModel(description.model_copy(update=changes), [weights(0), weights(1)], ecfp(MOLS[:1]))


def test_a_prediction_is_of_the_ensemble_in_the_targets_unit_with_its_expected_error():
    model, wider = toy_model(), toy_model(mean=10.0, scale=3.0)
    raw = np.stack([open_ensemble([weights(i)], model.description.training, "regression")(MOLS)[0] for i in (0, 1)])
    predicted = wider.predict(MOLS)
    assert predicted.value == pytest.approx(10 + 3 * raw.mean(axis=0))
    assert predicted.spread == pytest.approx(3 * np.abs(raw[0] - raw[1]) / np.sqrt(2))
    assert predicted.similarity[0] == 1
    assert predicted.error == pytest.approx(0.1 + 0.5 * predicted.spread + 2 * (1 - predicted.similarity))
    assert (model.predict([]).value.shape, model.predict(MOLS[1:]).value[0]) == ((0,), model.predict(MOLS).value[1])


def test_caution_makes_a_value_worse_whichever_way_is_good():
    predicted = Prediction(np.array([1.0]), np.array([0.2]), np.array([0.5]), np.array([0.5]))
    assert predicted.penalise(2.0) == pytest.approx([0.0])
    assert predicted.penalise(2.0, low_is_good=True) == pytest.approx([2.0])


def test_the_expected_error_is_fitted_and_never_falls_with_spread_or_distance():
    random = np.random.default_rng(0)
    spread, similarity = random.random(500), random.random(500)
    assert fit_error(0.1 + 0.5 * spread + 2 * (1 - similarity), spread, similarity) == pytest.approx((0.1, 0.5, 2.0))
    assert fit_error(1 - spread, spread, similarity)[1] == 0


def test_what_is_saved_loads_as_the_same_model_and_holds_no_pickle(tmp_path):
    model = toy_model(mean=2.0)
    model.save(tmp_path)
    assert {path.suffix for path in tmp_path.iterdir()} == {".json", ".safetensors"}
    loaded = QSARModel.load(tmp_path)
    assert loaded.description == model.description
    assert loaded.predict(MOLS).error.tolist() == model.predict(MOLS).error.tolist()


def test_what_is_no_model_is_refused_in_one_line(tmp_path):
    with pytest.raises(WeightsError, match="molgan qsar train"):
        QSARModel.load(tmp_path)
    (tmp_path / "model.json").write_text(json.dumps({"kind": "generator"}))
    with pytest.raises(WeightsError, match="does not describe a QSAR model"):
        QSARModel.load(tmp_path)
    toy_model().save(tmp_path)
    (tmp_path / "member1.safetensors").write_bytes(b"broken")
    with pytest.raises(WeightsError, match="damaged"):
        QSARModel.load(tmp_path)


def table(tmp_path, rows, header="smiles,y"):
    path = tmp_path / "data.csv"
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


CHAINS = ["C" * length for length in range(1, 61)]


def test_measurements_are_read_with_repeats_averaged_and_bad_rows_told(tmp_path):
    rows = [f"{smiles},{i}" for i, smiles in enumerate(CHAINS)]
    bad = []
    path = table(tmp_path, [*rows, "C1,3", "OC,4", "CO,8", "CN,", "CF,high"])
    measured = read_measured(path, "y", on_bad=lambda line, reason: bad.append((line, reason)))
    assert measured.task == "regression"
    assert len(measured.smiles) == len(measured.mols) == len(measured.target) == 61
    assert measured.target[measured.smiles.index("CO")] == 6
    assert [line for line, _ in bad] == [62, 65, 66]
    assert measured.causes == {"invalid molecule": 1, "no value": 1, "not a number": 1}
    assert bad[2][1] == "y is 'high', not a number"


def test_classes_are_recognised_and_contradictions_left_out(tmp_path):
    rows = [f"{smiles},{'active' if i % 2 else 'Inactive'}" for i, smiles in enumerate(CHAINS)]
    measured = read_measured(table(tmp_path, [*rows, "CCCC,inactive"]), "y")
    assert measured.task == "classification"
    assert "CCCC" not in measured.smiles
    assert measured.target[:3].tolist() == [0, 1, 0]


def test_units_bounds_and_blanks_are_read_or_counted_by_cause(tmp_path):
    cells = [f"{i}.5 uM" for i in range(55)]
    cells += ["194984.5 uM", "1.2e-3 M", "~7 uM", "> 5 uM", "<0.1 uM", "", "3", "high", "5 mg/mL"]
    rows = [f"{'C' * (i + 1)},{cell}" for i, cell in enumerate(cells)]
    measured = read_measured(table(tmp_path, rows), "y")
    assert (len(measured.smiles), measured.unit) == (58, "uM")
    assert measured.target[55:].tolist() == [194984.5, 1200, 7]
    assert measured.causes == {
        "a bound only (< or >)": 2,
        "no value": 1,
        "without a unit where most are in uM": 1,
        "not a number": 1,
        "in mg/mL where most are in uM": 1,
    }
    assert measured.notes == {"converted from M to uM": 1, "approximate (~), taken as exact": 1}


def test_a_column_with_decimal_commas_is_read_as_such(tmp_path):
    rows = [f"{smiles};-{i},30" for i, smiles in enumerate(CHAINS)]
    measured = read_measured(table(tmp_path, [*rows, "CO;-1,234"], header="smiles;y"), "y")
    assert measured.target[-2:].tolist() == [-59.3, -1.234]


def test_measurements_of_a_molecule_that_disagree_are_listed(tmp_path):
    rows = [f"{smiles},{i}" for i, smiles in enumerate(CHAINS)]
    path = table(tmp_path, [*rows, "CO,1", "OC,2", "CN,5", "NC,55", "CN.Cl,6"])
    measured = read_measured(path, "y", standardize=StandardizeSettings())
    assert [(each.smiles, each.values, each.lines) for each in measured.disagreements] == [
        ("CN", (5, 55, 6), (64, 65, 66))
    ]
    assert measured.target[measured.smiles.index("CN")] == 22
    apart = read_measured(path, "y", limit=0.5)
    assert [each.smiles for each in apart.disagreements] == ["CO", "CN"]
    assert "CN.Cl" in apart.smiles or "Cl.CN" in apart.smiles


def test_a_model_of_standardised_molecules_predicts_for_salts_as_for_their_parents():
    training = QSARTraining(members=2, hidden=4, standardize=StandardizeSettings())
    model = toy_model(training=training)
    salt, parent = Chem.MolFromSmiles("CCN.Cl"), Chem.MolFromSmiles("CCN")
    assert model.predict([salt]).value.tolist() == model.predict([parent]).value.tolist()
    assert toy_model().predict([salt]).value.tolist() != toy_model().predict([parent]).value.tolist()


@pytest.mark.parametrize(
    ("rows", "target", "told"),
    [
        ([f"{smiles},1.5" for smiles in CHAINS], "z", "no column 'z' for the target; other columns: y"),
        ([f"{smiles},high" for smiles in CHAINS], "y", "not numeric in 60 of 60 rows"),
        ([f"{smiles},1.5" for smiles in CHAINS], "y", "every y is 1.5; there is nothing to learn"),
        ([f"{smiles},1" for smiles in CHAINS], "y", "every y is 1; there is nothing to learn"),
        ([f"{smiles},{i}" for i, smiles in enumerate(CHAINS[:9])], "y", "9 molecules with a y; at least 50"),
    ],
)
def test_data_that_cannot_be_learned_from_are_refused_in_one_line(tmp_path, rows, target, told):
    with pytest.raises(InputError, match=told) as error:
        read_measured(table(tmp_path, rows), target)
    assert "\n" not in str(error.value)


@pytest.mark.slow
@pytest.mark.parametrize("task", ["regression", "classification"])
def test_arrays_give_what_deepchem_gives(task):
    import torch

    pytest.importorskip("deepchem")
    training = QSARTraining(members=2, hidden=8)
    torch.manual_seed(0)
    network = new_network(training, task)
    network.fit(deepchem().data.NumpyDataset(features(MOLS, training), np.array([[0.0], [1.0], [1.0]])), nb_epoch=3)
    expected = output(network.predict(deepchem().data.NumpyDataset(features(MOLS, training))), task)
    state = {name: tensor.detach().numpy() for name, tensor in network.model.state_dict().items()}
    assert open_ensemble([state], training, task)(MOLS)[0] == pytest.approx(expected, abs=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "classes"), [("fingerprint", False), ("fingerprint", True), ("dmpnn", False)])
def test_training_learns_and_the_same_seed_gives_the_same_model(tmp_path, kind, classes):
    pytest.importorskip("deepchem")
    random_state = np.random.get_state()[1].tolist()
    smiles = [record.smiles for record in load_reference("moses_reference_1000")][:240]
    tpsa = [Descriptors(text, Chem.MolFromSmiles(text)).tpsa for text in smiles]
    targets = [int("s" in text.lower()) for text in smiles] if classes else tpsa
    data = read_measured(table(tmp_path, [f"{a},{b}" for a, b in zip(smiles, targets, strict=True)]), "y")
    settings = QSARTraining(kind=kind, members=2, epochs=30, hidden=64, batch_size=16, seed=3)
    trained, again = (train(data, settings, target="y") for _ in range(2))
    measure = "ROC-AUC" if classes else "R2"
    assert trained.metrics["ensemble"][measure] > trained.metrics["mean"][measure] + 0.2
    assert trained.prediction.value.tolist() == again.prediction.value.tolist()
    assert sorted(set(trained.part)) == ["test", "train", "valid"]
    trained.model.save(tmp_path / "model")
    loaded = QSARModel.load(tmp_path / "model")
    assert loaded.predict(data.mols).value == pytest.approx(trained.prediction.value)
    assert np.random.get_state()[1].tolist() == random_state


@pytest.mark.slow
def test_the_best_of_networks_forest_and_boosted_trees_is_chosen(tmp_path):
    pytest.importorskip("deepchem")
    smiles = [record.smiles for record in load_reference("moses_reference_1000")][:200]
    rows = [f"{text},{Descriptors(text, Chem.MolFromSmiles(text)).tpsa}" for text in smiles]
    data = read_measured(table(tmp_path, rows), "y")
    few = {"members": 2, "epochs": 1, "hidden": 4, "trees": 20, "rounds": 20}
    best, boosting, forest = (
        train(data, QSARTraining(kind=kind, **few), target="y") for kind in ("best", "boosting", "forest")
    )
    assert best.model.description.training.kind == "boosting"  # it sees the surface itself among the descriptors
    assert best.choice.startswith("boosting: RMSE on the second part ")
    assert best.prediction.value.tolist() == boosting.prediction.value.tolist()
    assert set(best.metrics) == {"ensemble", "boosting", "random forest", "mean"}
    assert set(boosting.metrics) == {"boosting", "random forest", "mean"}
    assert set(forest.metrics) == {"random forest", "mean"}
    assert best.metrics["random forest"] == forest.metrics["random forest"]
    forest.model.save(tmp_path / "forest")
    assert sorted(path.name for path in (tmp_path / "forest").iterdir()) == [
        "domain.safetensors",
        "member0.safetensors",
        "model.json",
    ]
    assert QSARModel.load(tmp_path / "forest").predict(data.mols).value.tolist() == forest.prediction.value.tolist()
    best.model.save(tmp_path / "model")
    assert len(list((tmp_path / "model").glob("member*.safetensors"))) == 2
    assert QSARModel.load(tmp_path / "model").predict(data.mols).value.tolist() == best.prediction.value.tolist()
