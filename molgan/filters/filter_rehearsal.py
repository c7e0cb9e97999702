"""Judging as `molgan.chem.guarded` tries it."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from molgan.chem.molecule import parse
from molgan.filters.filter import IdentityFilter, WholeFilter
from molgan.filters.registry import get_filter

_parse = lru_cache(maxsize=8)(parse)  # for one filter after the other


def prepare_judging(setup: tuple[str, dict[str, Any]]) -> Callable[[str], object]:
    """What judges one SMILES by the filter of that name with those parameters, which has loaded what it needs."""
    name, parameters = setup
    filter_ = get_filter(name, **parameters)
    judge = filter_.compute_features if isinstance(filter_, IdentityFilter | WholeFilter) else filter_

    def work(smiles: str) -> object:
        return judge([_parse(smiles)])

    work("OCCc1ccccc1")
    return work
