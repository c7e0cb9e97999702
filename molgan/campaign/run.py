"""Run a campaign from its first stage to its last; the classes of the stages say what each one does."""

import shutil

from molgan.base.errors import ConfigError
from molgan.base.progress import Progress, Silent
from molgan.campaign.pipeline import PIPELINES, run_stages
from molgan.campaign.refuse_misuse import refuse_misuse
from molgan.campaign.result import CampaignResult
from molgan.campaign.stages.library_stage import Library
from molgan.campaign.stages.optimize_stage import read_start
from molgan.campaign.stages.reinforce_stage import read_replay_start
from molgan.campaign.work import Work, open_work
from molgan.config import CampaignConfig
from molgan.filters.funnel import Funnel
from molgan.filters.stages.novelty import open_secret_lists


def run(config: CampaignConfig, *, progress: Progress | None = None) -> CampaignResult:
    """Run a campaign in `config.folder`, or go on with it where it stopped.

    A finished stage is skipped; the first stage whose settings or inputs have changed runs again, and so do all stages
    that use its results. Whenever a run is killed, the same configuration ends with the same library, byte for byte, on
    the same machine. Raises ConfigError for an aim that `refuse_misuse` refuses and for a secret list without its key,
    InputError for start molecules that cannot be used, RunError when another process works in the folder or the folder
    cannot be written.
    """
    _check_target(config)
    refuse_misuse(config)
    open_secret_lists(Funnel(config.filters).filters)
    if config.optimize is not None:
        read_start(config)
    if config.reinforce is not None:
        read_replay_start(config)
    with open_work(config, progress or Silent()) as work:
        _remove_others(work)
        stages = run_stages(work)
    counts = next(stage.record.counts for stage in stages if isinstance(stage, Library))
    return CampaignResult(
        folder=work.folder,
        kept=counts["library"],
        drawn=counts["drawn"],
        target=config.sample.target,
        starved_by=counts["starved_by"],
        seconds={stage.name: stage.record.seconds for stage in stages},
        stereoisomers=counts.get("stereoisomers"),
    )


def _remove_others(work: Work) -> None:
    """Remove the checkpoints and metrics of stages that the configuration no longer has."""
    for stage in PIPELINES[CampaignConfig]:
        folder = work.folder / "checkpoints" / stage.name
        if not stage.is_part_of(dict(work.config)) and folder.exists():
            work.progress.message(f"{stage.name}: no longer part of this campaign; its checkpoints are deleted")
            work.metrics.forget(stage.titles)
            shutil.rmtree(folder)


def _check_target(config: CampaignConfig) -> None:
    for stage in config.filters.stages:
        most, target = stage.parameters.get("n"), config.sample.target
        if target is not None and isinstance(most, int) and most < target:
            raise ConfigError(
                f"filters: {stage.name!r} keeps {most:,} molecules at most, fewer than sample.target {target:,}; "
                "raise the first or lower the second"
            )
