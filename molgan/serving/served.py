"""What a configuration offers to the clients of a server."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from molgan.base.errors import ConfigError
from molgan.base.yaml import YamlFile
from molgan.chem.settings import StandardizeSettings
from molgan.config import CampaignConfig, load_config
from molgan.filters.settings import FunnelSettings
from molgan.models.settings import GeneratorSettings
from molgan.scoring.foreign_code import ForeignCode
from molgan.scoring.settings import ObjectiveSettings, load_objective


@dataclass(frozen=True)
class Served:
    """The objective; and of a campaign its filters, its standard form, its generator, and whether what the filter
    `misuse` rejects is drawn anew. `notes` say what a run would do and a server does not."""

    objective: ObjectiveSettings
    filters: FunnelSettings | None = None
    standardize: StandardizeSettings | None = None
    generator: GeneratorSettings | None = None
    misuse: bool = True
    notes: Sequence[str] = ()

    @classmethod
    def of(cls, config: CampaignConfig) -> "Served":
        """Raises ConfigError where no filter is left that does not read what only a run has."""
        filters, skipped = config.drop_critic()
        notes = [f"filter {name!r} is skipped: only a run has a critic" for name in skipped]
        if is_relative := config.objective.aggregation == "pareto":
            notes.append("no /filter, since a Pareto rank compares all molecules; /score ranks those of a request")
        if config.stereo is not None:
            notes.append("stereo: only a run enumerates isomers; molecules are scored and filtered as they are")
        return cls(
            config.objective,
            None if is_relative else filters,
            config.standardize,
            config.generator,
            config.misuse,
            tuple(notes),
        )


def load_served(
    path: Path,
    overrides: Sequence[str] = (),
    *,
    on_foreign: Callable[[Sequence[ForeignCode]], None] = lambda found: None,
) -> Served:
    """What a campaign offers, or a file with an objective alone, which scores and does no more.

    `on_foreign` gets what it runs and calls, before any of it is imported. Raises ConfigError, a line for each fault.
    """
    sections = YamlFile(path).values
    if "data" in sections or "filters" in sections:
        return Served.of(load_config(path, overrides, on_foreign=on_foreign))
    if overrides:
        raise ConfigError(f"{path}: a file with an objective alone takes no key=value; edit the file")
    return Served(load_objective(path, on_foreign))
