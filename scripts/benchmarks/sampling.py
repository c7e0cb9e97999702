"""Valid distinct SMILES a second: molgan's generator and a CharRNN of the MOSES size, on the same cores, in one run.

    python scripts/benchmarks/sampling.py [--molecules 10000] [--rounds 3] [--weights moses]

The CharRNN is that of MOSES (Polykovskiy et al. 2020): one-hot characters, LSTM 3 x 768, a linear layer, here in plain
torch with random weights. Its strings get the lengths of MOSES molecules and a row leaves the batch at its end; 97.5%
of them count, the validity that MOSES reports. Each model runs in its faster precision, with a batch on each thread,
which is faster than sharing one for both. The share of the matrix products in molgan's time is measured too: without
everything else it would be the floor. `refined` is with the critic of the weights, if they have one: all that it gives
count.
"""

import argparse
import time
from collections.abc import Callable, Mapping
from typing import TypeVar

import numpy as np
import torch
from rdkit import Chem, RDLogger
from rich.console import Console
from rich.table import Table
from torch import nn
from torch.profiler import ProfilerActivity, profile

from molgan.chem.motifs import write
from molgan.chem.shipped_sets import load_reference
from molgan.graphs.motif.actions import decode
from molgan.models.loading import load_any, load_generator
from molgan.models.motif.motif_generator import MotifGenerator
from molgan.models.motif.refined import RefinedGenerator
from molgan.models.precision import autocast, has_bfloat16
from molgan.models.settings import BATCH as OUR_BATCH
from molgan.models.threads import map_in_threads

CHARACTERS = 30  # of the MOSES alphabet, with start, end and padding
VALID = 0.975
BATCH = 1024

Name = TypeVar("Name")


class CharRNN(nn.Module):
    """The recurrent network of MOSES."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding.from_pretrained(torch.eye(CHARACTERS))
        self.recurrent = nn.LSTM(CHARACTERS, 768, 3, batch_first=True)
        self.head = nn.Linear(768, CHARACTERS)

    def sample(self, n: int, lengths: np.ndarray, bf16: bool) -> list[str]:
        def draw(start: int) -> list[str]:
            with torch.no_grad(), autocast("cpu", enabled=bf16):
                return self._batch(torch.from_numpy(lengths[start : min(n, start + BATCH)]))

        return [text for texts in map_in_threads(draw, range(0, n, BATCH)) for text in texts]

    def _batch(self, lengths: torch.Tensor) -> list[str]:
        rows = torch.arange(len(lengths))
        drawn = torch.zeros(len(lengths), int(lengths.max()), dtype=torch.long)
        last, state = torch.zeros(len(lengths), dtype=torch.long), None
        for step in range(drawn.shape[1]):
            kind = torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else torch.float32
            hidden, state = self.recurrent(self.embedding(last)[:, None].to(kind), state)
            last = torch.multinomial(self.head(hidden[:, 0]).float().softmax(1), 1)[:, 0]
            drawn[rows, step] = last
            going = (lengths[rows] > step + 1).nonzero()[:, 0]
            if len(going) < 0.75 * len(rows):
                rows, last, state = rows[going], last[going], tuple(part[:, going] for part in state)
        return ["".join(chr(97 + c) for c in row) for row in drawn.tolist()]


def time_in_turns(jobs: Mapping[Name, Callable[[], object]], rounds: int) -> dict[Name, float]:
    """The shortest time of each job in seconds; the jobs take turns, so that what else the machine does is shared."""
    best = dict.fromkeys(jobs, np.inf)
    for _ in range(rounds):
        for name, job in jobs.items():
            start = time.perf_counter()
            job()
            best[name] = min(best[name], time.perf_counter() - start)
    return best


def share_of_products(generator: MotifGenerator) -> float:
    """The share of matrix products in the time of drawing a batch on one thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with profile(activities=[ProfilerActivity.CPU]) as profiled:
        generator.sample(OUR_BATCH, seed=1)
    torch.set_num_threads(threads)
    times = {event.key: event.self_cpu_time_total for event in profiled.key_averages()}
    return sum(times.get(name, 0) for name in ("aten::addmm", "aten::mm")) / sum(times.values())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--molecules", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3, help="the best counts; the models take turns")
    parser.add_argument("--weights", default="moses")
    arguments = parser.parse_args()
    RDLogger.DisableLog("rdApp.*")
    n = arguments.molecules
    generator, rival = load_generator(arguments.weights), CharRNN().eval()
    refined = load_any(arguments.weights)
    known = np.array([len(record.smiles) + 1 for record in load_reference("moses_reference_1000")])
    lengths = np.random.default_rng(0).choice(known, n)
    precisions = [True, False] if has_bfloat16() else [False]
    drawn = generator.sample(n, seed=0)
    distinct = len({Chem.CanonSmiles(sample.smiles) for sample in drawn}) / n
    jobs: dict[str, Callable[[], object]] = {}
    for bf16 in precisions:
        name = "bfloat16" if bf16 else "float32"
        jobs[f"CharRNN, {name}"] = lambda bf16=bf16: rival.sample(n, lengths, bf16)
        jobs[f"molgan, {name}"] = lambda bf16=bf16: generator.sample(n, seed=0, bf16=bf16)
        if isinstance(refined, RefinedGenerator):
            jobs[f"molgan refined, {name}"] = lambda bf16=bf16: refined.sample(n, seed=0, bf16=bf16)
    jobs["  its writing of SMILES"] = lambda: [write(decode(s.actions, generator.vocabulary)) for s in drawn]
    best = time_in_turns(jobs, arguments.rounds)
    table = Table(title=f"{n:,} molecules, {torch.get_num_threads()} threads, best of {arguments.rounds} rounds")
    for column in ("", "seconds", "molecules/s", "valid distinct/s"):
        table.add_column(column, justify="left" if not column else "right")
    useful = {name: VALID if name.startswith("Char") else distinct for name in jobs if not name.startswith(" ")}
    for name, seconds in best.items():
        share = f"{useful[name] * n / seconds:,.0f}" if name in useful else ""
        table.add_row(name, f"{seconds:.2f}", f"{n / seconds:,.0f}", share)
    Console().print(table)
    ours, theirs = (max(useful[k] / best[k] for k in useful if k.startswith(kind)) for kind in ("molgan,", "Char"))
    print(
        f"molgan (raw) : CharRNN = {ours / theirs:.2f}, each in its faster precision; {distinct:.2%} of ours distinct; "
        f"matrix products take {share_of_products(generator):.0%} of molgan's time"
    )


if __name__ == "__main__":
    main()
