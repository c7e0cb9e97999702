"""The simple remedies, beside which synthetic molecules are judged, are what they are called."""

import sys

import numpy as np
import pytest

from molgan.models.qsar.fitting import describe_rows
from molgan.training.augmentation.remedies import INSTALL, Case, add_synthetic, fit_rows, oversample, smote, weigh
from molgan.training.augmentation.synthesiser import Synthesiser


@pytest.fixture(params=["classes", "numbers"])
def case(request, toys):
    measured = toys.measure_classes(range(0, 60, 6)) if request.param == "classes" else toys.measure_atoms()
    synthesis = Synthesiser(toys.MethylSource(), toys.FAST)(measured, 20, 0)
    training = toys.FAST.training(0)
    features, synthetic = (
        describe_rows(mols, training) for mols in (measured.mols, [each.mol for each in synthesis.labelled])
    )
    return Case(measured, features, synthesis, synthetic, 0)


def test_oversampling_repeats_measured_rows_of_what_is_rare(case):
    rows = oversample(case)
    assert len(rows.target) == 80 and rows.target[:60].tolist() == case.part.target.tolist()
    assert {row.tobytes() for row in rows.features[60:]} <= {row.tobytes() for row in case.features}
    if case.part.task == "classification":
        assert set(rows.target[60:]) == {1}
    else:  # the tails more often than the data have them
        assert np.ptp(rows.target[60:]) > 0 and rows.target[60:].std() > case.part.target.std()


def test_weights_make_both_classes_count_alike_and_change_the_model(toys, case):
    rows = weigh(case)
    assert len(rows.target) == 60 and rows.weight.sum() == pytest.approx(60)
    if case.part.task == "classification":
        assert rows.weight[rows.target == 1].sum() == pytest.approx(rows.weight[rows.target == 0].sum())
    training = toys.FAST.training(0)
    for kind in ("forest", "boosting"):
        settings = training.model_copy(update={"kind": kind, "rounds": 10})
        weighed, plain = (fit_rows(each, settings, case.part.task).answer(case.features) for each in (rows, case.plain))
        assert not np.allclose(weighed, plain)
        if case.part.task == "classification":
            assert weighed.mean() > plain.mean()


def test_synthetic_molecules_come_behind_the_measured_ones(case):
    rows = add_synthetic(case)
    assert rows.target[:60].tolist() == case.part.target.tolist() and len(rows.target) == 80 == len(rows.features)
    assert rows.target[60:].tolist() == [each.value for each in case.synthesis.labelled]


def test_smote_puts_rows_between_those_of_the_rare_class(case):
    pytest.importorskip("imblearn")
    rows = smote(case)
    if case.part.task == "regression":
        assert rows == "SMOTE is for classes"
        return
    assert len(rows.target) == 80 and set(rows.target[60:]) == {1}
    rare = case.features[case.part.target == 1]
    assert (rows.features[60:] <= rare.max(axis=0) + 1e-5).all() and (rows.features[60:] >= 0).all()


def test_smote_that_is_not_installed_is_a_reason(monkeypatch, case):
    monkeypatch.setitem(sys.modules, "imblearn.over_sampling", None)
    assert smote(case) == ("SMOTE is for classes" if case.part.task == "regression" else INSTALL)
