from collections import Counter

import numpy as np
import pytest

from molgan.evaluation import reference_statistics as module
from molgan.evaluation.comparison_sets import Moses, shipped_statistics
from molgan.evaluation.reference_statistics import Statistics, reference

SMILES = ["CCOC(=O)c1ccccc1", "CCN", "not a molecule", "CCN", "c1ccc2ccccc2c1"]


@pytest.fixture(autouse=True)
def quick_activations(monkeypatch):
    """ChemNet is tested elsewhere; here anything that depends on the molecules does."""
    monkeypatch.setattr(module.chemnet, "DIMENSIONS", 3)
    monkeypatch.setattr(module.chemnet, "activations", letters)


def letters(smiles, progress=None):
    return np.array([[len(s), s.count("c"), s.count("O")] for s in smiles], dtype=np.float32).reshape(-1, 3)


def equal(a, b):
    assert (a.fragments, a.scaffolds, a.content) == (b.fragments, b.scaffolds, b.content)
    np.testing.assert_array_equal(a.mean, b.mean)
    np.testing.assert_allclose(a.covariance, b.covariance, rtol=1e-6)
    for name, values in a.properties.items():
        np.testing.assert_allclose(b.properties[name], values, atol=6e-6)


def test_invalid_rows_do_not_count_and_repeats_do():
    found = reference(SMILES)
    assert found.statistics.fragments["CCN"] == 2
    assert found.statistics.scaffolds == Counter({"c1ccc2ccccc2c1": 1})
    assert found.statistics.mean[0] == np.mean([16, 3, 3, 14])
    assert len(found.statistics.properties["QED"]) == len(found.fingerprints) == 4


def test_is_computed_once_whatever_the_order(messages):
    first = reference(SMILES, progress=messages)
    tasks = list(messages.tasks)
    again = reference(SMILES[::-1], progress=messages)
    assert tasks == ["reference molecules", "reference fingerprints"] == messages.tasks
    equal(first.statistics, again.statistics)
    np.testing.assert_array_equal(first.fingerprints, again.fingerprints)


def test_a_damaged_entry_is_computed_again(cache_folder, messages):
    first = reference(SMILES)
    for path in cache_folder.glob("*/*"):
        path.write_bytes(path.read_bytes()[:40])
    again = reference(SMILES, progress=messages)
    assert len(messages.texts) == 3  # two damaged entries, and that the set is described
    equal(first.statistics, again.statistics)


def test_a_cache_that_cannot_be_written_only_costs_time(cache_folder, messages):
    cache_folder.write_text("a file where the folder should be")
    assert reference(SMILES, progress=messages).statistics.fragments["CCN"] == 2
    assert any("cannot be cached" in text for text in messages.texts)


def test_an_empty_set_and_none():
    assert reference([]).statistics.fragments == Counter()
    assert reference(None) is None


@pytest.mark.parametrize("split, molecules", [(Moses.TEST, 176_074), (Moses.TEST_SCAFFOLDS, 176_225)])
def test_the_shipped_statistics_are_whole(split, molecules):
    statistics = Statistics.load(shipped_statistics(split))
    assert {len(values) for values in statistics.properties.values()} == {molecules}
    assert np.linalg.eigvalsh(statistics.covariance).min() > 0
    assert statistics.scaffolds.total() <= molecules < statistics.fragments.total()
    assert 250 <= statistics.properties["weight"].min() <= statistics.properties["weight"].max() <= 350
