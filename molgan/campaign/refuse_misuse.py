"""Refuse a campaign that aims at what the filter `misuse` rejects, before any work."""

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

import numpy as np

from molgan.base.errors import ConfigError
from molgan.campaign.stages.optimize_stage import read_start
from molgan.chem.misuse.screen import find_misuse
from molgan.chem.molecule import parse
from molgan.chem.reading import read_smiles
from molgan.config import CampaignConfig
from molgan.scoring.settings import ComponentSettings, ObjectiveSettings

_MOLECULES = ("smiles", "core", "smarts")  # parameters of scorers that are molecules or may be read as such
_FILES = ("training",)
_MEND = "take it out, or switch the filter off by `misuse: false` (docs/responsible_use.md)"


def refuse_misuse(config: CampaignConfig) -> None:
    """Raises ConfigError, a line for each fault, where a component rewards similarity to a molecule that the filter
    `misuse` rejects, or a design starts from one; never where the filter is off."""
    if config.misuse_lists and (faults := list(_list_faults(config, config.misuse_lists))):
        raise ConfigError("\n".join(faults))


def _list_faults(config: CampaignConfig, lists: Collection[str]) -> Iterator[str]:
    yield from _judge_objective(config.objective, "objective", lists)
    design = config.optimize
    if design is None:
        return
    for number, stage in enumerate(design.curriculum, 1):
        yield from _judge_objective(stage.objective, f"optimize.curriculum {number}", lists)
    lead = [] if design.analogues is None else [design.analogues.of]
    core = [] if design.core is None else [design.core]
    for place, given in (("start", read_start(config)), ("analogues.of", lead), ("core", core)):
        if found := _find(given, lists):
            yield f"optimize.{place}: molecule {found[0]}, which the filter 'misuse' rejects ({found[1]}); {_MEND}"


def _judge_objective(objective: ObjectiveSettings, place: str, lists: Collection[str]) -> Iterator[str]:
    for component in objective.components:
        counts = component.weight > 0 or component.veto
        if counts and _rewards_more(component) and (found := _find(_list_molecules(component), lists)):
            yield (
                f"{place}: {component.name} rewards similarity to molecule {found[0]} of its parameters, which the "
                f"filter 'misuse' rejects ({found[1]}); {_MEND}"
            )


def _list_molecules(component: ComponentSettings) -> Iterator[str]:
    """The molecules of the scorer's parameters, as text; SMARTS as they are, of which many are SMILES."""
    parameters = component.build_scorer().parameters.model_dump()
    for name in _MOLECULES:
        given = parameters.get(name) or []
        yield from [given] if isinstance(given, str) else given.values() if isinstance(given, dict) else given
    for name in _FILES:
        if isinstance(path := parameters.get(name), Path):
            yield from (record.smiles for record in read_smiles(path, column=parameters.get("column")))


def _rewards_more(component: ComponentSettings) -> bool:
    """Whether any similarity is worth more than none: what falls from 0 on keeps away from the molecules."""
    values = component.build_transform(component.build_scorer())(np.linspace(0, 1, 101))
    return bool(np.nanmax(values) > values[0])


def _find(given: Iterable[str], lists: Collection[str]) -> tuple[int, str] | None:
    """The number of the first molecule that is rejected, from 1, and the reason."""
    reasons = ((number, find_misuse(parse(text), lists)) for number, text in enumerate(given, 1))
    return next(((number, reason) for number, reason in reasons if reason is not None), None)
