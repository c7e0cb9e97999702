import numpy as np
import pytest

from molgan.evaluation.frechet import frechet_distance


def test_equals_the_closed_form_where_there_is_one():
    # Of commuting covariances: |m - n|² + Σ (√a - √b)².
    a, b = np.array([1.0, 4.0, 9.0]), np.array([4.0, 4.0, 1.0])
    rotation = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))[0]
    distance = frechet_distance(
        np.zeros(3), rotation * a @ rotation.T, np.array([1.0, 0.0, 2.0]), rotation * b @ rotation.T
    )
    assert distance == pytest.approx(5 + 1 + 0 + 4)


def test_does_not_depend_on_the_order():
    rng = np.random.default_rng(2)
    first, second = (rng.normal(size=(40, 6)) @ rng.normal(size=(6, 6)) for _ in range(2))
    one, other = ((each.mean(axis=0), np.cov(each, rowvar=False)) for each in (first, second))
    assert frechet_distance(*one, *other) == pytest.approx(frechet_distance(*other, *one))


def test_singular_covariances_are_no_trouble():
    # Three points in eight dimensions, as when there are fewer samples than dimensions.
    points = np.random.default_rng(3).normal(size=(3, 8))
    mean, covariance = points.mean(axis=0), np.cov(points, rowvar=False)
    assert frechet_distance(mean, covariance, mean, covariance) == pytest.approx(0, abs=1e-6)
    assert frechet_distance(mean, covariance, mean + 1, np.zeros((8, 8))) == pytest.approx(8 + np.trace(covariance))
