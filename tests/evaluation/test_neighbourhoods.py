"""Precision, recall, density and coverage by their definition, written out pair by pair."""

import numpy as np
import pytest

from molgan.evaluation import neighbourhoods
from molgan.evaluation.neighbourhoods import FIGURES, find_neighbourhoods


def by_definition(real: np.ndarray, fake: np.ndarray, k: int) -> dict[str, float]:
    """The equations of the paper."""

    def distance(a: np.ndarray, b: np.ndarray) -> float:
        return float(np.linalg.norm(a - b))

    def radius(points: np.ndarray, i: int) -> float:
        return sorted(distance(points[i], other) for j, other in enumerate(points) if j != i)[k - 1]

    balls, own = ([radius(points, i) for i in range(len(points))] for points in (real, fake))
    inside = [[distance(x, y) < r for x, r in zip(real, balls, strict=True)] for y in fake]
    return {
        "Precision": float(np.mean([any(row) for row in inside])),
        "Recall": float(np.mean([any(distance(x, y) < r for y, r in zip(fake, own, strict=True)) for x in real])),
        "Density": sum(map(sum, inside)) / (k * len(fake)),
        "Coverage": float(np.mean([any(row[i] for row in inside) for i in range(len(real))])),
    }


@pytest.mark.parametrize(("k", "block"), [(1, 7), (3, 1024), (5, 7)])
def test_the_figures_are_those_of_the_paper(k: int, block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbourhoods, "_BLOCK", block)
    rng = np.random.default_rng(k)
    real, fake = rng.normal(size=(40, 3)), 0.7 * rng.normal(size=(31, 3)) + 0.4
    found = find_neighbourhoods(real, fake, k)
    assert list(found.figures) == list(FIGURES)
    assert found.figures == pytest.approx(by_definition(real, fake, k))
    assert {name: values.mean() for name, values in found.columns.items()} == pytest.approx(found.figures)


def test_a_mode_that_is_missing_costs_recall_and_one_that_is_made_up_precision() -> None:
    rng = np.random.default_rng(0)
    modes = np.array([[0.0, 0], [10, 0], [0, 10]])
    real = np.concatenate([mode + rng.normal(size=(100, 2)) for mode in modes[:2]])
    dropped = find_neighbourhoods(real, modes[0] + rng.normal(size=(200, 2)))
    assert dropped.figures["Recall"] == pytest.approx(0.5, abs=0.05) and dropped.figures["Precision"] > 0.9
    assert dropped.recalled[:100].mean() > 0.9 and not dropped.recalled[100:].any()
    invented = find_neighbourhoods(real, np.concatenate([mode + rng.normal(size=(100, 2)) for mode in modes]))
    assert invented.figures["Precision"] == pytest.approx(2 / 3, abs=0.05) and invented.figures["Recall"] > 0.9


def test_too_few_points_have_no_balls() -> None:
    points = np.random.default_rng(0).normal(size=(5, 2))
    assert set(find_neighbourhoods(points, points).figures.values()) == {0.0}
    nothing = find_neighbourhoods(points, np.empty((0, 2))).figures
    assert nothing["Coverage"] == 0 and np.isnan(nothing["Precision"])
