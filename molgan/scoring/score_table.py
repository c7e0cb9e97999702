"""`score`: raw properties of a list of SMILES as a table."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from molgan.base.errors import ConfigError
from molgan.scoring.base import Scorer
from molgan.scoring.batch import chunks
from molgan.scoring.inputs import as_list, get_row_labels, get_text, set_row_labels
from molgan.scoring.objective import merge_errors
from molgan.scoring.registry import get_scorer

if TYPE_CHECKING:
    import pandas


Given = str | Scorer | Mapping[str, Any]

_RESERVED = ("smiles", "error")


def score(smiles: Iterable[Any], scorers: Given | Sequence[Given]) -> "pandas.DataFrame":
    """Raw values of `smiles` by `scorers`: names, objects, or as in a configuration with parameters,
    `{"scorer": "similarity", "name": "to_ethanol", "parameters": {"smiles": ["CCO"]}}`; or one of these. `smiles`: a
    list, a column or frame of pandas or polars, …, of text or RDKit molecules, with None or NaN for what is missing.

    One row an input, in order and with the input's row labels: `smiles` as given, a column a scorer, by its `name`,
    `error`. What failed is missing and `error` says why. Alerts and other yes/no scorers are nullable booleans, True
    for a hit; the others are floats in their unit. Raises InputError for a single string or a frame without a SMILES
    column, ConfigError for an unknown scorer and for two columns of one name.
    """
    items = as_list(smiles)
    chosen = _by_name([scorers] if isinstance(scorers, str | Scorer | Mapping) else scorers)
    columns: dict[str, list[np.ndarray]] = {name: [] for name in chosen}
    errors: list[str | None] = []
    for batch in chunks(items):
        scores = {name: scorer(batch) for name, scorer in chosen.items()}
        for name, result in scores.items():
            columns[name].append(result.values)
        errors.extend(merge_errors(batch, scores))
    return set_row_labels(_frame(items, chosen, columns, errors), get_row_labels(smiles))


def _by_name(scorers: Sequence[Given]) -> dict[str, Scorer]:
    """The scorers by the names of their columns."""
    chosen: dict[str, Scorer] = {}
    for item in scorers:
        if isinstance(item, Scorer):
            name, scorer = item.name, item
        else:
            name, scorer = _from_settings({"scorer": item} if isinstance(item, str) else item)
        if name in chosen:
            raise ConfigError(
                f'scorer {name!r} is given twice: tell the columns apart, {{"scorer": {scorer.name!r}, "name": …}}'
            )
        if name in _RESERVED:
            raise ConfigError(f"a scorer called {name!r}: the table has such a column already; give another name")
        chosen[name] = scorer
    return chosen


def _from_settings(item: Mapping[str, Any]) -> tuple[str, Scorer]:
    wrong = not isinstance(item, Mapping) or "scorer" not in item or set(item) - {"scorer", "name", "parameters"}
    if wrong:
        raise ConfigError(f'{item!r}: not a scorer; give a name, or {{"scorer": name, "parameters": {{…}}}}')
    scorer = get_scorer(item["scorer"], **item.get("parameters", {}))
    return str(item.get("name") or scorer.name), scorer


def _frame(
    items: list[Any],
    scorers: dict[str, Scorer],
    columns: dict[str, list[np.ndarray]],
    errors: list[str | None],
) -> "pandas.DataFrame":
    import pandas

    smiles = [get_text(item) for item in items]
    frame = {"smiles": pandas.Series(smiles, dtype=object)}
    for name, parts in columns.items():
        values = np.concatenate(parts)
        frame[name] = pandas.Series(values)
        if scorers[name].boolean:
            frame[name] = pandas.Series(pandas.array(values == 1, dtype="boolean")).mask(np.isnan(values))
    frame["error"] = pandas.Series(errors, dtype=object)
    return pandas.DataFrame(frame)
