"""Analogues of molecules as a table: some rows for each molecule, one with the reason where there are none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from molgan.chem.molecule import Molecule, parse
from molgan.chem.reading import Record

if TYPE_CHECKING:
    import pandas

    from molgan.models.analogues.analogue_search import AnalogueSearch, Found

_NAMES = ("name", "id", "title")


def name_columns(properties: Iterable[str]) -> dict[str, str]:
    """The columns of the table in order, and their types."""
    sides = {f"{name}_{side}": "float64" for name in properties for side in ("before", "after")}
    texts = {"source": "string", "source_smiles": "string", "rank": "Int64", "smiles": "string"}
    return {
        **texts,
        "similarity": "float64",
        "change": "string",
        "log_likelihood": "float64",
        **sides,
        "error": "string",
    }


def list_rows(source: str, molecule: Molecule, found: Found, properties: Sequence[str]) -> list[dict[str, Any]]:
    """The rows of one molecule."""
    own: dict[str, Any] = {"source": source, "source_smiles": molecule.smiles or molecule.source}
    own |= {f"{name}_before": found.properties.get(name) for name in properties}
    if found.reason is not None:
        return [{**own, "error": found.reason}]
    return [
        {
            **own,
            "rank": rank,
            "smiles": each.smiles,
            "similarity": each.similarity,
            "change": each.change,
            "log_likelihood": each.log_likelihood,
            **{f"{name}_after": each.properties[name] for name in properties},
        }
        for rank, each in enumerate(found.analogues, start=1)
    ]


def make_table(rows: Sequence[Mapping[str, Any]], properties: Sequence[str]) -> pandas.DataFrame:
    """Rows of `list_rows` as a table; what is missing is NA."""
    import pandas

    columns = name_columns(properties)
    table = pandas.DataFrame(list(rows), columns=list(columns))
    return table.astype(columns)


def analogue_tables(
    molecules: Iterable[tuple[str, Molecule]],
    search: AnalogueSearch,
    *,
    on_done: Callable[[Found], None] = lambda found: None,
    on_doubt: Callable[[str], None] = lambda text: None,
) -> Iterator[pandas.DataFrame]:
    """The analogues of molecules, each with its name: a table for each molecule, in order; the first is empty.

    The columns are `source` (the name), `source_smiles`, `rank` (from 1), `smiles`, `similarity`, `change`,
    `log_likelihood`, for each property `…_before` and `…_after`, and `error`, the reason why a molecule has no
    analogues, which then has one row. `on_done` gets what was found for a molecule, `on_doubt` sentences on targets
    outside the training data, each once.
    """
    told: set[str] = set()

    def tell(doubts: Iterable[str], source: str = "") -> None:
        for doubt in doubts:
            if doubt not in told:
                told.add(doubt)
                on_doubt(f"{source}{doubt}")

    tell(search.find_doubts())
    yield make_table([], search.request.shown)
    for source, molecule in molecules:
        found = search.find(molecule)
        if found.properties:
            tell(search.find_doubts(found.properties), f"{source}: ")
        yield make_table(list_rows(source, molecule, found, search.request.shown), search.request.shown)
        on_done(found)


def analogue_table(
    molecules: Iterable[tuple[str, Molecule]],
    search: AnalogueSearch,
    *,
    on_doubt: Callable[[str], None] = lambda text: None,
) -> pandas.DataFrame:
    """The tables of `analogue_tables` as one."""
    import pandas

    first, *others = analogue_tables(molecules, search, on_doubt=on_doubt)
    return pandas.concat(others, ignore_index=True) if others else first


def name_records(records: Iterable[Record]) -> Iterator[tuple[str, Molecule]]:
    """The molecules of a file, each by its name there, or else by its line; unusable rows have the reason."""
    for record in records:
        name = next((record.fields[key] for key in _NAMES if record.fields.get(key)), f"line {record.line}")
        if record.reason is not None:
            yield name, Molecule(record.smiles, None, None, record.reason)
        else:
            yield name, parse(record.smiles)
