"""The stage that trains the generator against a critic."""

from collections.abc import Mapping
from functools import partial
from typing import ClassVar

from molgan.base.content import add_contents
from molgan.campaign.cost import Cost, Pace
from molgan.campaign.run_folder.stage_record import Counts
from molgan.campaign.stages.stage import Stage
from molgan.campaign.stages.training_data import draw_molecules
from molgan.config import CampaignConfig

# Fewer molecules than this are described faster in one process.
_MANY_MOLECULES = 10_000
_USELESS = 0.53  # area under the ROC curve; .5 is chance


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
        sides = settings.rounds * (settings.real + settings.fake)
        scored = learned if settings.gan_weight < 1 else 0
        described = sides + learned + (0 if settings.critic.kind == "graph" else settings.critic.reference)
        judging = sides * settings.critic.epochs * pace.critic + described * pace.describe
        seconds = drawn * pace.sample + learned * pace.learn + judging + scored * pace.score
        return Cost(cls.section, drawn, scored, seconds)

    def inputs(self) -> Mapping[str, object]:
        objective = {"objective": self.work.config.objective.model_dump(mode="json")}
        return {
            "adversarial": self.settings.model_dump(mode="json"),
            **self.work.inputs,
            **(add_contents(objective) if self._is_rewarded else {}),
        }

    def perform(self) -> Counts:
        from molgan.models.critics.critic_kinds import make_critic
        from molgan.training.rl.adversarial import refine

        work, settings = self.work, self.settings
        config, kind = work.config, settings.critic
        many = settings.real >= _MANY_MOLECULES and not config.compute.workers
        processes = work.cores if many else 1
        real, reference = self._draw_data()
        work.progress.message(f"adversarial: {settings.real:,} real molecules against {settings.fake:,} generated ones")
        agent = self.load_generator()
        critic = make_critic(kind.kind, reference, kind.network, seed=config.seed, processes=processes)
        loop = partial(refine, real=real, settings=settings, seed=config.seed, processes=processes)
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
        if figures["auc"] < _USELESS:
            mend = "show it more molecules, let adversarial.critic.kind be both, or leave the stage out"
            work.progress.message(f"critic: it sees next to nothing, and the stage can change next to nothing: {mend}")
        return {"critic": figures}

    def _draw_data(self) -> tuple[list[str], list[str]]:
        """Molecules of the training data that the critic is shown, and others whose fragments are familiar to it; of
        little data at least half is shown."""
        settings, config = self.settings, self.work.config
        wanted = settings.rounds * settings.real
        others = 0 if settings.critic.kind == "graph" else settings.critic.reference
        drawn = draw_molecules(config.data, wanted + others, config.seed)
        shown = min(wanted, max(len(drawn) - others, -(-len(drawn) // 2)))
        return drawn[:shown], drawn[shown:]

    @property
    def _is_rewarded(self) -> bool:
        return bool(self.settings.gan_weight < 1)
