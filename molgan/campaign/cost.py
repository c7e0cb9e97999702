"""What a campaign will cost on this machine: every kind of work is timed on a few molecules, then counted."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from molgan.chem.molecule import Molecule
from molgan.config import CampaignConfig
from molgan.filters.funnel import Funnel
from molgan.scoring.objective import Objective
from molgan.training.settings import OptimizeSettings

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


def estimate(config: CampaignConfig, pace: Pace) -> list[Cost]:
    """The cost of each stage, at most: a target may be reached before its budget is spent."""
    costs = []
    if (a := config.adversarial) is not None:
        drawn, seen = a.rounds * (a.fake + a.steps * a.batch_size), a.rounds * a.critic.epochs * (a.real + a.fake)
        scored = a.rounds * a.steps * a.batch_size if a.gan_weight < 1 else 0
        learned = a.rounds * a.steps * a.batch_size
        seconds = drawn * pace.sample + learned * pace.learn + seen * pace.critic + scored * pace.score
        costs.append(Cost("adversarial", drawn, scored, seconds))
    if (r := config.reinforce) is not None:
        drawn = r.steps * r.batch_size
        learned = r.steps * (r.batch_size + r.replay)
        seconds = drawn * (pace.sample + pace.score) + learned * pace.learn
        costs.append(Cost("reinforce", drawn, drawn, seconds))
    if (o := config.optimize) is not None:
        rounds = _rounds(o)
        drawn = round(rounds * (o.policy + o.regrowth))
        learned = rounds * o.updates * o.update_size
        costs.append(
            Cost("optimize", drawn, o.budget, drawn * pace.sample + learned * pace.learn + o.budget * pace.score)
        )
        # The library is chosen from what was scored: nothing is drawn or scored again.
        return [*costs, Cost("sample", 0, 0, o.budget * pace.filter)]
    drawn = config.sample.n or config.sample.budget
    costs.append(Cost("sample", drawn, drawn, drawn * (pace.sample + pace.score + pace.filter)))
    return costs


def _rounds(settings: OptimizeSettings) -> int:
    """Rounds of a design that spends its budget and does not start anew, small ones first."""
    made, rounds = settings.first, 1
    while made < settings.budget:
        made += min(settings.batch, max(settings.least_batch, int(settings.growth * made)))
        rounds += 1
    return rounds


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
