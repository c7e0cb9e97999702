"""The cost of each kind of work on this machine, timed on a few molecules; the stages say how much work they do."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from molgan.chem.molecule import Molecule
from molgan.config import CampaignConfig
from molgan.filters.funnel import Funnel
from molgan.scoring.objective import Objective

T = TypeVar("T")

_DRAWN = 256  # molecules that the networks are timed on


@dataclass(frozen=True)
class Pace:
    """Seconds that one molecule takes to be drawn, learned by the generator and by the critic, scored and filtered."""

    sample: float
    learn: float
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


def _time_networks(config: CampaignConfig) -> tuple[float, float, float]:
    from molgan.graphs.features.featurizer import featurize_all
    from molgan.models.critics.discriminator import Discriminator
    from molgan.models.loading import load_start
    from molgan.models.precision import autocast

    generator, critic = load_start(config.generator), Discriminator()

    def work(count: int) -> tuple[float, float, float]:
        drawn, sampling = _time_call(lambda: generator.sample(count, seed=config.seed))
        graphs = featurize_all([sample.smiles for sample in drawn]).batch()
        with autocast(generator.device):
            _, learning = _time_call(
                lambda: generator.log_likelihood([sample.actions for sample in drawn]).mean().backward()
            )
            _, judging = _time_call(lambda: critic(graphs).mean().backward())
        return sampling / count, learning / count, judging / count

    work(8)  # PyTorch is slow the first time
    return work(_DRAWN)


def _time_call(work: Callable[[], T]) -> tuple[T, float]:
    start = time.perf_counter()
    return work(), time.perf_counter() - start
