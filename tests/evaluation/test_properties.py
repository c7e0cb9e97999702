import math

import pytest

from molgan.evaluation.properties import QUANTILES, USUAL, distributions


def test_values_are_sorted_and_failures_counted():
    found = distributions(["CCCCCCO", "CCO", None, "C1CC"], ["mw", "rings"])
    assert list(found) == ["mw", "rings"]
    assert found["mw"].values == pytest.approx([46.069, 102.177], abs=1e-3)
    assert found["mw"].failed == 2
    assert found["mw"].mean == pytest.approx(74.123, abs=1e-3)
    assert len(found["mw"].quantiles) == len(QUANTILES)


def test_distance_between_two_sets():
    few, many = (distributions([smiles] * 3, ["rings"])["rings"] for smiles in ("C1CC1", "C1CC2CC1CC2"))
    assert few.distance(many) == 1
    nothing = distributions([], ["rings"])["rings"]
    assert math.isnan(few.distance(nothing)) and math.isnan(nothing.mean) and math.isnan(nothing.quantiles[0])


def test_the_usual_properties_are_all_known():
    assert list(distributions(["CCO"])) == list(USUAL)
