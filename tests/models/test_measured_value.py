"""Cells of measurements as people and instruments write them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from molgan.models.qsar.measured_value import (
    MeasuredValue,
    Unreadable,
    convert_unit,
    has_decimal_comma,
    read_value,
)

READ = {
    "194984.5 uM": MeasuredValue(194984.5, "uM"),
    ">-2.68": MeasuredValue(-2.68, bound=">"),
    "<= 0.1": MeasuredValue(0.1, bound="<"),
    "\u22655": MeasuredValue(5, bound=">"),
    "-2,30": MeasuredValue(-2.3),
    "0,123": MeasuredValue(0.123),
    "~5": MeasuredValue(5, approximate=True),
    "ca. 5": MeasuredValue(5, approximate=True),
    "=7": MeasuredValue(7),
    "1.2e-3 M": MeasuredValue(0.0012, "M"),
    "1,234.5": MeasuredValue(1234.5),
    "1.234,5": MeasuredValue(1234.5),
    "1,234,567": MeasuredValue(1234567),
    "1 234 nM": MeasuredValue(1234, "nM"),
    "5.1 \u00b1 0.2 nM": MeasuredValue(5.1, "nM"),
    "\u22123.2": MeasuredValue(-3.2),
    "12%": MeasuredValue(12, "%"),
    "": Unreadable("no value"),
    "n.d.": Unreadable("no value"),
    "1-2": Unreadable("a range"),
    "high": Unreadable("not a number"),
    "1.2.3": Unreadable("not a number"),
    "1,234": Unreadable("a comma that may be decimal or stand between thousands"),
}


@pytest.mark.parametrize("text", READ, ids=ascii)
def test_a_cell_is_read_or_has_a_cause(text):
    assert read_value(text) == READ[text]


def test_a_comma_of_two_meanings_is_decimal_where_the_column_has_decimal_commas():
    assert has_decimal_comma("-2,30") and has_decimal_comma("0,123 mM")
    assert not any(has_decimal_comma(text) for text in ("1,234", "1,234.56", "2.3", "", "1,234,567"))
    assert read_value("1,234", decimal_comma=True) == MeasuredValue(1.234)


def test_units_are_converted_among_their_like_alone():
    assert convert_unit(1.5, "uM", "nM") == 1500
    assert convert_unit(2, "\u00b5M", "uM") == 2
    assert convert_unit(250, "nmol/l", "uM") == 0.25
    assert convert_unit(2, "ug/mL", "mg/L") == 2
    assert convert_unit(3, "h", "h") == 3
    assert convert_unit(1, "mg/L", "uM") is convert_unit(1, "", "uM") is convert_unit(1, "h", "min") is None


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_of_python_is_read_as_it_is(number):
    found = read_value(repr(number))
    assert isinstance(found, MeasuredValue) and found.number == number


@given(st.text(max_size=20))
def test_any_text_gives_a_value_or_a_cause(text):
    found = read_value(text)
    assert found.cause if isinstance(found, Unreadable) else not math.isnan(found.number)
