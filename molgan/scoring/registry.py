"""The scorers by name."""

from typing import Any

from molgan.scoring import (
    alerts,
    cns,
    isomer,
    natural,
    physchem,
    properties,
    reaction,
    similarity,
    substructure,
    synthesis,
)
from molgan.scoring.base import Scorer
from molgan.scoring.docking.scorer import Docking
from molgan.scoring.parameters import unknown

SCORERS: dict[str, type[Scorer]] = {}


def register(scorer: type[Scorer]) -> type[Scorer]:
    """Make a scorer known by its name; usable as a decorator. Raises ValueError when the name is taken."""
    if SCORERS.setdefault(scorer.name, scorer) is not scorer:
        raise ValueError(f"there is a scorer {scorer.name!r} already: {SCORERS[scorer.name].__qualname__}")
    return scorer


def get_scorer(name: str, **parameters: Any) -> Scorer:
    """A scorer by its name. Raises ConfigError for an unknown name or parameter, with the nearest valid one."""
    if name not in SCORERS:
        raise unknown("scorer", name, SCORERS)
    return SCORERS[name](**parameters)


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
register(substructure.Substructure)
register(substructure.GroupCount)
register(substructure.Core)
register(reaction.Reaction)
register(alerts.PAINS)
register(alerts.BRENK)
register(alerts.CatalogAlerts)
register(substructure.CustomAlerts)
register(Docking)
