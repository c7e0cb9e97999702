"""What a funnel says of a chunk of molecules without knowing the others, so that chunks can be judged anywhere."""

import hashlib
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from molgan.bulk.library import identifier, known_neighbours, library_table
from molgan.chem.molecule import Molecule, parse, parse_all
from molgan.filters.filter import Filter, WholeFilter
from molgan.filters.funnel import Funnel
from molgan.filters.settings import FunnelSettings
from molgan.filters.shared_descriptors import SHARED
from molgan.scoring.objective import Objective
from molgan.scoring.score_cache import clear_caches
from molgan.scoring.settings import ObjectiveSettings

if TYPE_CHECKING:
    import pandas

    from molgan.filters.neighbours import Neighbours

Rows = Sequence[tuple[int, str, str | None]]
"""Line and SMILES of each molecule, and the reason where it is a row that cannot be used."""


class Judge:
    """Makes a table of a chunk, one row a molecule, in order, as an Arrow IPC stream:

    `line`; `source`, the SMILES as given; `smiles`, canonical, and `id` (null and "" for what is no molecule); `stage`
    and `reason`, the first stage by number that rejects it among those that judge it alone (the number of stages and
    null when none does); `score` and `row`, its line of library.csv with rank 0, for what none of them rejects. And for
    each stage that looks at others as well, of the molecules that reach it: `same_<number>`, 16 bytes that equal ones
    share; `features_<number>` and `value_<number>`, what a filter of the whole set looks at.
    """

    def __init__(self, filters: FunnelSettings, objective: ObjectiveSettings) -> None:
        self._settings = filters, objective

    def __reduce__(self) -> tuple[type["Judge"], tuple[FunnelSettings, ObjectiveSettings]]:
        return Judge, self._settings

    def __call__(self, rows: Rows) -> bytes:
        clear_caches()  # what earlier chunks have left there is of no use
        lots = [rows[start : start + SHARED] for start in range(0, len(rows), SHARED)]
        return _written([self._judged(lot, [_molecule(smiles, reason) for _, smiles, reason in lot]) for lot in lots])

    def lost(self, rows: Rows, reason: str) -> bytes:
        """What is said of molecules that no worker survives: the first stage rejects them."""
        return _written([self._judged(rows, [Molecule(smiles, None, None, reason) for _, smiles, _ in rows])])

    def prepare(self) -> None:
        """Load what filters compare with, so that it is in the cache on disk when several processes ask for it."""
        for stage in self.funnel.stages:
            if not stage.filter.whole and stage.filter.column is None:
                stage.filter(parse_all(["OCCc1ccccc1"]))

    @cached_property
    def funnel(self) -> Funnel:
        return Funnel(self._settings[0])

    @cached_property
    def objective(self) -> Objective:
        return Objective(self._settings[1])

    @cached_property
    def neighbours(self) -> "Neighbours":
        return known_neighbours()

    def _judged(self, rows: Rows, molecules: list[Molecule]) -> dict[str, list[Any]]:
        lot = _Lot(molecules, self.objective)
        columns: dict[str, list[Any]] = {}
        for number, stage in enumerate(self.funnel.stages):
            columns |= lot.pass_on(number, stage.filter)
        columns["row"], columns["score"] = lot.library(self.neighbours)
        return {
            "line": [line for line, _, _ in rows],
            "source": [smiles for _, smiles, _ in rows],
            "smiles": [molecule.smiles for molecule in molecules],
            "id": [identifier(molecule.smiles) if molecule.smiles else "" for molecule in molecules],
            "stage": [len(self.funnel.stages) if stage is None else stage for stage in lot.stage],
            "reason": lot.reason,
            **columns,
        }


def _molecule(smiles: str, reason: str | None) -> Molecule:
    return parse(smiles) if reason is None else Molecule(smiles, None, None, reason)


class _Lot:
    """Molecules on their way through the stages. `stage` and `reason` are None for those that are still on it."""

    def __init__(self, molecules: list[Molecule], objective: Objective) -> None:
        self.stage: list[int | None] = [None] * len(molecules)
        self.reason: list[str | None] = [None] * len(molecules)
        self._molecules = molecules
        self._objective = objective
        self._places = list(range(len(molecules)))
        self._scores: pandas.DataFrame | None = None
        self._row: dict[int, int] = {}

    def pass_on(self, number: int, filter_: Filter) -> dict[str, list[Any]]:
        """Reject what the filter rejects by itself; what it needs to know of the others' are columns."""
        if not filter_.whole and filter_.identities([]) is None:
            entering = [self._molecules[place] for place in self._places]
            table = self._scored() if filter_.column else None
            self._drop(number, filter_(entering, table).reasons)
            return {}
        self._drop(number, [self._molecules[place].reason for place in self._places])
        entering = [self._molecules[place] for place in self._places]
        if isinstance(filter_, WholeFilter):
            values = self._scored()[filter_.column].tolist() if filter_.column else [None] * len(entering)
            return {
                f"features_{number}": self._spread(filter_.features(entering)),
                f"value_{number}": self._spread(values),
            }
        texts = filter_.identities(entering) or []
        return {
            f"same_{number}": self._spread([hashlib.blake2b(text.encode(), digest_size=16).digest() for text in texts])
        }

    def library(self, neighbours: "Neighbours") -> tuple[list[str | None], list[float | None]]:
        """Of each molecule that is left, its line of library.csv and its score."""
        molecules = [self._molecules[place] for place in self._places]
        scores = self._scored()
        # The table comes sorted by score: the place in the lot tells who is who.
        table = library_table(molecules, scores.assign(place=np.arange(len(molecules))), neighbours)
        table = table.sort_values("place", kind="stable").drop(columns="place").assign(rank=0)
        lines = table.to_csv(index=False, header=False, lineterminator="\n").splitlines()
        return self._spread(lines), self._spread(scores["score"].tolist())

    def _drop(self, number: int, reasons: Sequence[str | None]) -> None:
        for place, reason in zip(self._places, reasons, strict=True):
            if reason is not None:
                self.stage[place], self.reason[place] = number, reason
        self._places = [place for place in self._places if self.stage[place] is None]

    def _scored(self) -> "pandas.DataFrame":
        """The scores of the molecules that are left, computed when first asked for."""
        if self._scores is None:
            self._scores = self._objective([self._molecules[place] for place in self._places]).to_frame()
            self._row = {place: row for row, place in enumerate(self._places)}
        return self._scores.iloc[[self._row[place] for place in self._places]]

    def _spread(self, values: Sequence[Any]) -> list[Any]:
        """Values of the molecules that are left, None for the others."""
        spread: list[Any] = [None] * len(self._molecules)
        for place, value in zip(self._places, values, strict=True):
            spread[place] = value
        return spread


def joined(tables: Sequence[bytes]) -> bytes:
    """The tables of parts of a chunk as one."""
    import pyarrow

    read = [pyarrow.ipc.open_stream(table).read_all() for table in tables]
    return _stream(read, read[0].schema)


def _written(tables: list[dict[str, list[Any]]]) -> bytes:
    import pyarrow

    kinds = {"line": pyarrow.int64(), "stage": pyarrow.int16(), "score": pyarrow.float64(), "value": pyarrow.float64()}
    kinds |= {"features": pyarrow.binary(), "same": pyarrow.binary(16)}
    schema = pyarrow.schema([(name, kinds.get(name.partition("_")[0], pyarrow.string())) for name in tables[0]])
    return _stream([pyarrow.Table.from_pydict(table, schema) for table in tables], schema)


def _stream(tables: Sequence[Any], schema: Any) -> bytes:
    import pyarrow

    sink = pyarrow.BufferOutputStream()
    with pyarrow.ipc.new_stream(sink, schema) as writer:
        for table in tables:
            writer.write_table(table)
    return bytes(sink.getvalue())
