"""Figures of sets: by closed forms, and none rather than a wrong one."""

import math

import pandas
import pytest

from molgan.chem.molecule import parse_all
from molgan.evaluation.chemnet_fit import fit_molecules
from molgan.evaluation.set_figures import measure_set
from molgan.filters.funnel import Funnel

SMILES = ["CCO", "OCC", "c1ccccc1", "C1=CC=C1", "no molecule"]


def scores(*values: float) -> pandas.DataFrame:
    return pandas.DataFrame({"score": values})


def test_shares_are_of_the_valid_molecules() -> None:
    figures = measure_set(parse_all(SMILES), scores(0.5, 0.5, 1.0, math.nan, math.nan), Funnel(["distinct"]), None)
    assert (figures.molecules, figures.valid, figures.distinct, figures.passed) == (5, 0.8, 0.75, 0.75)
    assert figures.score == pytest.approx(2 / 3)
    assert figures.plausible == 0.75  # no cyclobutadiene
    assert math.isnan(figures.fcd)
    assert figures.as_dict()["fcd"] is None and figures.as_dict()["score"] == 0.6667


def test_the_distance_of_a_set_to_itself_is_nothing_and_to_others_is_more() -> None:
    alcohols, arenes = [f"{'C' * n}O" for n in range(1, 9)], [f"{'C' * n}c1ccccc1" for n in range(8)]
    known = fit_molecules(alcohols)
    same = measure_set(parse_all(alcohols), scores(*[0.0] * 8), None, known)
    other = measure_set(parse_all(arenes), scores(*[0.0] * 8), None, known)
    assert same.fcd == pytest.approx(0, abs=1e-3) and other.fcd > 1
    assert math.isnan(same.passed)


def test_nothing_valid_has_no_figures() -> None:
    figures = measure_set(parse_all(["c1cc"]), scores(math.nan), Funnel(["valid"]), None)
    assert figures.valid == 0 and math.isnan(figures.passed) and math.isnan(figures.diversity)
