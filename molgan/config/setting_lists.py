"""Lists the settings of configurations as rows of a table."""

from dataclasses import replace
from difflib import get_close_matches

from molgan.base.errors import ConfigError
from molgan.base.field_text import FieldText, describe_fields
from molgan.base.settings import Settings
from molgan.config.campaign_config import CampaignConfig
from molgan.config.job import JobConfig
from molgan.config.one_shot_config import OneShotConfig
from molgan.config.training_config import TrainingConfig
from molgan.config.translation_config import TranslationConfig
from molgan.filters.registry import FILTERS
from molgan.scoring.parameters import make_name_error
from molgan.scoring.registry import find_scorer, scorer_names
from molgan.scoring.transforms import TRANSFORMS

JOBS: tuple[type[JobConfig], ...] = (CampaignConfig, TrainingConfig, TranslationConfig, OneShotConfig)


def list_settings() -> list[FieldText]:
    """Every key of campaigns, then the keys of trainings that are new or different."""
    return list(dict.fromkeys(row for job in JOBS for row in list_job_settings(job)))


def list_job_settings(job: type[Settings]) -> list[FieldText]:
    """Every key of a kind of job, or of a sweep."""
    # The loader fills in the name.
    return [replace(row, default="the file's") if row.key == "name" else row for row in describe_fields(job)]


def find_settings(name: str) -> list[FieldText]:
    """The keys of a section such as `reinforce` or `reinforce.collapse`, one key, or the parameters of a scorer, filter
    or transform. Raises ConfigError with the nearest name."""
    rows = list_settings()
    found = [row for row in rows if f"{row.key}.".startswith(f"{name}.")]
    owners = _parameter_owners(name)
    if not found and not owners:
        known = [*(row.key for row in rows), *scorer_names(), *FILTERS, *TRANSFORMS]
        near = get_close_matches(name, known, n=1)
        raise make_name_error("section", name, near or {row.key for row in rows if "." not in row.key})
    return [*found, *(row for owner in owners for row in describe_fields(owner, f"{name}."))]


def _parameter_owners(name: str) -> list[type[Settings]]:
    owners: list[type[Settings]] = []
    try:
        owners.append(find_scorer(name).Parameters)
    except ConfigError:
        if ":" in name:
            raise
    if name in FILTERS:
        owners.append(FILTERS[name].Parameters)
    if name in TRANSFORMS:
        owners.append(TRANSFORMS[name])
    return owners
