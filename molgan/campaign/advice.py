"""Finds likely mistakes in the objective and the filters of a campaign, from their results on reference molecules."""

from collections import Counter
from collections.abc import Iterator

import numpy as np

from molgan.config import CampaignConfig
from molgan.filters.funnel import Funnel
from molgan.filters.funnel_result import StageCount
from molgan.filters.stages.diversity import MaxMin
from molgan.filters.stages.score_filters import Best, ScoreThreshold
from molgan.scoring.component import Component
from molgan.scoring.objective import Objective, ScoreTable
from molgan.scoring.transforms import Identity

_NEARLY_ALL = 0.95
_MANY = 0.2
_ENOUGH = 100  # molecules whose values are not equal by chance
_NEXT_TO_NOTHING = 1e-3  # a value that a policy cannot distinguish from 0


def advise(
    config: CampaignConfig, objective: Objective, table: ScoreTable, passing: list[StageCount], funnel: Funnel
) -> list[str]:
    """One line for each setting that would run but cannot give a good result.

    Args:
        config: The campaign.
        objective: Its objective.
        table: The scores of the reference molecules.
        passing: The counts of the filters for the reference molecules.
        funnel: The filters.
    """
    return [
        *(line for component in objective.components for line in _advise_component(component, table)),
        *_advise_total(objective, table),
        *(_name_closed(count) for count in passing if count.entered and not count.kept),
        *_advise_choice(config, funnel, table),
    ]


def _advise_component(component: Component, table: ScoreTable) -> Iterator[str]:
    name, count = component.name, len(table)
    raw, values = table.raw[name], table.transformed[name]
    known = np.isfinite(raw)
    if (failed := 1 - known.mean()) >= _MANY:
        reasons = Counter(error for error, is_known in zip(table.errors, known, strict=True) if error and not is_known)
        often = f", most often: {reasons.most_common(1)[0][0]}" if reasons else ""
        yield f"{name}: no value for {failed:.0%} of {count:,} molecules{often}"
    if not known.any() or component.settings.weight == 0:
        return
    low, high = raw[known].min(), raw[known].max()
    spread = f"its raw values are {low:.4g} to {high:.4g}"
    if isinstance(component.transform, Identity) and (low < 0 or high > 1):
        yield f"{name}: {spread}, and without a transform they are cut off at 0 and 1: give it a transform"
        return
    values = values[known]
    nothing = float((values < _NEXT_TO_NOTHING).mean())
    if nothing >= _NEARLY_ALL:
        mend = "move its transform's limits" if not component.scorer.boolean else "drop it, or make it a filter"
        yield f"{name} is 0 for {nothing:.0%} of {count:,} molecules: {spread}; {mend}"
    elif len(values) >= _ENOUGH and not component.scorer.boolean and np.ptp(values) < _NEXT_TO_NOTHING:
        yield f"{name} is {values[0]:.3g} for all of {count:,} molecules, so that it tells none apart: {spread}"


def _advise_total(objective: Objective, table: ScoreTable) -> Iterator[str]:
    known = np.isfinite(table.total)
    nothing = float((table.total[known] < _NEXT_TO_NOTHING).mean()) if known.any() else 0.0
    if nothing >= _NEARLY_ALL and objective.settings.aggregation in ("geometric_mean", "product"):
        zeros = {
            part.name: float((table.transformed[part.name][known] < _NEXT_TO_NOTHING).mean())
            for part in objective.components
            if part.settings.weight > 0
        }
        worst = ", ".join(f"{name} {share:.0%}" for name, share in sorted(zeros.items(), key=lambda x: -x[1])[:3])
        yield (
            f"the score is 0 for {nothing:.0%} of {len(table):,} molecules, since one component that is 0 makes it 0 "
            f"({worst}): a search has next to nothing to go by"
        )


def _name_closed(count: StageCount) -> str:
    reasons = ", ".join(f"{reason} {number:,}" for reason, number in count.reasons.most_common(3))
    return f"filter {count.stage!r} keeps none of the {count.entered:,} molecules that reach it: {reasons}"


def _advise_choice(config: CampaignConfig, funnel: Funnel, table: ScoreTable) -> Iterator[str]:
    """Advice on filters that choose a number of molecules, whatever their score."""
    nothing = float((np.nan_to_num(table.total) < _NEXT_TO_NOTHING).mean())
    drawn = config.sample.n or config.sample.budget
    for stage in funnel.stages:
        chosen = stage.filter
        if isinstance(chosen, ScoreThreshold) and chosen.column == "score" and (chosen.parameters.min or 0) > 0:
            return
        if isinstance(chosen, MaxMin) and nothing:
            yield (
                f"filter {stage.name!r} chooses molecules that differ, whatever their score, and {nothing:.0%} of "
                f"{len(table):,} score 0: put {{filter: score, min: …}} before it"
            )
        elif isinstance(chosen, Best) and config.optimize is None and (1 - nothing) * drawn < chosen.parameters.n:
            yield (
                f"filter {stage.name!r} keeps {chosen.parameters.n:,} molecules, and of {drawn:,} about "
                f"{(1 - nothing) * drawn:,.0f} score above 0: put {{filter: score, min: …}} before it"
            )
