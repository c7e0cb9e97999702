"""Reads a sweep: its settings, and the configuration of each of its trials, all checked before any work."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from molgan.base.content import flatten
from molgan.base.errors import ConfigError
from molgan.base.nearest import suggest
from molgan.base.yaml import YamlFile
from molgan.config.campaign_config import CampaignConfig
from molgan.config.draw_values import draw_values, list_ends
from molgan.config.faults import describe_faults
from molgan.config.load import OnForeign, load_config
from molgan.config.sweep_config import SweepConfig
from molgan.scoring.foreign_code import ForeignCode


@dataclass(frozen=True)
class Trial:
    """One campaign of a sweep. `number`: from 1. `values`: those of the swept keys. `overrides`: what makes `config` of
    the campaign's file."""

    number: int
    values: dict[str, Any]
    overrides: list[str]
    config: CampaignConfig

    @property
    def name(self) -> str:
        """The name of its run folder in the folder of the sweep."""
        return name_trial(self.number)


@dataclass(frozen=True)
class Sweep:
    """A sweep with all of its trials. `path`: its file. `smoke`: whether they are miniatures."""

    path: Path
    settings: SweepConfig
    trials: list[Trial]
    smoke: bool


def name_trial(number: int) -> str:
    return f"trial_{number:04}"


def load_sweep(
    path: Path, overrides: Sequence[str] = (), *, smoke: bool = False, on_foreign: OnForeign = lambda found: None
) -> Sweep:
    """A sweep from YAML, with overrides of its own keys put in; `smoke` makes two miniatures of it.

    Every value of a list, the ends of a range and each combination that is drawn are checked as a campaign is. Raises
    ConfigError, a line for each fault: a key that the campaign does not have, values and combinations that it refuses.
    """
    source = YamlFile(path, overrides)
    if smoke:
        small = [*(f"{key}={value}" for key, value in SweepConfig.miniature.items()), *_rename(source, path)]
        source = YamlFile(path, [*small, *overrides])
    settings = _validate(source)
    report = _report_once(on_foreign)
    if settings.address:
        report([ForeignCode(f"Ray cluster {settings.address:.200}", elsewhere=True)])
    base = load_config(settings.campaign, smoke=smoke, on_foreign=report)
    faults = [
        f"{source.place(('keys', key))}: {fault}"
        for key, spread in settings.keys.items()
        for fault in _find_faults(settings, base, key, list_ends(spread), smoke, report)
    ]
    _raise_all(faults)
    trials = []
    for number, values in enumerate(_draw(settings, path), start=1):
        try:
            trials.append(_make_trial(settings, base, number, values, smoke, report))
        except ConfigError as error:
            faults += [f"{path}: {name_trial(number)}: {line}" for line in str(error).splitlines()]
    _raise_all(faults)
    return Sweep(path, settings, trials, smoke)


def _rename(source: YamlFile, path: Path) -> Iterator[str]:
    yield f"name={source.values.get('name', path.stem)}-smoke"
    if source.values.get("out") is not None:
        yield f"out={source.values['out']}-smoke"


def _validate(source: YamlFile) -> SweepConfig:
    if not {"campaign", "keys"} & source.values.keys():
        raise ConfigError(f"{source.path}: no `campaign` and no `keys`, so this is no sweep; give it to `molgan run`")
    try:
        values = {"name": source.path.stem, **source.values}
        return SweepConfig.model_validate(values, context={"folder": source.path.parent})
    except ValidationError as error:
        raise ConfigError(describe_faults(SweepConfig, error.errors(), source)) from None


def _find_faults(
    settings: SweepConfig, base: CampaignConfig, key: str, values: Sequence[Any], smoke: bool, report: OnForeign
) -> Iterator[str]:
    """What is wrong with a key or a value of it, each fault once."""
    if fault := _find_fault_of_key(base, key, settings.campaign):
        yield fault
        return
    told = set[str]()
    for value in values:
        override = _write_override(key, value)
        try:
            load_config(settings.campaign, [override], smoke=smoke, on_foreign=report)
        except ConfigError as error:
            for line in str(error).splitlines():
                if (fault := line.removeprefix(f"argument {override!r}: ")) not in told:
                    yield fault
                told.add(fault)


def _find_fault_of_key(base: CampaignConfig, key: str, path: Path) -> str | None:
    """What is wrong with the place of a key; None where it has one, or where only a validation can tell."""
    place: Any = base.model_dump(mode="json")
    names = list(flatten(place))
    *sections, _ = key.split(".")
    for end, part in enumerate(sections, start=1):
        if isinstance(place, list) and part.isdecimal() and int(part) < len(place):
            place = place[int(part)]
        elif isinstance(place, dict) and part in place:
            place = place[part]
        elif isinstance(place, list) or end == 1:
            near = suggest(key, names)
            return f"{path} has no key {key!r}, {near if near.startswith('did') else suggest(part, list(dict(base)))}"
        else:
            return None
        if place is None:
            section = ".".join(sections[:end])
            return f"{path} leaves out the section {section!r}, so that {key!r} would add it; write it there"
    return None


def _draw(settings: SweepConfig, path: Path) -> list[dict[str, Any]]:
    try:
        return draw_values(settings)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None


def _make_trial(
    settings: SweepConfig, base: CampaignConfig, number: int, values: dict[str, Any], smoke: bool, report: OnForeign
) -> Trial:
    own = {"name": f"{base.name}-{number:04}", "out": str((settings.folder / name_trial(number)).absolute())}
    overrides = [_write_override(key, value) for key, value in {**values, **own}.items()]
    config = load_config(settings.campaign, overrides, smoke=smoke, on_foreign=report)
    if config.compute.workers:
        raise ConfigError("compute.workers: a trial works in one process beside the others; set it to 0")
    if config.compute.device == "cuda" and not settings.gpus:
        raise ConfigError("compute.device: a trial sees no GPU, since `gpus` of the sweep is 0; raise it")
    return Trial(number, values, overrides, config)


def _write_override(key: str, value: Any) -> str:
    return f"{key}={json.dumps(value)}"


def _report_once(on_foreign: OnForeign) -> OnForeign:
    """What passes on only what it has not passed on before: all trials run and ask nearly the same."""
    known = set[str]()

    def report(found: Sequence[ForeignCode]) -> None:
        new = [each for each in found if each.text not in known]
        known.update(each.text for each in new)
        if new:
            on_foreign(new)

    return report


def _raise_all(faults: Sequence[str]) -> None:
    if faults:
        raise ConfigError("\n".join(faults))
