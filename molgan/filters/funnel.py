"""A funnel: filters in a row, with counts in and out of each and a reason for every rejection."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from molgan.base.errors import ConfigError, InputError
from molgan.filters.filter import Filter
from molgan.filters.funnel_result import FunnelResult
from molgan.filters.judging import Scoring
from molgan.filters.passage import Item, Passage
from molgan.filters.registry import get_filter
from molgan.filters.settings import FunnelSettings, StageSettings

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True, slots=True)
class Stage:
    """A filter and its name in reports."""

    name: str
    filter: Filter


class Funnel:
    """Passes molecules through its stages, in order: a rejected molecule does not reach later stages."""

    def __init__(self, stages: FunnelSettings | Sequence[str | StageSettings | Filter]) -> None:
        """`stages` are settings, or any mixture of names of filters, settings of stages and filters.

        Raises ConfigError for an unknown filter or parameter, for two stages of one name, and for no stage.
        """
        chosen = stages.stages if isinstance(stages, FunnelSettings) else stages
        if isinstance(chosen, str):
            raise ConfigError(f"expected a list of filters, not a single name: write [{chosen!r}]")
        self.stages = [_build_stage(item) for item in chosen]
        counts = Counter(self.names)
        if not counts:
            raise ConfigError("a funnel needs at least one stage")
        if (twice := counts.most_common(1)[0])[1] > 1:
            raise ConfigError(f"two stages are called {twice[0]!r}: give one of them a name of its own")

    @property
    def names(self) -> list[str]:
        """The names of the stages, in order."""
        return [stage.name for stage in self.stages]

    @property
    def filters(self) -> list[Filter]:
        """The filters of the stages, in order."""
        return [stage.filter for stage in self.stages]

    def __call__(self, molecules: Sequence[Item], *, table: "pandas.DataFrame | Scoring | None" = None) -> FunnelResult:
        """Filter molecules or SMILES. `table` holds the scores that stages read, one row per molecule, or computes them
        for the molecules that reach such a stage.

        Raises InputError for a single string or a table of another length, ConfigError for a missing column.
        """
        if isinstance(molecules, str | bytes):
            raise InputError("expected a list of SMILES, not a single string: write [smiles]")
        if table is not None and not callable(table) and len(table) != len(molecules):
            raise InputError(f"table: {len(table)} rows of scores for {len(molecules)} molecules; give one row each")
        passage = self.begin_passage()
        passage.add(molecules, table)
        return passage.collect_result()

    def begin_passage(self) -> Passage:
        """A passage for molecules that come chunk by chunk; the result is that of all at once."""
        return Passage(self.names, self.filters)


def _build_stage(item: str | StageSettings | Filter) -> Stage:
    if isinstance(item, Filter):
        return Stage(item.name, item)
    if isinstance(item, str):
        return Stage(item, get_filter(item))
    return Stage(item.name, get_filter(item.filter, **item.parameters))
