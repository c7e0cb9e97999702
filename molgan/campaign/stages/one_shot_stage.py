"""The stage that trains a one-shot generator against a critic."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import ClassVar

from molgan.base.content import add_contents
from molgan.campaign.run_folder.stage_record import Counts
from molgan.campaign.stages.dense_training import prepare_training
from molgan.campaign.stages.likelihood_stage import Likelihood
from molgan.campaign.stages.training_stage import TrainingStage

_DESCRIBED = {"seed", "critic", "likelihood", "oneshot", "objective", "held_out"}


class OneShot(TrainingStage):
    """Adversarial training; leaves the weights, weights.safetensors and weights.json."""

    name = "oneshot"
    section = "oneshot"
    is_optional = False
    titles: ClassVar = {"oneshot": "One-shot adversarial training"}

    def inputs(self) -> Mapping[str, object]:
        include = {"network", "critic", "oneshot", "objective", "held_out"}
        return {**add_contents(self.work.config.model_dump(mode="json", include=include)), **self.work.inputs}

    @property
    def outputs(self) -> dict[str, Path]:
        return {name: self.work.folder / name for name in ("weights.safetensors", "weights.json")}

    def perform(self) -> Counts:
        from molgan.models.critics.dense_critic import DenseCritic, DenseRewardNetwork
        from molgan.models.weights import load_weights
        from molgan.scoring.objective import Objective
        from molgan.training.one_shot.one_shot_training import train_oneshot

        work, config, settings = self.work, self.work.config, self.settings
        learned = next((stage for stage in self.before if isinstance(stage, Likelihood)), None)
        training = learned.training if learned else prepare_training(work)
        generator = training.generator
        if learned:
            load_weights(learned.folder / "generator", generator)
        objective = Objective(config.objective) if config.objective is not None and settings.gan_weight < 1 else None
        shape, predicts = generator.settings, objective is not None and settings.policy is None
        with self.report(molecules_a_step=settings.batch_size, shown=None) as report:
            outcome = train_oneshot(
                generator,
                DenseCritic(shape, config.critic, seed=config.seed + 1),
                training.data,
                settings,
                reward=None if objective is None else objective.reward,
                reward_network=DenseRewardNetwork(shape, config.critic, seed=config.seed + 2) if predicts else None,
                seed=config.seed,
                checkpoint=self.folder / "checkpoint",
                report=report,
                message=work.progress.message,
            )
        sections = config.model_dump(mode="json", include=_DESCRIBED)
        about = {name: section for name, section in sections.items() if section}
        generator.save(work.folder / "weights", **about, data=training.summary, outcome=asdict(outcome))
        return asdict(outcome)
