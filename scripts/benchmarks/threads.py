"""What settings of threads cost on an idle machine, and beside another process that keeps one core or all of them busy.

    python scripts/benchmarks/threads.py [--weights moses] [--rounds 3]

Each setting is tried in a fresh process, since OpenMP reads its environment once. Sampling draws a batch on each
thread; an update, as reinforcement learning takes it, shares every operation among the threads. Seconds, the best of
the rounds.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

CORES = len(os.sched_getaffinity(0))
SETTINGS = {
    "as set by molgan": {},
    "1 thread": {"OMP_NUM_THREADS": "1"},
    "GNU's own spinning": {"GOMP_SPINCOUNT": "300000"},
    "passive": {"OMP_WAIT_POLICY": "PASSIVE"},
    "spins 1,000 times": {"GOMP_SPINCOUNT": "1000"},
    "spins 10,000 times": {"GOMP_SPINCOUNT": "10000"},
}
BUSY = "while True: pass"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", default="moses")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--molecules", type=int, default=1_000)
    parser.add_argument("--updates", type=int, default=10)
    parser.add_argument("--work", action="store_true", help="time the work in this process")
    arguments = parser.parse_args()
    if arguments.work:
        print(*time_work(arguments.weights, arguments.molecules, arguments.updates))
        return
    print(f"| {CORES} cores | beside | sampling, s | updates, s |\n|---|---|---|---|")
    for busy in dict.fromkeys((0, 1, CORES)):
        with busy_processes(busy):
            for name, environment in SETTINGS.items():
                times = [run_once(arguments, environment) for _ in range(arguments.rounds)]
                sampling, updates = (min(column) for column in zip(*times, strict=True))
                print(f"| {name} | {busy} busy processes | {sampling:.2f} | {updates:.2f} |", flush=True)


@contextmanager
def busy_processes(number: int) -> Iterator[None]:
    """So many processes at full load."""
    running = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(number)]
    try:
        yield
    finally:
        for process in running:
            process.kill()
            process.wait()


def run_once(arguments: argparse.Namespace, environment: dict[str, str]) -> tuple[float, float]:
    """Seconds of sampling and of updates in a fresh process."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("OMP_", "GOMP_", "KMP_"))}
    how = ["--weights", arguments.weights, "--molecules", str(arguments.molecules), "--updates", str(arguments.updates)]
    done = subprocess.run(
        [sys.executable, __file__, "--work", *how],
        env={**inherited, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    sampling, updates = map(float, done.stdout.split())
    return sampling, updates


def time_work(weights: str, molecules: int, updates: int) -> tuple[float, float]:
    """Seconds in which this process draws molecules, and takes updates on 64 of them."""
    import torch

    from molgan.models.loading import load_generator
    from molgan.models.motif.motif_generator import MotifGenerator
    from molgan.models.precision import autocast

    generator = load_generator(weights, MotifGenerator)
    generator.sample(64, seed=0)
    start = time.perf_counter()
    drawn = generator.sample(molecules, seed=1)
    sampling = time.perf_counter() - start
    optimizer = torch.optim.AdamW(generator.parameters(), 1e-5, fused=True)
    actions = [sample.actions for sample in drawn[:64]]
    start = time.perf_counter()
    for _ in range(updates):
        optimizer.zero_grad()
        with autocast():
            loss = -generator.log_likelihood(actions).mean()
        loss.backward()
        optimizer.step()
    return sampling, time.perf_counter() - start


if __name__ == "__main__":
    main()
