import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from molgan.report.charts import curve, funnel_bar, histogram, ticks
from molgan.report.drawings import draw
from molgan.report.quantities import write_number, write_share, write_short

numbers = st.floats(-1e9, 1e9).map(lambda value: round(value, 3))


@settings(deadline=None, max_examples=50)
@given(st.tuples(numbers, numbers).filter(lambda pair: pair[0] < pair[1]))
def test_ticks_are_few_even_and_inside(span: tuple[float, float]) -> None:
    low, high = span
    found = ticks(low, high)
    assert 1 <= len(found) <= 9
    slack = 1e-6 * max(abs(low), abs(high), high - low)
    assert low - slack <= found[0] and found[-1] <= high + slack
    assert np.allclose(np.diff(found), found[1] - found[0] if len(found) > 1 else 0, rtol=1e-4)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30), st.lists(st.floats(-1e6, 1e6), max_size=30))
def test_any_values_make_a_chart_of_finite_coordinates(values: list[float], others: list[float]) -> None:
    reference = np.array(others) if others else None
    charts = histogram(np.array(values), reference, description="d") + curve(
        range(len(values)), values, description="d"
    )
    assert "nan" not in charts and "inf" not in charts


def test_whole_numbers_get_a_bin_each() -> None:
    chart = histogram(np.array([0.0, 1, 1, 3]), None, description="rings")
    area = chart.split('class="area" d="')[1].split('"')[0]
    assert area.count("H") == 4


def test_funnel_bar_is_to_scale() -> None:
    bar = funnel_bar(entered=50, kept=20, first=200)
    assert 'class="kept" x="0" y="0" width="100"' in bar
    assert 'class="dropped" x="100" y="0" width="150"' in bar


def test_drawing_is_small_and_transparent() -> None:
    drawing = draw("C[C@H](N)C(=O)Nc1ccc(S(N)(=O)=O)cc1Cl", label='the "lead"')
    assert drawing is not None and len(drawing) < 8000
    assert "<rect" not in drawing and "#FFFFFF" not in drawing
    assert 'aria-label="the &#34;lead&#34;"' in drawing


@pytest.mark.parametrize("smiles", [None, "", "not a molecule", "c1ccccc", float("nan")])
def test_what_is_no_molecule_has_no_drawing(smiles: str | None) -> None:
    assert draw(smiles, label="x") is None


def test_numbers_are_written_for_readers() -> None:
    assert write_number(-1234.5, 1) == "\N{MINUS SIGN}1,234.5"
    assert write_number(float("nan")) == write_number(None) == "\N{EN DASH}"
    assert [write_short(value) for value in (0, 18.74, 1420.2, 0.000512, 2e6)] == [
        "0",
        "18.7",
        "1,420",
        "0.000512",
        "2.0e6",
    ]
    assert [write_share(value) for value in (0, 1e-5, 0.0955, 0.99999, 1)] == [
        "0.0 %",
        "< 0.1 %",
        "9.6 %",
        "> 99.9 %",
        "100.0 %",
    ]
