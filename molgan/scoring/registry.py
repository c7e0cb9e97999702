"""The scorers by name."""

from functools import cache
from typing import Any

from molgan.scoring.base import Scorer
from molgan.scoring.own import load_own
from molgan.scoring.parameters import unknown
from molgan.scoring.scorers import (
    alerts,
    cns,
    external,
    isomer,
    natural,
    pairs,
    physchem,
    properties,
    reaction,
    similarity,
    substructure,
    synthesis,
)
from molgan.scoring.scorers.docking.docking import Docking

SCORERS: dict[str, type[Scorer]] = {}


def register(scorer: type[Scorer]) -> type[Scorer]:
    """Make a scorer known by its name; usable as a decorator. Raises ValueError when the name is taken."""
    if SCORERS.setdefault(scorer.name, scorer) is not scorer:
        raise ValueError(f"there is a scorer {scorer.name!r} already: {SCORERS[scorer.name].__qualname__}")
    return scorer


def find_scorer(name: str) -> type[Scorer]:
    """The class of a scorer: of molgan's, of another package's entry point in the group `molgan.scorers`, or, by
    `module:name` or `path/to/file.py:name`, of the user's own. Raises ConfigError with the nearest name."""
    if name in SCORERS:
        return SCORERS[name]
    if ":" in name:
        return load_own(name)
    others = _entry_points()
    if name not in others:
        raise unknown("scorer", name, [*SCORERS, *others])
    return load_own(others[name])


def scorer_names() -> list[str]:
    """The names that `find_scorer` knows, a user's own apart."""
    return [*SCORERS, *(name for name in _entry_points() if name not in SCORERS)]


def get_scorer(name: str, **parameters: Any) -> Scorer:
    """A scorer by its name; see `find_scorer`. Raises ConfigError for an unknown name or parameter, with the nearest
    valid one."""
    return find_scorer(name)(**parameters)


# Molgan's own that need a higher layer are plugged in as other packages' are.
_ABOVE = {"qsar": "molgan.models.qsar.qsar_scorer:QSAR"}


@cache
def _entry_points() -> dict[str, str]:
    from importlib.metadata import entry_points  # slow to import, and seldom needed

    return _ABOVE | {point.name: point.value for point in entry_points(group="molgan.scorers")}


register(physchem.QED)
register(synthesis.SA)
register(physchem.LogP)
register(physchem.TPSA)
register(physchem.Weight)
register(physchem.Donors)
register(physchem.Acceptors)
register(physchem.RotatableBonds)
register(physchem.Rings)
register(physchem.HeavyAtoms)
register(physchem.FractionSP3)
for _property in properties.PROPERTIES:
    register(_property)
register(properties.Descriptor)
register(properties.Shape)
register(natural.NPLikeness)
register(cns.CNSMPO)
register(isomer.Isomer)
register(similarity.Similarity)
register(similarity.ApplicabilityDomain)
register(pairs.MatchedPair)
register(substructure.Substructure)
register(substructure.GroupCount)
register(substructure.Core)
register(reaction.Reaction)
register(alerts.PAINS)
register(alerts.BRENK)
register(alerts.CatalogAlerts)
register(substructure.CustomAlerts)
register(Docking)
register(external.Process)
register(external.Rest)
