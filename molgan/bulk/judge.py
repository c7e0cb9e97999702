"""Judges chunks of a file by a funnel, in any process; the resulting tables stay on disk until all are done."""

import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from molgan.bulk.library import identifier, known_neighbours, library_table
from molgan.chem.molecule import Molecule, parse, parse_all
from molgan.chem.reading import Record
from molgan.chem.settings import StandardizeSettings
from molgan.chem.standardise import Standardised
from molgan.filters.filter import WholeFilter
from molgan.filters.funnel import Funnel
from molgan.filters.judging import Lot
from molgan.filters.settings import FunnelSettings
from molgan.filters.shared_descriptors import SHARED
from molgan.scoring.objective import Objective
from molgan.scoring.score_cache import clear_caches
from molgan.scoring.score_store import Store
from molgan.scoring.settings import ObjectiveSettings

if TYPE_CHECKING:
    import pandas

    from molgan.filters.known.neighbours import Neighbours


class Judge:
    """Makes a table of a chunk, as an Arrow IPC stream.

    Columns: those of `molgan.filters.judging`; `line`; `fields`, the other cells as JSON; `id`, empty for invalid
    input; and, for molecules that no filter rejects by itself, `score` and `row`, the line of library.csv with rank
    0."""

    def __init__(
        self, filters: FunnelSettings, objective: ObjectiveSettings, standardize: StandardizeSettings | None = None
    ) -> None:
        """With `standardize`, molecules are judged in that form, and `row` has the changes."""
        self._settings = filters, objective, standardize

    def __reduce__(
        self,
    ) -> tuple[type["Judge"], tuple[FunnelSettings, ObjectiveSettings, StandardizeSettings | None]]:
        return Judge, self._settings

    def __call__(self, rows: Sequence[Record]) -> bytes:
        clear_caches()  # entries of earlier chunks are of no use
        lots = [rows[start : start + SHARED] for start in range(0, max(len(rows), 1), SHARED)]
        return _write([self._judge(lot, [self._read(record) for record in lot]) for lot in lots])

    def share(self, memo: Store) -> None:
        """Share the values of costly scorers with other processes, by `memo`."""
        self.objective.share(memo)

    def lost(self, rows: Sequence[Record], reason: str) -> bytes:
        """The table of molecules that crash their worker: the first filter rejects them."""
        return _write([self._judge(rows, [_reject(record.smiles, reason) for record in rows])])

    def join(self, results: Sequence[bytes]) -> bytes:
        return join_tables(results)

    def prepare(self) -> None:
        """Load the reference sets of the filters, so that several processes find them in the cache on disk."""
        for filter_ in self.funnel.filters:
            if not isinstance(filter_, WholeFilter) and filter_.column is None:
                filter_(parse_all(["OCCc1ccccc1"]))

    @cached_property
    def funnel(self) -> Funnel:
        return Funnel(self._settings[0])

    @cached_property
    def objective(self) -> Objective:
        return Objective(self._settings[1])

    @cached_property
    def neighbours(self) -> "Neighbours":
        return known_neighbours()

    def make_table(self, molecules: Sequence[Standardised], scores: "pandas.DataFrame") -> "pandas.DataFrame":
        """The table of the library of molecules with their scores."""
        if self._settings[2] is not None:
            originals = [item.molecule.source for item in molecules]
            scores = scores.assign(original=originals, changes=["; ".join(item.changes) for item in molecules])
        return library_table([item.molecule for item in molecules], scores, self.neighbours)

    def _read(self, record: Record) -> Standardised:
        standardize = self._settings[2]
        if record.reason is not None:
            return _reject(record.smiles, record.reason)
        return Standardised(parse(record.smiles)) if standardize is None else standardize.explain(record.smiles)

    def _judge(self, rows: Sequence[Record], read: list[Standardised]) -> dict[str, list[Any]]:
        molecules = [item.molecule for item in read]
        by_molecule = {item.molecule: item for item in read}
        scoring = _LotScores(self.objective)
        lot = Lot(molecules, scoring)
        columns = lot.judge(self.funnel.filters)
        scores = scoring(lot.survivors)
        return {
            "line": [record.line for record in rows],
            "fields": [json.dumps(dict(record.fields)) for record in rows],
            "id": [identifier(molecule.smiles) if molecule.smiles else "" for molecule in molecules],
            **columns,
            "row": lot.spread(self._format_rows([by_molecule[molecule] for molecule in lot.survivors], scores)),
            "score": lot.spread(scores["score"].tolist()),
        }

    def _format_rows(self, molecules: list[Standardised], scores: "pandas.DataFrame") -> list[str]:
        """The line of library.csv of each molecule, in order."""
        # The table is sorted by score; the place in the lot identifies each molecule.
        table = self.make_table(molecules, scores.assign(place=np.arange(len(molecules))))
        table = table.sort_values("place", kind="stable").drop(columns="place").assign(rank=0)
        return str(table.to_csv(index=False, header=False, lineterminator="\n")).splitlines()


def _reject(smiles: str, reason: str) -> Standardised:
    return Standardised(Molecule(smiles, None, None, reason))


class StoredChunk:
    """A judged chunk on disk."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __getitem__(self, name: str, /) -> Sequence[Any]:
        import pyarrow

        with pyarrow.memory_map(str(self._path)) as source:  # of which the columns that are asked for are read
            values: Sequence[Any] = pyarrow.ipc.open_stream(source).read_all()[name].to_pylist()
        return values


class _LotScores:
    """The scores of a lot, computed when a filter first asks for them, for the molecules that are left then."""

    def __init__(self, objective: Objective) -> None:
        self._objective = objective
        self._rows: dict[Molecule, int] = {}
        self._table: pandas.DataFrame | None = None

    def __call__(self, molecules: Sequence[Molecule]) -> "pandas.DataFrame":
        if self._table is None:
            self._table = self._objective(molecules).to_frame()
            self._rows = {molecule: row for row, molecule in enumerate(molecules)}
        return self._table.iloc[[self._rows[molecule] for molecule in molecules]]


def join_tables(tables: Sequence[bytes]) -> bytes:
    """The tables of parts of a chunk as one."""
    import pyarrow

    read = [pyarrow.ipc.open_stream(table).read_all() for table in tables]
    return _write_stream(read, read[0].schema)


def _write(tables: Sequence[Mapping[str, list[Any]]]) -> bytes:
    import pyarrow

    types = {"line": pyarrow.int64(), "stage": pyarrow.int16(), "score": pyarrow.float64(), "value": pyarrow.float64()}
    types |= {"features": pyarrow.binary(), "same": pyarrow.binary(16)}
    schema = pyarrow.schema([(name, types.get(name.partition("_")[0], pyarrow.string())) for name in tables[0]])
    return _write_stream([pyarrow.Table.from_pydict(table, schema) for table in tables], schema)


def _write_stream(tables: Sequence[Any], schema: Any) -> bytes:
    import pyarrow

    sink = pyarrow.BufferOutputStream()
    with pyarrow.ipc.new_stream(sink, schema) as writer:
        for table in tables:
            writer.write_table(table)
    return bytes(sink.getvalue())
