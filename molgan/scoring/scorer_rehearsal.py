"""Scoring as `molgan.chem.guarded` tries it."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from molgan.chem.molecule import parse
from molgan.scoring.base import Scores
from molgan.scoring.registry import get_scorer

_parse = lru_cache(maxsize=8)(parse)  # for one scorer after the other


def prepare_scoring(setup: tuple[str, dict[str, Any]]) -> Callable[[str], Scores]:
    """What scores one SMILES by the scorer of that name with those parameters, which has loaded what it needs."""
    name, parameters = setup
    scorer = get_scorer(name, **parameters)
    scorer(["OCCc1ccccc1"])
    return lambda smiles: scorer([_parse(smiles)])
