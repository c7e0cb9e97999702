"""The base class of a stage of a campaign or a training."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from molgan.base.errors import RunError
from molgan.base.whereabouts import at_work
from molgan.campaign.cost import Cost, Pace
from molgan.campaign.run_folder.stage_record import Counts, StageRecord
from molgan.campaign.work import Work
from molgan.config import CampaignConfig
from molgan.training.reporter import Reporter


class Stage(ABC):
    """One stage. A subclass says everything that the rest of the package needs to know about it.

    `name`: the name of its record, `checkpoints/<name>`. `section`: the section of the configuration that asks for it.
    `titles`: the names of its rows in metrics.jsonl (a number may follow, "distil 2"), with their titles in the report.
    `networks`: the weights that it leaves in its folder for later stages.
    """

    name: ClassVar[str]
    section: ClassVar[str]
    titles: ClassVar[Mapping[str, str]] = {}
    networks: ClassVar[Sequence[str]] = ()
    is_optional: ClassVar[bool] = True
    """Whether a configuration may skip the stage by leaving out its section."""
    restarts: ClassVar[bool] = True
    """Whether the stage starts anew with other settings or inputs; if not, they are an error."""
    proof: ClassVar[str | None] = None
    """The file that proves the stage done in run folders of earlier versions, which have no record of it."""

    def __init__(self, work: Work, before: Sequence["Stage"]) -> None:
        """`before`: the finished stages of this job. Stages hand files to each other, so that a skipped stage serves as
        well as one that ran."""
        self.work = work
        self.before = before
        self.folder = work.folder / "checkpoints" / self.name
        self.settings: Any = getattr(work.config, self.section)
        self.record: StageRecord = StageRecord(
            work.folder,
            self.name,
            self.inputs(),
            after=[stage.record for stage in self.after],
            outputs=self.outputs,
            restarts=self.restarts,
        )

    @classmethod
    def is_part_of(cls, sections: Mapping[str, object]) -> bool:
        """Whether a configuration with these sections asks for the stage."""
        return not cls.is_optional or sections.get(cls.section) is not None

    @classmethod
    def cost(cls, config: CampaignConfig, pace: Pace) -> Cost | None:
        """The most that the stage costs (a target may be met before the budget is spent); None for almost nothing."""
        return None

    @abstractmethod
    def inputs(self) -> Mapping[str, object]:
        """Everything that decides the result of the stage, as JSON values."""

    @abstractmethod
    def perform(self) -> Counts:
        """Do the work, or continue where it stopped; returns the results."""

    @property
    def after(self) -> Sequence["Stage"]:
        """The stages whose results this one uses; by default the last one that trained the generator."""
        return [stage for stage in self.before if "generator" in stage.networks][-1:]

    @property
    def outputs(self) -> dict[str, Path]:
        """The files that the stage leaves; if one is missing, the stage is not done."""
        return {name: self.folder / f"{name}.safetensors" for name in self.networks}

    @property
    def weights(self) -> str | Path:
        """The generator that the stages before this one trained, or the configured one."""
        trained = [stage.folder / "generator" for stage in self.before if "generator" in stage.networks]
        return trained[-1] if trained else self.work.config.generator.weights

    def load_generator(self, needs: Any = None) -> Any:
        """The generator of `weights`, which has the methods of the protocol `needs`, by default those of reinforcement
        learning. The configured one aims at the configured targets; one that a stage trained has kept its aim."""
        from molgan.models.loading import load_generator, load_start
        from molgan.models.protocols import LikelihoodGenerator

        needs = needs or LikelihoodGenerator
        if any("generator" in stage.networks for stage in self.before):
            return load_generator(self.weights, needs)
        return load_start(self.work.config.generator, needs)

    @property
    def critic(self) -> Path | None:
        """The critic that a stage before this one trained, None without one."""
        return next((stage.folder / "critic" for stage in self.before if "critic" in stage.networks), None)

    def run(self) -> None:
        """Call `perform`, unless the stage is done."""
        with at_work(stage=self.name):
            self.record.perform(self._perform, self.work.progress)

    def report(self, stage: str | None = None, **how: Any) -> Reporter:
        """A reporter for a training loop; `how` as for `Reporter`."""
        work = self.work
        places: dict[str, Any] = {"metrics": work.metrics, "tensorboard": work.folder / "tensorboard"}
        places["tracking"] = work.tracking
        return Reporter(stage or self.name, work.progress, **places, on_saved=work.keep, **how)

    def save(self, **networks: Any) -> None:
        """Save networks in the folder of the stage. Raises RunError where they cannot be written."""
        from safetensors import SafetensorError

        for name, network in networks.items():
            try:
                network.cpu().save(self.folder / name)
            except SafetensorError as error:
                raise RunError(
                    f"{self.folder / name}: cannot be written ({error}); fix the cause and run again"
                ) from error

    def _perform(self, resumes: bool) -> Counts:
        if not resumes:
            self.work.metrics.forget(self.titles)
        return self.perform()
