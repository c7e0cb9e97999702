"""Synthesis routes of molecules as a table or as JSON: a list, or a file of any length."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from molgan.base.progress import Progress, Silent
from molgan.bulk.text_table import TextTable, parse_pieces, stream_table
from molgan.chem.molecule import parse
from molgan.chem.reading import Record
from molgan.chem.retrosynthesis.route import Outcome, Route
from molgan.scoring.batch import Batch
from molgan.scoring.inputs import as_list, get_row_labels, get_text, set_row_labels
from molgan.scoring.processes.molecule_processes import Failure
from molgan.scoring.scorers.retrosynthesis.route_finder import RouteFinder
from molgan.scoring.scorers.retrosynthesis.synthesis_scorer import explain, name_reactions

if TYPE_CHECKING:
    import pandas


def route_table(smiles: Iterable[Any], finder: RouteFinder) -> "pandas.DataFrame":
    """The routes of molecules: a table with one row for each input, in order, with the row labels of the input.

    Columns: `smiles` as given; `solved`, whether there is a route; `steps`, its reactions; `depth`, those in its
    longest line; `cost`; `reactions`, reaction SMILES with spaces between them, in the order in which they are run;
    `titles`, their names; `doubts`, what a chemist would object; `blocks`, what is bought, SMILES with spaces between
    them; `numbers`, by which it is bought; `route`, the `Route` itself; `error`, the reason where there is none. Raises
    InputError for a single string and for a frame without a SMILES column.
    """
    import pandas

    items = as_list(smiles)
    found = _find_all(Batch.of(items), finder)
    routes = [None if isinstance(each, str) else each.route for each in found]
    table = pandas.DataFrame({"smiles": pandas.Series([get_text(item) for item in items], dtype=object)})
    solved = [None if isinstance(each, str) else each.route is not None for each in found]
    table["solved"] = pandas.Series(solved, dtype="boolean")
    for name, read in (("steps", _count_steps), ("depth", _get_depth), ("cost", _get_cost)):
        table[name] = pandas.Series([None if route is None else read(route) for route in routes], dtype=float)
    for name, write in _TEXTS.items():
        table[name] = pandas.Series([None if route is None else write(route) for route in routes], dtype=object)
    table["route"] = pandas.Series(routes, dtype=object)
    table["error"] = pandas.Series([_explain(each) for each in found], dtype=object)
    return set_row_labels(table, get_row_labels(smiles))


def route_records(
    records: Iterable[Sequence[Record]],
    finder: RouteFinder,
    folder: Path | None = None,
    progress: Progress | None = None,
) -> Iterator[str]:
    """The routes of records as a CSV table, which is given in pieces: one row for each record, in order.

    The columns are those of `route_table` without `route`, with the other columns of the file after `smiles`, and
    `line`. Finished chunks are kept in `folder` until the end, so that the same call continues after an interruption.
    Raises RunError when `folder` cannot be written or the search does not start.
    """

    def open_table(titles: Mapping[str, str]) -> TextTable:
        return RouteText(finder, titles)

    yield from stream_table(records, open_table, finder.key, title="routes", folder=folder, progress=progress)


def route_tables(
    records: Iterable[Sequence[Record]],
    finder: RouteFinder,
    folder: Path | None = None,
    progress: Progress | None = None,
) -> "Iterator[pandas.DataFrame]":
    """Like `route_records`, with the same arguments, as tables; the first is empty."""
    yield from parse_pieces(route_records(records, finder, folder, progress), RouteText(finder).make_table([]))


def route_objects(
    records: Iterable[Sequence[Record]], finder: RouteFinder, progress: Progress | None = None
) -> Iterator[str]:
    """The routes of records as the text of a JSON list, in pieces: an object for each record, in order, with `line`,
    `smiles` as written, `fields` of the file, `route` (null where there is none) and `error`."""
    progress = progress or Silent()
    progress.start("routes")
    opening = "[\n"
    for chunk in records:
        molecules = [parse(record.smiles if record.reason is None else None) for record in chunk]
        for record, found in zip(chunk, _find_all(Batch.of(molecules), finder), strict=True):
            route = None if isinstance(found, str) or found.route is None else found.route.as_dict()
            content = {
                "line": record.line,
                "smiles": record.smiles,
                "fields": dict(record.fields),
                "route": route,
                "error": record.reason or _explain(found),
            }
            yield opening + json.dumps(content)
            opening = ",\n"
        progress.advance("routes", len(chunk))
    progress.finish("routes")
    yield "\n]\n" if opening == ",\n" else "[]\n"


class RouteText(TextTable):
    """Routes of records as lines of CSV."""

    def __init__(self, finder: RouteFinder, titles: Mapping[str, str] | None = None) -> None:
        super().__init__(titles)
        self._finder = finder

    def compute(self, smiles: Sequence[str | None]) -> "pandas.DataFrame":
        return route_table(list(smiles), self._finder).drop(columns="route")

    def show_unusable(self, table: "pandas.DataFrame", records: Sequence[Record]) -> None:
        import pandas

        table["smiles"] = pandas.Series([record.smiles for record in records], dtype=object)


def _find_all(batch: Batch, finder: RouteFinder) -> list[Outcome | str]:
    """What was found for each molecule, in order, or the reason why nothing was."""
    found = finder.find([molecule.smiles for molecule in batch.distinct])
    return [
        str(molecule.reason) if position < 0 else _as_text(found[position])
        for molecule, position in zip(batch.molecules, batch.place.tolist(), strict=True)
    ]


def _as_text(found: Outcome | Failure) -> Outcome | str:
    return str(found) if isinstance(found, Failure) else found


def _explain(found: Outcome | str) -> str | None:
    if isinstance(found, str):
        return found
    return explain(found) if found.route is None else None


def _count_steps(route: Route) -> float:
    return len(route.steps)


def _get_depth(route: Route) -> float:
    return route.depth


def _get_cost(route: Route) -> float:
    return route.cost


def _write_doubts(route: Route) -> str:
    return "; ".join(
        f"step {number}: {doubt}" for number, step in enumerate(route.steps, start=1) for doubt in step.doubts
    )


_TEXTS: dict[str, Callable[[Route], str]] = {
    "reactions": lambda route: " ".join(step.smiles for step in route.steps),
    "titles": name_reactions,
    "doubts": _write_doubts,
    "blocks": lambda route: " ".join(block.smiles for block in route.blocks),
    "numbers": lambda route: "; ".join(block.number for block in route.blocks),
}
