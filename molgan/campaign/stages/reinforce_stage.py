"""The stage that trains the generator towards the objective."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from molgan.base.content import add_contents
from molgan.campaign.cost import Cost, Pace
from molgan.campaign.run_folder.stage_record import Counts
from molgan.campaign.stages.curriculum import run_curriculum
from molgan.campaign.stages.stage import Stage
from molgan.campaign.watched_objective import WatchedObjective
from molgan.chem.given_molecules import require_molecules
from molgan.config import CampaignConfig
from molgan.training.refusals import announce_refusals
from molgan.training.reporter import Reporter
from molgan.training.rl.settings import ReinforceSettings, ReinforceStageSettings

if TYPE_CHECKING:
    from molgan.models.protocols import MotifTreeGenerator
    from molgan.training.rl.reinforce_run import ReinforceOutcome
    from molgan.training.rl.replay_memory import Encoded


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
        steps = settings.steps + sum(lesson.steps for lesson in settings.curriculum)
        drawn = steps * settings.batch_size
        learned = steps * (settings.batch_size + settings.replay)
        judging = 0.0 if config.adversarial is None else pace.describe
        seconds = drawn * (pace.sample + pace.score + judging) + learned * pace.learn
        return Cost(cls.section, drawn, drawn, seconds)

    def inputs(self) -> Mapping[str, object]:
        standardize = self.work.config.standardize if self.settings.replay_start else None
        return {
            **({} if standardize is None else {"standardize": standardize.model_dump(mode="json")}),
            **add_contents({"reinforce": self.settings.model_dump(mode="json")}),
            **add_contents({"objective": self.work.config.objective.model_dump(mode="json")}),
            **self.work.inputs,
        }

    def perform(self) -> Counts:
        work, settings = self.work, self.settings
        own = self._encode_own()
        agent = self.load_generator()
        # The anchor of every lesson is the generator that the stage began with.
        prior = self.load_generator() if settings.curriculum else None
        carried = run_curriculum(self, settings.curriculum, partial(self._teach, agent, prior, own))
        objective = WatchedObjective(work.objective, work.progress.message)
        with self.report(components=objective.components) as report:
            outcome = self._learn(agent, prior, settings, objective, [*own, *carried], "checkpoint", report)
        self.save(generator=agent)
        announce_refusals(work.progress.message, outcome.refused)
        return {"oracle_calls": outcome.oracle_calls, "events": outcome.events, "stopped": outcome.stopped}

    def _encode_own(self) -> "list[Encoded]":
        from molgan.models.protocols import MotifTreeGenerator

        if not self.settings.replay_start:
            return []
        return encode_replay_start(
            self.work.config, self.load_generator(MotifTreeGenerator), self.work.progress.message
        )

    def _teach(
        self,
        agent: Any,
        prior: Any,
        own: "list[Encoded]",
        number: int,
        lesson: ReinforceStageSettings,
        objective: WatchedObjective,
        carried: "list[Encoded]",
        report: Reporter,
    ) -> "list[Encoded]":
        """Train the agent towards an easier objective; returns the molecules of the replay memory, best first."""
        stops = {name: getattr(lesson, name) for name in ("steps", "target", "patience")}
        settings = self.settings.model_copy(update=stops)
        outcome = self._learn(agent, prior, settings, objective, [*own, *carried], f"lesson_{number}", report)
        self.work.progress.message(
            f"reinforce, curriculum stage {number}: {outcome.oracle_calls:,} molecules scored, "
            f"end: {outcome.stopped or 'steps'}"
        )
        return outcome.best

    def _learn(
        self,
        agent: Any,
        prior: Any,
        settings: ReinforceSettings,
        objective: WatchedObjective,
        start: "Sequence[Encoded]",
        folder: str,
        report: Reporter,
    ) -> "ReinforceOutcome":
        from molgan.models.critics.critic_kinds import load_critic
        from molgan.training.memory import OracleCache
        from molgan.training.rl.reinforce import reinforce

        critic = {"critic": load_critic(self.critic)} if self.critic else {}
        anchor = {} if prior is None else {"prior": prior}
        outcome: ReinforceOutcome = self.work.train(
            partial(reinforce, settings=settings, seed=self.work.config.seed, start=list(dict.fromkeys(start))),
            {"agent": agent, **anchor, **critic},
            checkpoint=self.folder / folder,
            report=report,
            reward=OracleCache(objective.reward),  # a restarted loop asks for the same molecules again
            message=self.work.progress.message,
        )
        return outcome


def read_replay_start(config: CampaignConfig) -> list[str]:
    """The SMILES that the replay memory starts with, in standard form where the campaign has the section
    `standardize`. Raises InputError, a line for each that is not one molecule."""
    assert config.reinforce is not None
    standardise = None if config.standardize is None else config.standardize.standardise
    return require_molecules(config.reinforce.replay_start, "reinforce.replay_start", standardise)


def encode_replay_start(
    config: CampaignConfig, generator: "MotifTreeGenerator", message: Callable[[str], None]
) -> "list[Encoded]":
    """What the replay memory starts with; a message names each molecule that the generator cannot draw. Raises
    InputError as `read_replay_start`."""
    from molgan.training.rl.replay_start import encode_start

    own, faults = encode_start(generator, read_replay_start(config))
    for fault in faults:
        message(f"reinforce.replay_start: left out: {fault}")
    return own
