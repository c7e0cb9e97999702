"""The stage that trains the generator towards the objective."""

from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from typing import ClassVar

from molgan.base.content import add_contents
from molgan.campaign.cost import Cost, Pace
from molgan.campaign.run_folder.stage_record import Counts
from molgan.campaign.stages.stage import Stage
from molgan.campaign.watched_objective import WatchedObjective
from molgan.config import CampaignConfig


class Reinforce(Stage):
    """Reinforcement learning; leaves generator.safetensors and its description."""

    name = "reinforce"
    section = "reinforce"
    titles: ClassVar = {"reinforce": "Reinforcement learning"}
    networks = ("generator",)

    @classmethod
    def cost(cls, config: CampaignConfig, pace: Pace) -> Cost:
        settings = config.reinforce
        assert settings is not None
        drawn = settings.steps * settings.batch_size
        learned = settings.steps * (settings.batch_size + settings.replay)
        seconds = drawn * (pace.sample + pace.score) + learned * pace.learn
        return Cost(cls.section, drawn, drawn, seconds)

    def inputs(self) -> Mapping[str, object]:
        return {
            "reinforce": self.settings.model_dump(mode="json"),
            **add_contents({"objective": self.work.config.objective.model_dump(mode="json")}),
            **self.work.inputs,
        }

    def perform(self) -> Counts:
        from molgan.models.critics.discriminator import Discriminator
        from molgan.training.memory import OracleCache
        from molgan.training.rl.reinforce import reinforce

        work = self.work
        agent = self.load_generator()
        objective = WatchedObjective(work.objective, work.progress.message)
        with self.report(components=objective.components) as report:
            outcome = work.train(
                partial(reinforce, settings=self.settings, seed=work.config.seed),
                {"agent": agent, **({"critic": Discriminator.load(self.critic)} if self.critic else {})},
                checkpoint=self.folder / "checkpoint",
                report=report,
                reward=OracleCache(objective.reward),  # a restarted loop asks for the same molecules again
                message=work.progress.message,
            )
        self.save(generator=agent)
        return asdict(outcome)
