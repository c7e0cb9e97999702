"""Aggregations: means, the product, and the Pareto rank, with known answers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from molgan.scoring.aggregation import AGGREGATIONS, aggregate, pareto
from molgan.scoring.objective import Objective
from molgan.scoring.settings import ObjectiveSettings

ONE = np.array([1.0, 1.0])
NONE = np.array([False, False])


@pytest.mark.parametrize(
    ("how", "expected"),
    [("arithmetic_mean", 0.35), ("geometric_mean", (0.2 * 0.4**3) ** 0.25), ("product", 0.2 * 0.4**3), ("pareto", 1)],
)
def test_definitions(how, expected):
    assert aggregate(how, np.array([[0.2], [0.4]]), np.array([1.0, 3.0]), NONE) == pytest.approx(expected)


@pytest.mark.parametrize("how", AGGREGATIONS)
def test_a_missing_value_fails_or_is_left_out(how):
    values = np.array([[0.5, np.nan, np.nan, 0.9], [0.5, 0.5, np.nan, np.nan]])
    assert np.isnan(aggregate(how, values, ONE, NONE)).tolist() == [False, True, True, True]
    total = aggregate(how, values, ONE, np.array([True, False]))
    assert np.isnan(total).tolist() == [False, False, True, True]
    assert np.isnan(aggregate(how, values, ONE, np.array([True, True]))).tolist() == [False, False, True, False]


def dominated(row, rows):
    return any((other >= row).all() and (other > row).any() for other in rows)


@given(st.lists(st.tuples(*[st.integers(0, 4)] * 3), min_size=1, max_size=30))
def test_pareto_ranks_peel_one_front_after_the_other(rows):
    values = np.array(rows, dtype=float)
    left, fronts, rank = set(range(len(rows))), 0, {}
    while left:
        front = {i for i in left if not dominated(values[i], values[list(left)])}
        rank |= dict.fromkeys(front, fronts)
        left, fronts = left - front, fronts + 1
    expected = [1 - rank[i] / fronts for i in range(len(rows))]
    np.testing.assert_allclose(pareto(values.T, np.ones(3)), expected)


def test_pareto_ranks_are_of_all_molecules_given(monkeypatch):
    monkeypatch.setattr("molgan.scoring.batch._CHUNK", 1)
    up = {"name": "linear", "low": 0, "high": 10}
    parts = [{"scorer": "heavy_atoms", "transform": up}, {"scorer": "rings", "transform": up}]
    objective = Objective(ObjectiveSettings.model_validate({"components": parts, "aggregation": "pareto"}))
    assert objective(["CC", "C1CCCCC1", "CCCCCCCC", "?"]).total[:3].tolist() == [0.5, 1, 1]


@pytest.mark.parametrize(("missing", "total"), [("fail", np.nan), ("ignore", 1.0), ("worst", 0.0)])
def test_what_a_missing_value_means(missing, total):
    parts = [
        {"scorer": "heavy_atoms", "transform": {"name": "step", "low": 1, "high": 9}},
        {"scorer": "similarity", "parameters": {"smiles": ["C"]}, "missing": missing},
    ]
    objective = Objective(ObjectiveSettings.model_validate({"components": parts}))
    objective._components[1].scorer._score = lambda mols: [np.nan] * len(mols)
    table = objective(["CC", "broken"])
    np.testing.assert_equal(table.total, [total, np.nan])
    assert np.isnan(table.raw["similarity"]).all() and table.errors[0] == "similarity: scorer gave no value"
