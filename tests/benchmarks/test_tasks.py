"""PMO's development tasks and its figure of merit."""

import math

import pytest

from molgan.benchmarks.tasks import PUBLISHED, auc_top, task


def test_a_task_scores_its_own_target_best() -> None:
    celecoxib = "CC1=CC=C(C=C1)C1=CC(=NN1C1=CC=C(C=C1)S(N)(=O)=O)C(F)(F)F"
    assert task("celecoxib_rediscovery")([celecoxib, "CCO"]) == [1.0, pytest.approx(0.0, abs=0.05)]
    assert task("isomers_c7h8n2o2")(["COc1ccc(N)nc1C=O"]) == [pytest.approx(1.0)]
    assert task("perindopril_mpo")(["O=C(OCC)C(NC(C(=O)N1C(C(=O)O)CC2CCCCC12)C)CCC"]) == [pytest.approx(math.exp(-4))]


@pytest.mark.parametrize("name", PUBLISHED)
def test_scores_are_within_their_range(name: str) -> None:
    values = task(name)(["CC(C)C1CCC(C)CC1O", "not a molecule", "O=C(C)N(CC)C1=CC=CC(C2=CC=NC3=C(C=NN23)C#N)=C1"])
    assert math.isnan(values[1])
    assert 0 <= values[0] <= 1 and 0 <= values[2] <= 1


def test_auc_counts_what_is_left_of_the_budget() -> None:
    assert auc_top([1.0] * 1000, 1000) == pytest.approx(0.95)  # the first hundred calls rise from 0
    assert auc_top([1.0] * 500, 1000) == pytest.approx(0.95)
    assert auc_top([0.0] * 500 + [1.0] * 500, 1000) == pytest.approx(0.45)
    assert auc_top([math.nan] * 10, 1000) == 0
