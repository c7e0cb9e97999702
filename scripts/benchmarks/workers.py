"""Measure training, reinforcement learning and scoring with 0, 1 and 2 Ray workers on this machine.

    python scripts/benchmarks/workers.py                        # everything, about ten minutes on two cores
    python scripts/benchmarks/workers.py pretrain scoring --workers 0 2

One PyTorch thread a worker. Start-up is the time until the first step is done, beyond that of a step; throughput is
that of the steps after it. Scoring is timed on warm workers, against a plain pool of as many processes.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import sleepy  # registers the scorer
import torch

from molgan.base.parallel import Processes
from molgan.chem.shipped_sets import load_reference
from molgan.distributed.drawing_pool import DrawingPool
from molgan.distributed.scoring_pool import ScoringPool
from molgan.distributed.settings import ComputeSettings
from molgan.distributed.train import train_on_ray
from molgan.graphs.motif.motif_data import prepare
from molgan.models.loading import load_generator
from molgan.scoring.objective import Objective
from molgan.scoring.score_cache import clear_caches
from molgan.scoring.settings import ObjectiveSettings
from molgan.training.prior.pretrain import pretrain
from molgan.training.rl.reinforce import reinforce
from molgan.training.rl.settings import ReinforceSettings
from molgan.training.settings import PretrainSettings

CHEAP = ObjectiveSettings(
    components=[
        {"scorer": "qed"},
        {"scorer": "sa", "transform": {"name": "reverse_sigmoid", "low": 2, "high": 5}},
        {"scorer": "pains"},
        {"scorer": "brenk"},
    ]
)
SLOW = ObjectiveSettings(
    components=[
        {"scorer": "qed"},
        {"scorer": sleepy.Sleepy.name, "transform": {"name": "linear", "low": 0, "high": 60}},
    ]
)


class Clock:
    """Takes the reports of a loop, and notes the time of each."""

    def __init__(self) -> None:
        self.times: list[float] = [time.perf_counter()]

    def __call__(self, metrics: dict[str, Any], saved: object) -> None:
        self.times.append(time.perf_counter())

    def row(self, molecules: int) -> tuple[float, float]:
        """Molecules a second, and seconds of start-up. `molecules` a step."""
        steps = [after - before for before, after in zip(self.times[1:], self.times[2:], strict=False)]
        return molecules / (sum(steps) / len(steps)), self.times[1] - self.times[0] - median(steps)


def run_sampling(workers: int, steps: int) -> tuple[float, float]:
    generator, n = load_generator(), 1024 * steps
    if workers == 0:
        generator.sample(64, seed=0)
        return n / measure_time(lambda: generator.sample(n, seed=0)), 0.0
    began = time.perf_counter()
    pool = DrawingPool(generator, compute(workers))
    pool.sample(1024 * workers, seed=1)
    start = time.perf_counter() - began
    seconds = measure_time(lambda: pool.sample(n, seed=0))
    pool.close()
    return n / seconds, start


def compute(workers: int) -> ComputeSettings:
    # A scoring actor and a training worker take turns: half a processor each would be the truth of two cores.
    return ComputeSettings(workers=workers, threads=1, scoring={"cpus": 0.5})


def run_pretraining(workers: int, steps: int) -> tuple[float, float]:
    clock, generator = Clock(), load_generator()
    with TemporaryDirectory() as folder:
        smiles = [record.smiles for record in load_reference("moses_reference_1000")] * 40
        path = Path(folder) / "in.smi"
        path.write_text("\n".join(smiles))
        data = prepare(path, Path(folder) / "cache", vocabulary=generator.vocabulary, least_count=len(smiles))
        settings = PretrainSettings(epochs=steps * 512 / len(data), batch_size=512, report_every=1)
        loop = partial(pretrain, data=data, settings=settings, seed=0)
        clock.times[0] = time.perf_counter()
        if workers == 0:
            loop(generator, report=clock)
        else:
            options: dict[str, Any] = {"checkpoint": Path(folder) / "checkpoint", "report": clock}
            train_on_ray(loop, {"generator": generator}, compute(workers), **options)
    return clock.row(512)


def run_reinforcement(
    workers: int, steps: int, *, objective: ObjectiveSettings, batch: int, staleness: int = 0
) -> tuple[float, float]:
    settings = ReinforceSettings(steps=steps, batch_size=batch, staleness=staleness, checkpoint_every=10_000)
    loop, clock, agent = partial(reinforce, settings=settings, seed=0), Clock(), load_generator()
    with TemporaryDirectory() as folder, open_objective(objective, workers) as scoring:
        options: dict[str, Any] = {"checkpoint": Path(folder) / "checkpoint", "report": clock}
        if workers == 0:
            loop(agent, scoring.reward, **options)
        else:
            train_on_ray(loop, {"agent": agent}, compute(workers), calls={"reward": scoring.reward}, **options)
    return clock.row(batch)


@contextmanager
def open_objective(objective: ObjectiveSettings, workers: int) -> Iterator[Objective]:
    clear_caches()
    if workers == 0:
        yield Objective(objective)
        return
    with ScoringPool(objective, compute(workers)) as pool:
        yield pool


@dataclass
class Scoring:
    """Scores lists of SMILES; a process keeps its objective."""

    settings: ObjectiveSettings

    @cached_property
    def objective(self) -> Objective:
        return Objective(self.settings)

    def __call__(self, smiles: list[str]) -> Any:
        return self.objective(smiles)


def run_scoring(workers: int, smiles: list[str], warm: list[str], objective: ObjectiveSettings, chunk: int) -> Any:
    """Molecules a second by Ray actors, and by a plain pool of as many processes with the same chunks."""
    clear_caches()
    with ScoringPool(objective, ComputeSettings(workers=workers), chunk=chunk) as pool:
        pool(warm * 2)
        ray_seconds = measure_time(lambda: pool(smiles))
    with Processes(Scoring(objective), workers) as processes:
        chunks = [smiles[start : start + chunk] for start in range(0, len(smiles), chunk)]
        list(processes.map([warm[i::8] for i in range(8)]))
        plain_seconds = measure_time(lambda: list(processes.map(chunks)))
    return len(smiles) / ray_seconds, len(smiles) / plain_seconds


def measure_time(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


TRAININGS: dict[str, tuple[Callable[..., tuple[float, float]], int]] = {
    "sample": (run_sampling, 8),
    "pretrain": (run_pretraining, 30),
    "reinforce": (partial(run_reinforcement, objective=CHEAP, batch=128), 30),
    "reinforce-512": (partial(run_reinforcement, objective=CHEAP, batch=512), 12),
    "reinforce-slow": (partial(run_reinforcement, objective=SLOW, batch=128), 8),
    "reinforce-slow-stale": (partial(run_reinforcement, objective=SLOW, batch=128, staleness=1), 8),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", help=f"of {', '.join([*TRAININGS, 'scoring'])}; all by default")
    parser.add_argument("--workers", type=int, nargs="+", default=[0, 1, 2])
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    parts = arguments.parts or [*TRAININGS, "scoring"]
    if set(parts) & set(TRAININGS):
        print("| what | workers | molecules a second | of the least workers' | start-up, s |\n|---|---|---|---|---|")
    for part in parts:
        if part not in TRAININGS:
            continue
        run, steps = TRAININGS[part]
        base: float | None = None
        for workers in arguments.workers:
            speed, start = run(workers, steps)
            base = base or speed
            print(f"| {part} | {workers} | {speed:,.1f} | {speed / base:.2f} | {start:.1f} |", flush=True)
    if "scoring" in parts:
        drawn = [sample.smiles for sample in load_generator().sample(6000, seed=1)]
        reference = [record.smiles for record in load_reference("moses_reference_1000")]
        print("| scoring, 2 workers | Ray, molecules a second | plain pool | Ray against plain |\n|---|---|---|---|")
        for name, objective, smiles, chunk in (("cheap", CHEAP, drawn, 256), ("50 ms", SLOW, drawn[:400], 8)):
            ours, plain = run_scoring(2, smiles, reference[: 4 * chunk], objective, chunk)
            print(f"| {name} | {ours:,.1f} | {plain:,.1f} | {ours / plain:.2f} |", flush=True)


if __name__ == "__main__":
    sys.exit(main())
