"""The filters by name."""

from dataclasses import dataclass
from typing import Any

from molgan.filters import (
    alert_filters as alerts,
)
from molgan.filters import (
    catalog_filters as catalogs,
)
from molgan.filters import (
    diversity,
    novelty,
    rings,
    rules,
    structure,
)
from molgan.filters import (
    open_stereo as stereo,
)
from molgan.filters import (
    score_filters as score,
)
from molgan.filters.filter import Filter
from molgan.scoring.parameters import unknown

FILTERS: dict[str, type[Filter]] = {}


@dataclass(frozen=True, slots=True)
class Description:
    """What a list of filters shows. `parameters`: name → default, `...` where a value is required."""

    name: str
    summary: str
    whole: bool
    parameters: dict[str, Any]


def register(filter_: type[Filter]) -> type[Filter]:
    """Make a filter known by its name; usable as a decorator. Raises ValueError when the name is taken."""
    if FILTERS.setdefault(filter_.name, filter_) is not filter_:
        raise ValueError(f"there is a filter {filter_.name!r} already: {FILTERS[filter_.name].__qualname__}")
    return filter_


def get_filter(name: str, **parameters: Any) -> Filter:
    """A filter by its name. Raises ConfigError for an unknown name or parameter, with the nearest valid one."""
    if name not in FILTERS:
        raise unknown("filter", name, FILTERS)
    return FILTERS[name](**parameters)


def describe() -> list[Description]:
    """Every filter, in the order of registration."""
    return [
        Description(
            name,
            filter_.summary,
            filter_.whole,
            {
                parameter: ... if field.is_required() else field.get_default(call_default_factory=True)
                for parameter, field in filter_.Parameters.model_fields.items()
            },
        )
        for name, filter_ in FILTERS.items()
    ]


register(structure.Valid)
register(structure.Distinct)
register(structure.Connected)
register(structure.Size)
register(structure.Elements)
register(structure.Ordinary)
register(stereo.DefinedStereo)
register(novelty.Novel)
register(novelty.Unlike)
register(rings.KnownRings)
register(rules.Lipinski)
register(rules.Veber)
register(rules.Egan)
register(rules.Ghose)
register(rules.Muegge)
register(rules.LeadLike)
register(rules.RuleOfThree)
register(rules.BeyondRuleOfFive)
register(rules.Properties)
register(alerts.PAINSFilter)
register(alerts.BRENKFilter)
register(catalogs.CatalogFilter)
register(catalogs.NIBR)
register(alerts.Substructures)
register(score.ScoreThreshold)
register(score.Realism)
register(score.Best)
register(diversity.ScaffoldCap)
register(diversity.SphereExclusion)
register(diversity.MaxMin)
register(diversity.Clusters)
