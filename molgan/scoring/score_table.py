"""`score`: raw properties of a list of SMILES as a table."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from rdkit import Chem

from molgan.base.errors import ConfigError, InputError
from molgan.chem.molecule import Molecule
from molgan.scoring.base import Scorer
from molgan.scoring.batch import as_list, chunks, get_text
from molgan.scoring.objective import merge_errors
from molgan.scoring.registry import get_scorer

if TYPE_CHECKING:
    import pandas


def score(
    smiles: Iterable[str | Molecule | Chem.Mol | None], scorers: Sequence[str | Scorer | Mapping[str, Any]]
) -> "pandas.DataFrame":
    """Raw values of `smiles` by `scorers`: names, objects, or as in a configuration with parameters,
    `{"scorer": "similarity", "parameters": {"smiles": ["CCO"]}}`. `smiles`: a list, a column of pandas or polars, …, of
    text or RDKit molecules, with None or NaN for what is missing.

    One row an input, in order: `smiles` as given, a column a scorer, `error`. What failed is missing and `error` says
    why. Alerts and other yes/no scorers are nullable booleans, True for a hit; the others are floats in their unit.
    Raises InputError for a single string, ConfigError for an unknown scorer.
    """
    items = as_list(smiles)
    if isinstance(scorers, str):
        raise InputError(f"expected a list of scorers, not a single string: write [{scorers!r}]")
    chosen = _by_name(scorers)
    columns: dict[str, list[np.ndarray]] = {name: [] for name in chosen}
    errors: list[str | None] = []
    for batch in chunks(items):
        scores = {name: scorer(batch) for name, scorer in chosen.items()}
        for name, result in scores.items():
            columns[name].append(result.values)
        errors.extend(merge_errors(batch, scores))
    return _frame(items, chosen, columns, errors)


def _by_name(scorers: Sequence[str | Scorer | Mapping[str, Any]]) -> dict[str, Scorer]:
    chosen: dict[str, Scorer] = {}
    for item in scorers:
        scorer = (
            item if isinstance(item, Scorer) else _from_settings({"scorer": item} if isinstance(item, str) else item)
        )
        if scorer.name in chosen:
            raise ConfigError(f"scorer {scorer.name!r} is given twice")
        chosen[scorer.name] = scorer
    return chosen


def _from_settings(item: Mapping[str, Any]) -> Scorer:
    wrong = not isinstance(item, Mapping) or "scorer" not in item or set(item) - {"scorer", "parameters"}
    if wrong:
        raise ConfigError(f'{item!r}: not a scorer; give a name, or {{"scorer": name, "parameters": {{…}}}}')
    return get_scorer(item["scorer"], **item.get("parameters", {}))


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
