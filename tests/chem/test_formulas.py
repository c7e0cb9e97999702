"""What a spreadsheet would compute is written as text; names and numbers stay."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from molgan.chem.formulas import escape_formula, restore_formula


@pytest.mark.parametrize(
    "text", ["=cmd|' /C calc'!A0", "=1+1", "\t=A1", "+SUM(1,1)", "-2+3+cmd|' /C calc'!A0", "@SUM(A1)", "'=A1", " =x"]
)
def test_formulas_are_escaped(text: str) -> None:
    assert escape_formula(text) == f"'{text}" and restore_formula(f"'{text}") == text


@pytest.mark.parametrize(
    "text", ["-3.1", "+5e-3", "-OH", "@home", "CCO", "", "'5-methyl", "(-)-menthol", "-", "+/-", 5, None]
)
def test_names_and_numbers_are_not(text: object) -> None:
    assert escape_formula(text) == text


@given(st.text(alphabet="'=+-@(|!aA1 \t\n", max_size=8))
def test_every_text_comes_back(text: str) -> None:
    assert restore_formula(str(escape_formula(text))) == text
