import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from molgan.base.errors import ConfigError
from molgan.scoring.transforms import TRANSFORMS, get_transform

RANGE = {"low": 1.0, "high": 3.0}
NEEDED = {
    "identity": {},
    "left_step": {"low": 1.0},
    "right_step": {"high": 3.0},
    "exponential_decay": {"k": 0.5},
    "value_mapping": {"mapping": {1: 0.5, 2: 1.0}, "default": 0.1},
}


def transform(name, **parameters):
    return get_transform({"name": name, **NEEDED.get(name, RANGE), **parameters})


# 10^2.5 / (1 + 10^2.5) at the ends, and 10^-(1.5) / (1 + 10^-1.5) one unit outside a double sigmoid's ends.
HIGH, TAIL = 0.99684769, 0.03065343


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("identity", [-1, 0.3, 2], [0, 0.3, 1]),
        ("linear", [0, 1, 1.5, 3, 9], [0, 0, 0.25, 1, 1]),
        ("step", [0.99, 1, 3, 3.01], [0, 1, 1, 0]),
        ("left_step", [0.99, 1, 1.01], [1, 1, 0]),
        ("right_step", [2.99, 3, 3.01], [0, 1, 1]),
        ("exponential_decay", [-1, 0, 2], [1, 1, np.exp(-1)]),
        ("value_mapping", [1, 2, 3], [0.5, 1, 0.1]),
        ("sigmoid", [1, 2, 3], [1 - HIGH, 0.5, HIGH]),
        ("reverse_sigmoid", [1, 2, 3], [HIGH, 0.5, 1 - HIGH]),
        ("double_sigmoid", [0, 1, 3, 4], [TAIL, 0.5, 0.5, TAIL]),
    ],
)
def test_definitions(name, values, expected):
    np.testing.assert_allclose(transform(name)(values), expected, atol=1e-8)


def test_linear_falls_when_low_lies_above_high():
    assert get_transform({"name": "linear", "low": 1, "high": 0})([0, 1]).tolist() == [1, 0]


def test_a_sigmoid_without_width_is_a_step():
    assert get_transform({"name": "sigmoid", "low": 2, "high": 2})([1.9, 2, 2.1]).tolist() == [0, 0, 1]
    assert transform("double_sigmoid", coef_div=0)([0.9, 2, 3.1]).tolist() == [0, 1, 0]


@pytest.mark.parametrize("name", TRANSFORMS)
@given(value=st.floats(allow_nan=False))
def test_any_number_goes_to_0_to_1(name, value):
    assert 0 <= transform(name)([value])[0] <= 1


@pytest.mark.parametrize("name", TRANSFORMS)
@given(value=st.floats(allow_nan=False) | st.sampled_from([-0.0, 0.0, 1.0, 3.0]), falls=st.booleans())
def test_no_value_is_minus_0(name, value, falls):
    ends = {"low": 1.0, "high": 0.0} if falls and name == "linear" else {}
    assert not np.signbit(transform(name, **ends)([value]))[0]


def test_what_an_alert_scores_is_0():
    assert str(get_transform({"name": "linear", "low": 1, "high": 0})([1.0])[0]) == "0.0"


@pytest.mark.parametrize("name", TRANSFORMS)
def test_nan_stays_nan_and_the_shape_stays(name):
    out = transform(name)([[np.nan, 2.0]])
    assert np.isnan(out).tolist() == [[True, False]]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"name": "sigmod", **RANGE}, "no transform 'sigmod', did you mean 'sigmoid'?"),
        ({"name": "sigmoid", "low": 1}, "parameter 'high' is missing"),
        ({"name": "sigmoid", **RANGE, "kk": 1}, "no parameter 'kk', did you mean 'k'?"),
        ({"name": "step", "low": 3, "high": 1}, "low (3) is above high (1)"),
        ({"name": "linear", "low": 1, "high": 1}, "low and high are equal"),
        ({"name": "value_mapping", "mapping": {1: 1.5}}, "less than or equal to 1"),
        ({"name": "exponential_decay", "k": 0}, "greater than 0"),
        (RANGE, "a transform needs a name"),
    ],
)
def test_wrong_settings_are_told(settings, message):
    with pytest.raises(ConfigError) as caught:
        get_transform(settings)
    assert message in str(caught.value)
