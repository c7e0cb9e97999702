"""The cost of each kind of work on this machine, timed on a few molecules; the stages say how much work they do."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from molgan.chem.molecule import Molecule
from molgan.config import CampaignConfig
from molgan.filters.funnel import Funnel
from molgan.scoring.objective import Objective

T = TypeVar("T")

_DRAWN = 256  # molecules that the networks are timed on


@dataclass(frozen=True)
class Pace:
    """Seconds that one molecule takes to be drawn, learned by the generator, described for the critic, learned by the
    critic, scored and filtered."""

    sample: float
    learn: float
    describe: float
    critic: float
    score: float
    filter: float


@dataclass(frozen=True)
class Cost:
    """The cost of a stage: how many molecules it draws and scores, and about how many seconds it takes."""

    stage: str
    drawn: int
    scored: int
    seconds: float


def measure(config: CampaignConfig, reference: list[Molecule], objective: Objective, funnel: Funnel) -> Pace:
    """Time each kind of work; scorers and filters on `reference`, molecules not scored before. Raises WeightsError."""
    scores, score = _time_call(lambda: objective(reference).to_frame())
    _, filtered = _time_call(lambda: funnel(reference, table=scores))
    return Pace(*_time_networks(config), score / len(reference), filtered / len(reference))


def _time_networks(config: CampaignConfig) -> tuple[float, float, float, float]:
    from molgan.models.critics.critic_kinds import make_critic
    from molgan.models.loading import load_start
    from molgan.models.precision import autocast

    generator = load_start(config.generator)
    kind = "graph" if config.adversarial is None else config.adversarial.critic.kind
    critic = make_critic(kind, [], seed=config.seed)

    def work(count: int) -> tuple[float, float, float, float]:
        drawn, sampling = _time_call(lambda: generator.sample(count, seed=config.seed))
        described, describing = _time_call(lambda: critic.describe([sample.smiles for sample in drawn]))
        batch = described.batch(np.arange(count))
        with autocast(generator.device):
            _, learning = _time_call(
                lambda: generator.log_likelihood([sample.actions for sample in drawn]).mean().backward()
            )
            _, judging = _time_call(lambda: critic(batch).mean().backward())
        return sampling / count, learning / count, describing / count, judging / count

    work(8)  # PyTorch is slow the first time
    return work(_DRAWN)


def _time_call(work: Callable[[], T]) -> tuple[T, float]:
    start = time.perf_counter()
    return work(), time.perf_counter() - start
