"""`filter_smiles`: filter a list of SMILES into a table."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from molgan.chem.molecule import Molecule
from molgan.errors import InputError
from molgan.filters.base import Filter
from molgan.filters.funnel import Funnel, Scoring
from molgan.filters.settings import FunnelSettings, StageSettings
from molgan.progress import Progress

if TYPE_CHECKING:
    import pandas


def filter_smiles(
    smiles: Iterable[str | Molecule | None],
    stages: FunnelSettings | Sequence[str | StageSettings | Filter],
    *,
    table: "pandas.DataFrame | Scoring | None" = None,
    progress: Progress | None = None,
) -> "pandas.DataFrame":
    """Filter `smiles` (a list, a pandas Series, …) by `stages`: names of filters, settings, or filters.

    One row an input, in order: `smiles` as given, `kept`, and for what is rejected `stage` and `reason`. `table` holds
    or computes the scores that stages read. Raises InputError for a single string, ConfigError for a wrong stage.
    """
    import pandas

    if isinstance(smiles, str | bytes):
        raise InputError("expected a list of SMILES, not a single string: write filter([smiles], …)")
    items = list(smiles)
    result = Funnel(stages)(items, table=table, progress=progress)
    stage: list[str | None] = [None] * len(items)
    reason: list[str | None] = [None] * len(items)
    for one in result.rejected:
        stage[one.index], reason[one.index] = one.stage, one.reason
    given = [item.source if isinstance(item, Molecule) else item for item in items]
    return pandas.DataFrame(
        {
            "smiles": pandas.Series(given, dtype=object),
            "kept": pandas.Series([why is None for why in reason], dtype=bool),
            "stage": pandas.Series(stage, dtype=object),
            "reason": pandas.Series(reason, dtype=object),
        }
    )
