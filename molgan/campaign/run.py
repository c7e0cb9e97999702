"""A campaign from its first stage to its last; see the stages for what each one does."""

import hashlib
import shutil
from datetime import UTC, datetime
from pathlib import Path

from molgan.base.content import content_of
from molgan.base.errors import ConfigError
from molgan.base.progress import Progress, Silent
from molgan.campaign.reporter import METRICS_OF
from molgan.campaign.result import CampaignResult
from molgan.campaign.run_folder.folder import opened
from molgan.campaign.run_folder.mirror import mirrored
from molgan.campaign.stages.choosing import library
from molgan.campaign.stages.designing import CALLS, optimize
from molgan.campaign.stages.refining import adversarial, reinforce
from molgan.campaign.stages.reporting import reference, report
from molgan.campaign.stages.stage import Stage
from molgan.campaign.work import Work, at_work
from molgan.config import CampaignConfig, write_config


def run(config: CampaignConfig, *, progress: Progress | None = None) -> CampaignResult:
    """Run a campaign in `config.folder`, or go on with it where it stopped.

    A stage that is done is skipped; the first whose settings or inputs have changed runs again, and so do all that take
    its results. Whatever moment it is killed at, the same configuration ends with the same library, byte for byte, on
    the same machine. Raises RunError when another process works in the folder or it cannot be written.
    """
    started = datetime.now(UTC)
    progress = progress or Silent()
    _check_target(config)
    with (
        opened(config.folder) as folder,
        mirrored(folder, config.storage) as keep,
        at_work(config, folder, keep, progress) as work,
    ):
        _write_config(config, folder)
        stages = _stages(work, started)
    counts = next(stage.record["counts"] for stage in stages if stage.name == "library")
    return CampaignResult(
        folder=folder,
        library=counts["library"],
        drawn=counts["drawn"],
        target=config.sample.target,
        starved_by=counts["starved_by"],
        seconds={stage.name: stage.seconds for stage in stages},
    )


def _stages(work: Work, started: datetime) -> list[Stage]:
    """The stages, all done. They hand files to each other, so that it does not matter which were skipped."""
    config = work.config
    weights: str | Path = config.generator.weights
    start = _hash_of(weights)
    data = {"data.column": config.data.column, "content of data.train": content_of(config.data.train)}
    inputs = {"seed": config.seed, "content of generator.weights": start, **data}
    critic: Path | None = None
    trained: Stage | None = None
    finished: list[Stage] = []
    _remove_others(work)
    if config.adversarial is not None:
        trained = adversarial(work, config.adversarial, weights, inputs)
        weights, critic = trained.folder / "generator", trained.folder / "critic"
        finished.append(trained)
        work.keep()
    if config.reinforce is not None:
        trained = reinforce(work, config.reinforce, weights, critic, trained, inputs)
        weights = trained.folder / "generator"
        finished.append(trained)
        work.keep()
    calls: Path | None = None
    if config.optimize is not None:
        trained = optimize(work, config.optimize, weights, trained, inputs)
        weights, calls = trained.folder / "generator", trained.folder / CALLS
        finished.append(trained)
        work.keep()
    finished.append(library(work, weights, critic, trained, inputs, calls))
    work.keep()
    finished.append(reference(work, data))
    finished.append(report(work, finished, start, started))
    return finished


def _remove_others(work: Work) -> None:
    """Remove what is left of stages that the configuration no longer has."""
    for name, metrics in METRICS_OF.items():
        folder = work.folder / "checkpoints" / name
        if getattr(work.config, name) is None and folder.exists():
            work.progress.message(f"{name}: no longer part of this campaign, its checkpoints are deleted")
            work.metrics.forget(metrics)
            shutil.rmtree(folder)


def _check_target(config: CampaignConfig) -> None:
    for stage in config.filters.stages:
        most, target = stage.parameters.get("n"), config.sample.target
        if target is not None and isinstance(most, int) and most < target:
            raise ConfigError(
                f"filters: {stage.name!r} keeps {most:,} molecules at most, fewer than sample.target {target:,}; "
                "raise the one or lower the other"
            )


def _hash_of(weights: str | Path) -> str:
    """Tells generators apart by what is in them, wherever their files are."""
    from molgan.models.loading import load_generator

    generator = load_generator(weights)
    digest = hashlib.sha256(generator.identity.encode())
    for name, tensor in generator.state_dict().items():
        digest.update(name.encode() + tensor.numpy().tobytes())
    return digest.hexdigest()


def _write_config(config: CampaignConfig, folder: Path) -> None:
    beside = folder / ".config.yaml.part"
    write_config(config, beside)
    beside.replace(folder / "config.yaml")
