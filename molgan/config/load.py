"""Reads configurations from YAML files with overrides, checks them, and writes them."""

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any, TypeAlias

from pydantic import ValidationError

from molgan.base.errors import ConfigError
from molgan.base.remote_files import restore_urls
from molgan.base.yaml import GivenValues, YamlFile, write_yaml
from molgan.config.campaign_config import CampaignConfig
from molgan.config.faults import describe_faults
from molgan.config.one_shot_config import OneShotConfig
from molgan.config.smoke import list_smoke_overrides
from molgan.config.training_config import TrainingConfig
from molgan.config.translation_config import TranslationConfig
from molgan.scoring.foreign_code import ForeignCode, find_foreign, without_running

Source: TypeAlias = str | Path | Mapping[str, Any]
Training: TypeAlias = TrainingConfig | TranslationConfig | OneShotConfig
OnForeign: TypeAlias = Callable[[Sequence[ForeignCode]], None]
Job: TypeAlias = type[CampaignConfig] | type[TrainingConfig] | type[TranslationConfig] | type[OneShotConfig]


def load_config(
    path: Source, overrides: Sequence[str] = (), *, smoke: bool = False, on_foreign: OnForeign = lambda found: None
) -> CampaignConfig:
    """A campaign from YAML, with each override "section.key=value" put in; `smoke` makes it a miniature. A mapping
    stands for what a file would hold; its `name` is "campaign" by default. `on_foreign` gets what the campaign runs
    and calls, before any of it is imported; it is not called where that is nothing.

    Paths are relative to the file when they exist there, else to the working folder. Raises ConfigError, a line for
    each fault with file, line and advice: unknown keys and names with the nearest valid one, wrong types and ranges,
    missing files, SMILES and SMARTS that cannot be read.
    """
    config = load(path, overrides, smoke=smoke, on_foreign=on_foreign)
    if not isinstance(config, CampaignConfig):
        raise ConfigError(f"{_name(path)}: this file trains a generator; give it to `molgan train`")
    return config


def load_training(
    path: Source, overrides: Sequence[str] = (), *, smoke: bool = False, on_foreign: OnForeign = lambda found: None
) -> Training:
    """The training of a generator from YAML; as `load_config`."""
    config = load(path, overrides, smoke=smoke, on_foreign=on_foreign)
    if isinstance(config, CampaignConfig):
        raise ConfigError(
            f"{_name(path)}: no section `pretrain`, `distil`, `rejection`, `analogues`, `adapt`, `translate` or "
            "`oneshot`, so this is a campaign; give it to `molgan run`"
        )
    return config


def load(
    path: Source,
    overrides: Sequence[str] = (),
    *,
    smoke: bool = False,
    trust: bool = True,
    on_foreign: OnForeign = lambda found: None,
) -> CampaignConfig | Training:
    """A training when the file has a section that only those have, else a campaign; as `load_config`.

    Without `trust` nothing that the configuration names is imported: stand-ins take the places of a user's own scorers,
    whose parameters are then not checked.
    """
    source = _read(path, overrides)
    if {"campaign", "keys"} & source.values.keys():
        raise ConfigError(f"{_name(path)}: this file sweeps keys of a campaign; give it to `molgan sweep`")
    if smoke:
        job = job_of(source.values)
        source = _read(path, [*list_smoke_overrides(job, source.values, source.path.stem), *overrides])
    if found := _find_foreign(source):
        on_foreign(found)
    with nullcontext() if trust else without_running():
        return _validate(job_of(source.values), source)


def _find_foreign(source: YamlFile) -> list[ForeignCode]:
    """What a configuration runs and calls. A Ray cluster counts, too: what its processes send is unpickled here."""
    compute = source.values.get("compute")
    address = compute.get("address") if isinstance(compute, Mapping) else None
    cluster = [ForeignCode(f"Ray cluster {address!s:.200}", elsewhere=True)] if address else []
    return [*find_foreign(source.values, source.path.parent), *cluster, *_find_trackers(source.values.get("tracking"))]


def _find_trackers(section: object) -> list[ForeignCode]:
    """The servers that get figures and settings, which may hold molecules of the user's."""
    section = section if isinstance(section, Mapping) else {}
    mlflow, wandb = section.get("mlflow"), section.get("wandb")
    found = []
    if isinstance(mlflow, Mapping):
        uri = str(mlflow.get("uri") or os.environ.get("MLFLOW_TRACKING_URI") or "")
        if "://" in uri and not uri.startswith("file://"):
            place = uri.partition("?")[0].rpartition("@")[2]
            found.append(ForeignCode(f"MLflow at {place:.200} (settings)", elsewhere=True))
    if isinstance(wandb, Mapping) and wandb.get("mode") == "online":
        found.append(ForeignCode("Weights & Biases (settings)", elsewhere=True))
    return found


def job_of(sections: Mapping[str, object]) -> Job:
    """The class of a configuration with these sections."""
    if "oneshot" in sections:
        return OneShotConfig
    if "translate" in sections:
        return TranslationConfig
    if {"pretrain", "distil", "rejection", "analogues", "adapt"} & sections.keys():
        return TrainingConfig
    return CampaignConfig


def write_config(config: CampaignConfig | Training, path: Path) -> None:
    """Write every value, defaults and resolved paths included, as YAML that loads as the same configuration."""
    write_yaml(restore_urls(config.model_dump(mode="json")), path)


def _read(path: Source, overrides: Sequence[str]) -> YamlFile:
    return GivenValues(path, _name(path), overrides) if isinstance(path, Mapping) else YamlFile(Path(path), overrides)


def _name(path: Source) -> str:
    return "campaign" if isinstance(path, Mapping) else str(path)


def _validate(job: Job, source: YamlFile) -> CampaignConfig | Training:
    try:
        return job.model_validate({"name": source.path.stem, **source.values}, context={"folder": source.path.parent})
    except ValidationError as error:
        raise ConfigError(describe_faults(job, error.errors(), source)) from None
