"""Find a scorer by its name or its place."""

from functools import cache
from typing import Any

from molgan.base.errors import ConfigError
from molgan.scoring.base import SCORERS, Scorer
from molgan.scoring.foreign_code import is_foreign, running_installed
from molgan.scoring.own import load_own
from molgan.scoring.parameters import make_name_error

# Scorers that need a higher layer are found by their place, as those of other packages are.
_ADMET = {
    "herg": "HERG",
    "ames": "Ames",
    "bbb": "BBB",
    "logd": "LogD",
    "solubility": "Solubility",
    "clearance": "Clearance",
    "cyp3a4": "CYP3A4",
    "ppb": "PPB",
}
_ABOVE = {
    "qsar": "molgan.models.qsar.qsar_scorer:QSAR",
    "realism": "molgan.models.realism.realism_scorer:RealismScorer",
} | {name: f"molgan.models.qsar.admet:{kind}" for name, kind in _ADMET.items()}


def find_scorer(name: str) -> type[Scorer]:
    """The class of a scorer: of molgan's, of another package's entry point in the group `molgan.scorers`, or, by
    `module:name` or `path/to/file.py:name`, of the user's own. Raises ConfigError with the nearest name."""
    if name in SCORERS:
        return SCORERS[name]
    if ":" in name:
        return load_own(name)
    others = _entry_points()
    if name not in others:
        raise make_name_error("scorer", name, [*SCORERS, *others])
    with running_installed():
        return load_own(others[name])


def scorer_names() -> list[str]:
    """The names that `find_scorer` knows, without a user's own scorers."""
    return [*SCORERS, *(name for name in _entry_points() if name not in SCORERS)]


def get_scorer(name: str, **parameters: Any) -> Scorer:
    """A scorer by its name; see `find_scorer`. Raises ConfigError for an unknown name or parameter, with the nearest
    valid one."""
    return find_scorer(name)(**parameters)


def get_named_scorer(name: str) -> Scorer:
    """As `get_scorer`, for the names that files of weights hold: they shall import nothing. Raises ConfigError for a
    place, too."""
    if is_foreign(name):
        raise ConfigError(f"scorer {name!r}: weights keep names alone; take a scorer that has one")
    return get_scorer(name)


@cache
def _entry_points() -> dict[str, str]:
    from importlib.metadata import entry_points  # slow to import, and seldom needed

    return _ABOVE | {point.name: point.value for point in entry_points(group="molgan.scorers")}
