"""A funnel: filters one behind the other, with counts in and out of each and a reason for every rejection."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING

from molgan.base.errors import ConfigError, InputError
from molgan.base.progress import Progress, Silent
from molgan.chem.molecule import Molecule, parse
from molgan.filters.filter import Filter
from molgan.filters.funnel_result import FunnelResult, Rejection, StageCount, kind
from molgan.filters.registry import get_filter
from molgan.filters.settings import FunnelSettings, StageSettings
from molgan.filters.shared_descriptors import SHARED

if TYPE_CHECKING:
    import pandas

Item = Molecule | str | None
Scoring = Callable[[Sequence[Molecule]], "pandas.DataFrame"]
"""Scores molecules: a table with one row a molecule, in order."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A filter under the name that reports call it by."""

    name: str
    filter: Filter


class Funnel:
    """Passes molecules through its stages, in order; what one rejects, the next does not see."""

    def __init__(
        self,
        stages: FunnelSettings | Sequence[str | StageSettings | Filter],
        injected: Mapping[str, Filter] | None = None,
    ) -> None:
        """`stages`: settings, or names of filters, settings of stages and filters in any mixture.

        `injected`: filters that settings cannot build, by the name of the filter they stand for (a trained critic).
        Raises ConfigError for an unknown filter or parameter, for two stages of one name, and for no stage.
        """
        chosen = stages.stages if isinstance(stages, FunnelSettings) else stages
        if isinstance(chosen, str):
            raise ConfigError(f"expected a list of filters, not a single name: write [{chosen!r}]")
        self.stages = [_stage(item, injected or {}) for item in chosen]
        names = Counter(stage.name for stage in self.stages)
        if not names:
            raise ConfigError("a funnel needs at least one stage")
        if (twice := names.most_common(1)[0])[1] > 1:
            raise ConfigError(f"two stages are called {twice[0]!r}: give one of them a name of its own")

    def __call__(
        self,
        molecules: Sequence[Item],
        *,
        table: "pandas.DataFrame | Scoring | None" = None,
        progress: Progress | None = None,
    ) -> FunnelResult:
        """Filter molecules or SMILES. `table` holds the scores that stages read, one row a molecule, or computes them
        for the molecules that get that far.

        Raises InputError for a single string or a table of another length, ConfigError for a missing column.
        """
        if isinstance(molecules, str | bytes):
            raise InputError("expected a list of SMILES, not a single string: write [smiles]")
        if table is not None and not callable(table) and len(table) != len(molecules):
            raise InputError(f"{len(table)} rows of scores for {len(molecules)} molecules")
        return FunnelResult.merged(
            self._stream([molecules], table, progress or Silent(), len(molecules), lambda item: item)
        )

    def stream(
        self, chunks: Iterable[Sequence[Item]], *, table: Scoring | None = None, progress: Progress | None = None
    ) -> Iterator[FunnelResult]:
        """Filter a stream; `FunnelResult.merged` of the parts that it yields equals the result of all at once.

        From the first stage on that needs the whole set, stages wait for the end of the stream, and so does what is
        kept; until then only the SMILES of survivors are held. Indices count over all chunks.
        """
        return self._stream(chunks, table, progress or Silent(), None, _light)

    def _stream(
        self,
        chunks: Iterable[Sequence[Item]],
        table: "pandas.DataFrame | Scoring | None",
        progress: Progress,
        total: int | None,
        held: Callable[[Item], Item],
    ) -> Iterator[FunnelResult]:
        for stage in self.stages:
            stage.filter.reset()
        # The first part is empty and names every stage, should nothing come.
        yield FunnelResult([], [], [StageCount(stage.name) for stage in self.stages])
        at_once = next((i for i, stage in enumerate(self.stages) if stage.filter.whole), len(self.stages))
        waiting: dict[int, Item] = {}
        progress.start("filter", total)
        for items in _numbered(chunks):
            part = _passed(self.stages[:at_once], _parsed(items), table)
            progress.advance("filter", len(items))
            if at_once == len(self.stages):
                yield part
            else:
                waiting |= {index: held(items[index]) for index in part.kept}
                yield FunnelResult([], part.rejected, part.counts)
        progress.finish("filter")
        if at_once < len(self.stages):
            yield _passed(self.stages[at_once:], _parsed(waiting), table, progress)


def _stage(item: str | StageSettings | Filter, injected: Mapping[str, Filter]) -> Stage:
    if isinstance(item, Filter):
        return Stage(item.name, item)
    if isinstance(item, str):
        return Stage(item, injected.get(item) or get_filter(item))
    return Stage(item.name, injected.get(item.filter) or get_filter(item.filter, **item.parameters))


def _numbered(chunks: Iterable[Sequence[Item]]) -> Iterator[dict[int, Item]]:
    """The items by their index over all chunks, a few at a time."""
    first = 0
    for chunk in chunks:
        for start in range(0, len(chunk), SHARED):
            yield dict(enumerate(chunk[start : start + SHARED], first + start))
        first += len(chunk)


def _light(item: Item) -> Item:
    """The item without what takes some 30 kB: the parsed molecule."""
    return replace(item, mol=None) if isinstance(item, Molecule) else item


def _parsed(items: Mapping[int, Item]) -> dict[int, Molecule]:
    return {index: _molecule(item) for index, item in items.items()}


def _molecule(item: Item) -> Molecule:
    if not isinstance(item, Molecule):
        return parse(item)
    return replace(item, mol=parse(item.smiles).mol) if item.valid and item.mol is None else item


def _passed(
    stages: Sequence[Stage],
    entering: dict[int, Molecule],
    table: "pandas.DataFrame | Scoring | None",
    progress: Progress | None = None,
) -> FunnelResult:
    """Passes the molecules through the stages, each judging all that are left at once."""
    rejected: list[Rejection] = []
    counts: list[StageCount] = []
    progress = progress or Silent()
    for stage in stages:
        progress.start(stage.name)
        began = perf_counter()
        scores = _scores(table, entering) if stage.filter.column else None
        reasons = dict(zip(entering, stage.filter(list(entering.values()), scores).reasons, strict=True))
        gone = [Rejection(i, entering[i].source, stage.name, why) for i, why in reasons.items() if why is not None]
        kinds = Counter(kind(one.reason) for one in gone)
        counts.append(StageCount(stage.name, len(entering), len(entering) - len(gone), perf_counter() - began, kinds))
        rejected += gone
        entering = {index: molecule for index, molecule in entering.items() if reasons[index] is None}
        progress.finish(stage.name)
    return FunnelResult(list(entering), rejected, counts)


def _scores(table: "pandas.DataFrame | Scoring | None", molecules: Mapping[int, Molecule]) -> "pandas.DataFrame | None":
    if callable(table):
        return table(list(molecules.values()))
    return None if table is None else table.iloc[list(molecules)]
