"""`filter_smiles`: filter a list of SMILES into a table."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from rdkit import Chem

from molgan.chem.molecule import Molecule
from molgan.filters.filter import Filter
from molgan.filters.funnel import Funnel
from molgan.filters.judging import Scoring
from molgan.filters.settings import FunnelSettings, StageSettings
from molgan.scoring.batch import as_list, get_text

if TYPE_CHECKING:
    import pandas


def filter_smiles(
    smiles: Iterable[str | Molecule | Chem.Mol | None],
    stages: FunnelSettings | Sequence[str | StageSettings | Filter],
    *,
    table: "pandas.DataFrame | Scoring | None" = None,
) -> "pandas.DataFrame":
    """Filter `smiles` by `stages`: names of filters, settings, or filters. `smiles`: a list, a column of pandas or
    polars, …, of text or RDKit molecules, with None or NaN for a missing one.

    One row per input, in order: `smiles` as given, `kept`, and for a rejected molecule `stage` and `reason`. `table`
    holds or computes the scores that stages read. Raises InputError for a single string, ConfigError for a wrong stage.
    """
    import pandas

    items = as_list(smiles)
    # Not Batch.of, which has the molecules of all items in memory at once.
    texts = [_make_text(item) for item in items]
    result = Funnel(stages)(texts, table=table)
    stage: list[str | None] = [None] * len(items)
    reason: list[str | None] = [None] * len(items)
    for rejection in result.rejected:
        stage[rejection.index], reason[rejection.index] = rejection.stage, rejection.reason
    given = [get_text(text) for text in texts]
    return pandas.DataFrame(
        {
            "smiles": pandas.Series(given, dtype=object),
            "kept": pandas.Series([why is None for why in reason], dtype=bool),
            "stage": pandas.Series(stage, dtype=object),
            "reason": pandas.Series(reason, dtype=object),
        }
    )


def _make_text(item: Any) -> str | Molecule | None:
    if isinstance(item, Chem.Mol):
        return get_text(item)
    return None if type(item).__name__ == "NAType" else item
