"""A stage of a campaign or a training: all that is to be known of it is in its class."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from molgan.base.errors import RunError
from molgan.campaign.cost import Cost, Pace
from molgan.campaign.run_folder.stage_record import Counts, StageRecord
from molgan.campaign.work import Work
from molgan.config import CampaignConfig
from molgan.training.reporter import Reporter


class Stage(ABC):
    """`name` is that of its record, `checkpoints/<name>`; `section` is the part of the configuration that asks for it,
    whose settings also say what `--smoke` makes of it.

    `titles` has the names of its rows in metrics.jsonl (a number may follow, "distil 2") and what the report calls
    them. `networks` are the weights that it leaves in its folder, for the stages behind it.
    """

    name: ClassVar[str]
    section: ClassVar[str]
    titles: ClassVar[Mapping[str, str]] = {}
    networks: ClassVar[Sequence[str]] = ()
    is_optional: ClassVar[bool] = True
    """Whether a configuration may do without it, by leaving out the section."""
    restarts: ClassVar[bool] = True
    """Whether it starts anew with other settings or inputs; else they are an error."""
    proof: ClassVar[str | None] = None
    """The file that tells that it is done in run folders of earlier versions, where it kept no record."""

    def __init__(self, work: Work, before: Sequence["Stage"]) -> None:
        """`before`: the stages of this job that are done. They hand files to each other, so that it does not matter
        which were skipped."""
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
        """What the stage costs at most: a target may be reached before its budget is spent. None: next to nothing."""
        return None

    @abstractmethod
    def inputs(self) -> Mapping[str, object]:
        """All that decides what the stage comes to, as JSON values."""

    @abstractmethod
    def perform(self) -> Counts:
        """Do the work, or go on with it where it stopped."""

    @property
    def after(self) -> Sequence["Stage"]:
        """The stages whose results it takes: by default the last that has trained the generator."""
        return [stage for stage in self.before if "generator" in stage.networks][-1:]

    @property
    def outputs(self) -> dict[str, Path]:
        """The files without which it is not done."""
        return {name: self.folder / f"{name}.safetensors" for name in self.networks}

    @property
    def weights(self) -> str | Path:
        """The generator as the stages before this one leave it."""
        trained = [stage.folder / "generator" for stage in self.before if "generator" in stage.networks]
        return trained[-1] if trained else self.work.config.generator.weights

    @property
    def critic(self) -> Path | None:
        """The critic that a stage before this one leaves, if there is one."""
        return next((stage.folder / "critic" for stage in self.before if "critic" in stage.networks), None)

    def run(self) -> None:
        """`perform`, unless that is done."""
        self.record.perform(self._perform, self.work.progress)

    def report(self, stage: str | None = None, **how: Any) -> Reporter:
        """What takes the reports of a training loop; `how` as for `Reporter`."""
        work = self.work
        places: dict[str, Any] = {"metrics": work.metrics, "tensorboard": work.folder / "tensorboard"}
        return Reporter(stage or self.name, work.progress, **places, on_saved=work.keep, **how)

    def save(self, **networks: Any) -> None:
        """Leave networks in the stage's folder. Raises RunError where they cannot be written."""
        from safetensors import SafetensorError

        for name, network in networks.items():
            try:
                network.cpu().save(self.folder / name)
            except SafetensorError as error:
                raise RunError(f"{self.folder / name}: cannot be written ({error}); mend that and run again") from error

    def _perform(self, resumes: bool) -> Counts:
        if not resumes:
            self.work.metrics.forget(self.titles)
        return self.perform()
