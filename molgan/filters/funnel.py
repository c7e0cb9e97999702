"""A funnel: filters one behind the other, with counts in and out of each and a reason for every rejection."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING

from molgan.chem.molecule import Molecule, parse
from molgan.errors import ConfigError, InputError
from molgan.filters.base import Filter
from molgan.filters.registry import get_filter
from molgan.filters.result import FunnelResult, Rejection, StageCount
from molgan.filters.settings import FunnelSettings, StageSettings
from molgan.progress import Progress, Silent

if TYPE_CHECKING:
    import pandas

Item = Molecule | str | None
Scoring = Callable[[Sequence[Molecule]], "pandas.DataFrame"]
"""Scores molecules: a table with one row a molecule, in order."""

# Molecules judged between two reports of progress.
_CHUNK = 2048


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
        self._reset()
        entering = [(index, _molecule(item)) for index, item in enumerate(molecules)]
        return FunnelResult.merged([_passed(self.stages, entering, table, progress or Silent())])

    def stream(
        self, chunks: Iterable[Sequence[Item]], *, table: "Scoring | None" = None, progress: Progress | None = None
    ) -> Iterator[FunnelResult]:
        """Filter chunk by chunk; `FunnelResult.merged` of what is yielded equals the result of all chunks at once.

        From the first stage on that needs the whole set, stages wait for the end of the stream, and so does what is
        kept; until then only the SMILES of survivors are held. Indices count over all chunks. The first part is empty
        and names all stages.
        """
        self._reset()
        at_once = next((i for i, stage in enumerate(self.stages) if stage.filter.whole), len(self.stages))
        yield FunnelResult([], [], [StageCount(stage.name) for stage in self.stages])
        waiting: list[tuple[int, Molecule]] = []
        index = 0
        for chunk in chunks:
            entering = [(index + i, _molecule(item)) for i, item in enumerate(chunk)]
            index += len(entering)
            result = _passed(self.stages[:at_once], entering, table, progress or Silent())
            if at_once == len(self.stages):
                yield result
                continue
            molecules = dict(entering)
            waiting += [(i, replace(molecules[i], mol=None)) for i in result.kept]
            yield FunnelResult([], result.rejected, result.counts)
        if at_once < len(self.stages):
            survivors = [(i, replace(molecule, mol=parse(molecule.smiles).mol)) for i, molecule in waiting]
            yield _passed(self.stages[at_once:], survivors, table, progress or Silent())

    def _reset(self) -> None:
        for stage in self.stages:
            stage.filter.reset()


def _stage(item: str | StageSettings | Filter, injected: Mapping[str, Filter]) -> Stage:
    if isinstance(item, Filter):
        return Stage(item.name, item)
    if isinstance(item, str):
        return Stage(item, injected.get(item) or get_filter(item))
    return Stage(item.name, injected.get(item.filter) or get_filter(item.filter, **item.parameters))


def _molecule(item: Item) -> Molecule:
    return item if isinstance(item, Molecule) else parse(item)


def _passed(
    stages: Sequence[Stage],
    entering: list[tuple[int, Molecule]],
    table: "pandas.DataFrame | Scoring | None",
    progress: Progress,
) -> FunnelResult:
    rejected: list[Rejection] = []
    counts: list[StageCount] = []
    for stage in stages:
        began, entered, reasons = perf_counter(), len(entering), Counter[str]()
        staying: list[tuple[int, Molecule]] = []
        progress.start(stage.name, entered)
        size = max(1, entered) if stage.filter.whole else _CHUNK
        for start in range(0, entered, size):
            chunk = entering[start : start + size]
            molecules = [molecule for _, molecule in chunk]
            decision = stage.filter(molecules, _rows(table, chunk) if stage.filter.column else None)
            for (index, molecule), reason in zip(chunk, decision.reasons, strict=True):
                if reason is None:
                    staying.append((index, molecule))
                else:
                    rejected.append(Rejection(index, molecule.source, stage.name, reason))
                    reasons[reason.partition(":")[0]] += 1
            progress.advance(stage.name, len(chunk))
        progress.finish(stage.name)
        counts.append(StageCount(stage.name, entered, len(staying), perf_counter() - began, reasons))
        entering = staying
    return FunnelResult([index for index, _ in entering], rejected, counts)


def _rows(
    table: "pandas.DataFrame | Scoring | None", chunk: Sequence[tuple[int, Molecule]]
) -> "pandas.DataFrame | None":
    if callable(table):
        return table([molecule for _, molecule in chunk])
    return None if table is None else table.iloc[[index for index, _ in chunk]]
