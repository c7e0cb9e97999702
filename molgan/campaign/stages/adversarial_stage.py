"""The stage that trains the generator against the discriminator."""

from collections.abc import Mapping
from functools import partial
from typing import ClassVar

from molgan.base.content import add_contents
from molgan.campaign.cost import Cost, Pace
from molgan.campaign.run_folder.stage_record import Counts
from molgan.campaign.stages.stage import Stage
from molgan.campaign.stages.training_data import draw_molecules
from molgan.config import CampaignConfig

# Fewer molecules than this are featurised faster in one process.
_MANY_GRAPHS = 10_000


class Adversarial(Stage):
    """Refines the generator; leaves generator.safetensors, critic.safetensors and their descriptions."""

    name = "adversarial"
    section = "adversarial"
    titles: ClassVar = {"critic": "Critic", "adversarial": "Adversarial training"}
    networks = ("generator", "critic")

    @classmethod
    def cost(cls, config: CampaignConfig, pace: Pace) -> Cost:
        settings = config.adversarial
        assert settings is not None
        learned = settings.rounds * settings.steps * settings.batch_size
        drawn = settings.rounds * settings.fake + learned
        seen = settings.rounds * settings.critic.epochs * (settings.real + settings.fake)
        scored = learned if settings.gan_weight < 1 else 0
        seconds = drawn * pace.sample + learned * pace.learn + seen * pace.critic + scored * pace.score
        return Cost(cls.section, drawn, scored, seconds)

    def inputs(self) -> Mapping[str, object]:
        objective = {"objective": self.work.config.objective.model_dump(mode="json")}
        return {
            "adversarial": self.settings.model_dump(mode="json"),
            **self.work.inputs,
            **(add_contents(objective) if self._is_rewarded else {}),
        }

    def perform(self) -> Counts:
        from molgan.models.critics.discriminator import Discriminator
        from molgan.training.rl.adversarial import refine

        work, settings = self.work, self.settings
        config = work.config
        agent, critic = self.load_generator(), Discriminator(seed=config.seed)
        loop = partial(
            refine,
            real=draw_molecules(config.data, settings.rounds * settings.real, config.seed),
            settings=settings,
            seed=config.seed,
            processes=work.cores if settings.real >= _MANY_GRAPHS and not config.compute.workers else 1,
        )
        work.progress.message(f"adversarial: {settings.real:,} real molecules against {settings.fake:,} generated ones")
        with self.report() as report:
            figures = work.train(
                loop,
                {"agent": agent, "critic": critic},
                checkpoint=self.folder / "checkpoint",
                report=report,
                prepared=report.advance,
                **({"reward": work.objective.reward} if self._is_rewarded else {}),
            )
        self.save(generator=agent, critic=critic)
        text = f"{figures['accuracy']:.1%} of unseen molecules (area under the ROC curve {figures['auc']:.3f})"
        work.progress.message(f"critic: tells real from generated molecules for {text}")
        return {"critic": figures}

    @property
    def _is_rewarded(self) -> bool:
        return bool(self.settings.gan_weight < 1)
