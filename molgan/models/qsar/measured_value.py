"""A cell of a table of measurements, read: number, unit, and whether it is exact; or why it cannot be used."""

from __future__ import annotations

import re
from dataclasses import dataclass

_CELL = re.compile(
    r"""(?P<relation><=|>=|=<|=>|<|>|≤|≥|~|≈|=|ca\.?)?\s*
    (?P<number>[-+\u2212]?(?:\d[\d.,' \u00a0]*|[.,]\d+)(?:e[-+\u2212]?\d+)?)\s*
    (?:(?:±|\+/-|\+-)\s*[\d.,]+\s*)?
    (?P<unit>[^\d\s.,<>=±+-][^<>=±]*|%)?$""",
    re.VERBOSE | re.IGNORECASE,
)
_MISSING = frozenset({"", "na", "n/a", "n.a.", "nan", "nd", "n.d.", "none", "null", "-", "--", "?"})
_PREFIXES = {"": 0, "d": -1, "m": -3, "u": -6, "\u00b5": -6, "\u03bc": -6, "n": -9, "p": -12, "f": -15}
_MOLAR = re.compile(r"([munpf\u00b5\u03bc]?)(?:M|mol/l|mol/L|mol l-1|mol L-1)")
_MASS = re.compile(r"([munp\u00b5\u03bc]?)g/([mud]?)[lL]")
_DECIMAL_COMMA = re.compile(r"\D*(?:0|\d+(?=,(?:\d{1,2}|\d{4,})(?!\d))),\d+[^\d,]*")


@dataclass(frozen=True, slots=True)
class MeasuredValue:
    """`bound`: "<" or ">" where the true value is only known to lie below or above; `approximate` where it says so."""

    number: float
    unit: str = ""
    bound: str = ""
    approximate: bool = False


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Why a cell cannot be used, in a few words that many cells share, and with what is in the cell."""

    cause: str


def has_decimal_comma(text: str) -> bool:
    """Whether a comma in the cell can only be a decimal one."""
    return "." not in text and _DECIMAL_COMMA.fullmatch(text.strip()) is not None


def read_value(text: str, *, decimal_comma: bool = False) -> MeasuredValue | Unreadable:
    """Read `194984.5 uM`, `>-2.68`, `-2,30`, `<0.1`, `~5`, `1.2e-3 M`, `5.1 ± 0.2` and the like.

    A comma before one, two or more than three digits is a decimal one; `1,234` may be 1.234 or 1234, and is read if the
    column has a `decimal_comma` elsewhere.
    """
    text = text.strip()
    if text.lower() in _MISSING:
        return Unreadable("no value")
    found = _CELL.fullmatch(text)
    number = None if found is None else _read_number(found["number"], decimal_comma)
    if found is None or number is None:
        is_range = re.fullmatch(r"[\d.,]+\s*(?:-|\u2013|to|\.\.)\s*[\d.,]+.*", text)
        return Unreadable("a range" if is_range else "not a number")
    if isinstance(number, Unreadable):
        return number
    relation = (found["relation"] or "").lower()
    bound = "<" if relation in {"<", "<=", "=<", "≤"} else ">" if relation in {">", ">=", "=>", "≥"} else ""
    return MeasuredValue(number, (found["unit"] or "").strip(), bound, relation[:2] in {"~", "≈", "ca"})


def convert_unit(value: float, unit: str, wanted: str) -> float | None:
    """A value in another unit: among molar concentrations and among those of mass by volume. None where there is no
    way."""
    if unit == wanted:
        return value
    here, there = _scale(unit), _scale(wanted)
    if here is None or there is None or here[0] != there[0]:
        return None
    power = here[1] - there[1]
    return value * float(10**power) if power >= 0 else value / float(10**-power)


def _scale(unit: str) -> tuple[str, int] | None:
    """The kind of a unit, and the power of ten that it is of mol/l or g/l."""
    if molar := _MOLAR.fullmatch(unit):
        return "molar", _PREFIXES[molar[1]]
    if mass := _MASS.fullmatch(unit):
        return "mass", _PREFIXES[mass[1]] - _PREFIXES[mass[2]]
    return None


def _read_number(text: str, decimal_comma: bool) -> float | Unreadable | None:
    text = re.sub(r"['\u00a0 ](?=\d{3}(?!\d))", "", text.strip()).replace("\u2212", "-")
    mantissa, exponent, power = text.lower().partition("e")
    commas, points = mantissa.count(","), mantissa.count(".")
    if commas and points:  # the last is the decimal one, the others stand between thousands
        decimal, thousands = (",", ".") if mantissa.rfind(",") > mantissa.rfind(".") else (".", ",")
        if mantissa.count(decimal) > 1 or not re.fullmatch(
            rf"[-+]?\d{{1,3}}(?:\{thousands}\d{{3}})+\{decimal}\d*", mantissa
        ):
            return None
        mantissa = mantissa.replace(thousands, "").replace(decimal, ".")
    elif commas > 1 or points > 1:
        mark = "," if commas else "."
        if not re.fullmatch(rf"[-+]?\d{{1,3}}(?:\{mark}\d{{3}})+", mantissa):
            return None
        mantissa = mantissa.replace(mark, "")
    elif commas:
        if re.fullmatch(r"[-+]?[1-9]\d{0,2},\d{3}", mantissa) and not (exponent or decimal_comma):
            return Unreadable("a comma that may be decimal or stand between thousands")
        mantissa = mantissa.replace(",", ".")
    try:
        return float(f"{mantissa}{exponent}{power}")
    except ValueError:
        return None
