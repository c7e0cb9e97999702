from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field

from molgan.base.field_text import FieldText, describe_fields, type_text, value_text
from molgan.base.settings import Settings


class Inner(Settings):
    size: int = Field(3, ge=1, description="How large")


class Outer(Settings):
    given: str = Field(description="A text")
    inner: Inner = Field(Inner(size=7), description="With a default of its own")
    maybe: Inner | None = None
    listed: list[Inner] = Field(default_factory=list)
    named: dict[str, Inner] = Field(default_factory=dict)


def test_fields_of_sections_inside_have_dotted_keys_and_the_defaults_that_hold_there() -> None:
    rows = {row.key: row for row in describe_fields(Outer)}
    assert list(rows) == [
        "given", "inner", "inner.size", "maybe", "maybe.size", "listed", "listed.N.size", "named", "named.NAME.size",
    ]  # fmt: skip
    assert rows["given"] == FieldText("given", "text", "required", "A text")
    assert rows["inner.size"] == FieldText("inner.size", "integer ≥ 1", "7", "How large")
    assert [rows[key].default for key in ("inner", "maybe", "listed", "named")] == ["", "null", "[]", "{}"]
    assert {rows[key].default for key in ("maybe.size", "listed.N.size", "named.NAME.size")} == {"3"}


def test_sections_inside_can_be_left_out() -> None:
    assert [row.key for row in describe_fields(Outer, "a.", deep=False)] == [
        "a.given", "a.inner", "a.maybe", "a.listed", "a.named",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("annotation", "limits", "text"),
    [
        (float | None, Field(gt=0, lt=1).metadata, "number > 0, < 1"),
        (Literal["a", "b", "c"], [], "a, b or c"),
        (list[str] | Path, [], "list of: text or path"),
        (tuple[float, float], [], "list of 2: number"),
        (tuple[int, ...], [], "list of: integer"),
        (dict[str, Any], [], "mapping to: anything"),
        (dict[float, Annotated[float, Field(ge=0)]], [], "mapping to: number ≥ 0"),
        (Inner, [], "section"),
        (bool, [], "true or false"),
    ],
)
def test_types_in_words(annotation: Any, limits: list[Any], text: str) -> None:
    assert type_text(annotation, limits) == text


def test_values_are_written_as_in_yaml() -> None:
    values = [None, True, "", "a", 0.5, 1e-5, 3, ("C", "N+"), []]
    assert [value_text(value) for value in values] == ["null", "true", '""', "a", "0.5", "1e-05", "3", "[C, N+]", "[]"]
