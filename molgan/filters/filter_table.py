"""`filter_smiles`: filter a list of SMILES into a table."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from molgan.base.errors import InputError
from molgan.filters.filter import Filter
from molgan.filters.funnel import Funnel
from molgan.filters.judging import Scoring
from molgan.filters.settings import FunnelSettings, StageSettings
from molgan.scoring.inputs import as_list, get_row_labels, get_text, make_text, set_row_labels
from molgan.scoring.parameters import validate_section

if TYPE_CHECKING:
    import pandas


Given = str | StageSettings | Filter | Mapping[str, Any]


def filter_smiles(
    smiles: Iterable[Any],
    stages: FunnelSettings | Given | Sequence[Given],
    *,
    table: "pandas.DataFrame | Scoring | None" = None,
) -> "pandas.DataFrame":
    """Filter `smiles` by `stages`: names of filters, settings, or filters; or one of these. `smiles`: a list, a column
    or frame of pandas or polars, …, of text or RDKit molecules, with None or NaN for what is missing.

    One row an input, in order and with the input's row labels: `smiles` as given, `kept`, for what is rejected `stage`
    and `reason`, and `duplicate_of`, the label of the row that a duplicate equals. `table` holds or computes the scores
    that stages read. Raises InputError for a single string, a frame without a SMILES column or a `table` whose rows are
    in another order, ConfigError for a wrong stage.
    """
    import pandas

    labels = get_row_labels(smiles)
    # Not Batch.of, which has the molecules of all items in memory at once.
    texts = [make_text(item) for item in as_list(smiles)]
    if labels is not None and isinstance(table, pandas.DataFrame):
        _check_order(labels, table)
    result = Funnel(_read_stages(stages))(texts, table=table)
    columns: dict[str, list[Any]] = {name: [None] * len(texts) for name in ("stage", "reason", "duplicate_of")}
    for rejection in result.rejected:
        row, original = rejection.index, rejection.duplicate_of
        columns["stage"][row], columns["reason"][row] = rejection.stage, rejection.reason
        if original is not None:
            columns["duplicate_of"][row] = original if labels is None else labels[original]
    kept = [reason is None for reason in columns["reason"]]
    given = [get_text(text) for text in texts]
    frame = pandas.DataFrame(
        {
            "smiles": pandas.Series(given, dtype=object),
            "kept": pandas.Series(kept, dtype=bool),
            **{name: pandas.Series(values, dtype=object) for name, values in columns.items()},
        }
    )
    return set_row_labels(frame, labels)


def _read_stages(
    stages: FunnelSettings | Given | Sequence[Given],
) -> FunnelSettings | list[str | StageSettings | Filter]:
    if isinstance(stages, FunnelSettings):
        return stages
    chosen = [stages] if isinstance(stages, str | StageSettings | Filter | Mapping) else stages
    return [
        validate_section(StageSettings, stage, "stage") if isinstance(stage, Mapping) else stage for stage in chosen
    ]


def _check_order(labels: "pandas.Index[Any]", table: "pandas.DataFrame") -> None:
    """Refuse scores that are labelled as the molecules are, in another order."""
    same = len(labels) == len(table) and labels.is_unique and not labels.difference(table.index).size
    if same and not labels.equals(table.index):
        raise InputError(
            "the rows of `table` are labelled as the molecules are, in another order: give table.loc[smiles.index], or "
            "table.set_axis(smiles.index) where only the labels are wrong"
        )
