import numpy as np

from molgan.evaluation.clusters import assign, find_centres


def test_clusters_that_lie_apart_are_found() -> None:
    rng = np.random.default_rng(0)
    modes = np.array([[0.0, 0], [20, 0], [0, 20], [20, 20]])
    points = np.concatenate([mode + rng.normal(size=(50, 2)) for mode in modes])
    centres = find_centres(points, 4, np.random.default_rng(1))
    assert len(centres) == 4
    labels = assign(points, centres)
    assert all(len(set(labels[start : start + 50])) == 1 for start in range(0, 200, 50))
    assert np.abs(np.sort(centres, axis=0) - np.sort(modes, axis=0)).max() < 1
    assert (find_centres(points, 4, np.random.default_rng(1)) == centres).all()


def test_equal_points_are_one_cluster() -> None:
    assert len(find_centres(np.ones((10, 3)), 4, np.random.default_rng(0))) == 1
    assert len(find_centres(np.repeat([[0.0], [1.0]], 5, axis=0), 4, np.random.default_rng(0))) == 2
