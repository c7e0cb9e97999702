"""The stage that trains a one-shot generator with `rows` by likelihood."""

from collections.abc import Mapping
from functools import cached_property
from typing import ClassVar

from molgan.campaign.run_folder.stage_record import Counts
from molgan.campaign.stages.dense_training import DenseTraining, prepare_training
from molgan.campaign.stages.training_stage import TrainingStage


class Likelihood(TrainingStage):
    """Likelihood training; leaves generator.safetensors and its description."""

    name = "likelihood"
    section = "likelihood"
    titles: ClassVar = {"likelihood": "Likelihood training"}
    networks = ("generator",)

    @cached_property
    def training(self) -> DenseTraining:
        """The generator and its data, prepared once for this stage and the next."""
        return prepare_training(self.work)

    def inputs(self) -> Mapping[str, object]:
        sections = self.work.config.model_dump(mode="json", include={"network", "likelihood", "held_out"})
        return {**sections, **self.work.inputs}

    def perform(self) -> Counts:
        from molgan.training.one_shot.likelihood import learn_rows

        generator, settings = self.training.generator, self.settings
        with self.report(molecules_a_step=settings.batch_size, shown=None) as report:
            place, seed = self.folder / "checkpoint", self.work.config.seed
            learn_rows(generator, self.training.data, settings, seed=seed, checkpoint=place, report=report)
        self.save(generator=generator)
        return {}
