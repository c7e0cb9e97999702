"""Reads configurations from YAML files with overrides, checks them, and writes them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from pydantic import ValidationError

from molgan.base.errors import ConfigError
from molgan.base.yaml import GivenValues, YamlFile, write_yaml
from molgan.config.campaign_config import CampaignConfig
from molgan.config.faults import describe_faults
from molgan.config.one_shot_config import OneShotConfig
from molgan.config.smoke import list_smoke_overrides
from molgan.config.training_config import TrainingConfig

Source: TypeAlias = str | Path | Mapping[str, Any]
Training: TypeAlias = TrainingConfig | OneShotConfig
Job: TypeAlias = type[CampaignConfig] | type[TrainingConfig] | type[OneShotConfig]


def load_config(path: Source, overrides: Sequence[str] = (), *, smoke: bool = False) -> CampaignConfig:
    """A campaign from YAML, with each override "section.key=value" put in; `smoke` makes it a miniature. A mapping
    stands for what a file would hold; its `name` is "campaign" by default.

    Paths are relative to the file when they exist there, else to the working folder. Raises ConfigError, a line for
    each fault with file, line and advice: unknown keys and names with the nearest valid one, wrong types and ranges,
    missing files, SMILES and SMARTS that cannot be read.
    """
    config = load(path, overrides, smoke=smoke)
    if not isinstance(config, CampaignConfig):
        raise ConfigError(f"{_name(path)}: this file trains a generator; give it to `molgan train`")
    return config


def load_training(path: Source, overrides: Sequence[str] = (), *, smoke: bool = False) -> Training:
    """The training of a generator from YAML; as `load_config`."""
    config = load(path, overrides, smoke=smoke)
    if isinstance(config, CampaignConfig):
        raise ConfigError(
            f"{_name(path)}: no section `pretrain`, `distil`, `rejection` or `oneshot`, so this is a campaign; "
            "give it to `molgan run`"
        )
    return config


def load(path: Source, overrides: Sequence[str] = (), *, smoke: bool = False) -> CampaignConfig | Training:
    """A training when the file has a section that only those have, else a campaign; as `load_config`."""
    source = _read(path, overrides)
    if smoke:
        job = job_of(source.values)
        source = _read(path, [*list_smoke_overrides(job, source.values, source.path.stem), *overrides])
    return _validate(job_of(source.values), source)


def job_of(sections: Mapping[str, object]) -> Job:
    """The class of a configuration with these sections."""
    if "oneshot" in sections:
        return OneShotConfig
    if {"pretrain", "distil", "rejection"} & sections.keys():
        return TrainingConfig
    return CampaignConfig


def write_config(config: CampaignConfig | Training, path: Path) -> None:
    """Write every value, defaults and resolved paths included, as YAML that loads as the same configuration."""
    write_yaml(config.model_dump(mode="json"), path)


def _read(path: Source, overrides: Sequence[str]) -> YamlFile:
    return GivenValues(path, _name(path), overrides) if isinstance(path, Mapping) else YamlFile(Path(path), overrides)


def _name(path: Source) -> str:
    return "campaign" if isinstance(path, Mapping) else str(path)


def _validate(job: Job, source: YamlFile) -> CampaignConfig | Training:
    try:
        return job.model_validate({"name": source.path.stem, **source.values}, context={"folder": source.path.parent})
    except ValidationError as error:
        raise ConfigError(describe_faults(job, error.errors(), source)) from None
