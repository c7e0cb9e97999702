"""What each kind of work costs on this machine, timed on a few molecules; the stages say how much they do of it."""

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
    """Seconds a molecule: drawn, learned from by the generator, seen by the critic in training, scored, filtered."""

    sample: float
    learn: float
    critic: float
    score: float
    filter: float


@dataclass(frozen=True)
class Cost:
    """Of a stage: molecules that it draws and scores, and about how many seconds it takes."""

    stage: str
    drawn: int
    scored: int
    seconds: float


def measure(config: CampaignConfig, reference: list[Molecule], objective: Objective, funnel: Funnel) -> Pace:
    """Time each kind of work; scorers and filters on `reference`, new to them. Raises WeightsError."""
    scores, score = _timed(lambda: objective(reference).to_frame())
    _, filtered = _timed(lambda: funnel(reference, table=scores))
    return Pace(*_networks(config), score / len(reference), filtered / len(reference))


def _networks(config: CampaignConfig) -> tuple[float, float, float]:
    from molgan.graphs.features.featurizer import featurize_all
    from molgan.models.critics.discriminator import Discriminator
    from molgan.models.loading import load_generator
    from molgan.models.precision import autocast

    generator, critic = load_generator(config.generator.weights), Discriminator()

    def work(count: int) -> tuple[float, float, float]:
        drawn, sample = _timed(lambda: generator.sample(count, seed=config.seed))
        graphs = featurize_all([one.smiles for one in drawn]).batch()
        with autocast(generator.device):
            _, learn = _timed(lambda: generator.log_likelihood([one.actions for one in drawn]).mean().backward())
            _, seen = _timed(lambda: critic(graphs).mean().backward())
        return sample / count, learn / count, seen / count

    work(8)  # the first time, PyTorch prepares itself
    return work(_DRAWN)


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    began = time.perf_counter()
    return work(), time.perf_counter() - began
