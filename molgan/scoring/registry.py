"""The scorers by name: those of `molgan.scoring.scorers`, of higher layers, of other packages and of users."""

import molgan.scoring.scorers  # noqa: F401  each is registered where it is defined
from molgan.scoring.base import SCORERS, register
from molgan.scoring.lookup import find_scorer, get_named_scorer, get_scorer, scorer_names

__all__ = ["SCORERS", "find_scorer", "get_named_scorer", "get_scorer", "register", "scorer_names"]
