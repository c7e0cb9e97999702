"""The sets of medicinal chemistry, draws from them and from weights by a seed, and tables of figures."""

import inspect
import math
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

import molgan
from molgan.base.progress import Progress
from molgan.chem.reading import read_smiles

ROOT = Path(__file__).parents[2]
TRAIN, TEST, TEST_SCAFFOLDS = "train", "test", "test_scaffolds"
SETS = (TRAIN, TEST, TEST_SCAFFOLDS)


def find_set(name: str) -> Path:
    """The file of one of `SETS`."""
    return ROOT / "data" / f"medchem_{name}.csv.gz"


@cache
def read_set(name: str) -> tuple[str, ...]:
    """The SMILES of one of `SETS`, canonical, in the order of the file, which is that of the alphabet."""
    return tuple(record.smiles for record in read_smiles(find_set(name)))


def draw_real(name: str, n: int | None, seed: int) -> list[str]:
    """At most `n` molecules of a set at random, all in a random order for None."""
    known = read_set(name)
    return [known[i] for i in np.random.default_rng([seed, 11]).permutation(len(known))[:n]]


def draw_samples(
    weights: str,
    n: int,
    seed: int,
    *,
    raw: bool,
    progress: Progress,
    core: str | None = None,
    targets: Mapping[str, float] | None = None,
) -> list[str | None]:
    """`n` molecules of a generator, which aim at the `targets`; with a `core` all contain it."""
    task = f"sampling, seed {seed}" if core is None else f"sampling around {core}"
    extra: dict[str, Any] = {} if core is None else {"core": core}
    extra |= {"targets": targets} if targets else {}
    progress.start(task, n)
    drawn = molgan.sample(
        n, seed=seed, weights=weights, raw=raw, on_batch=lambda done: progress.advance(task, done), **extra
    )
    progress.finish(task)
    return drawn


def name_weights(weights: str) -> str:
    """Weights as a column is called: the last part of a path."""
    return Path(weights).name


def samples_around_cores() -> bool:
    """Whether `molgan.sample` takes a core."""
    return "core" in inspect.signature(molgan.sample).parameters


def print_table(title: str, columns: Sequence[str], rows: Mapping[str, Sequence[object]]) -> None:
    """Print a table in markdown: a line for each row by its name, numbers to some three digits, NaN as nothing."""
    print(f"\n{title}\n\n| | {' | '.join(columns)} |\n|---{'|---' * len(columns)}|")
    for name, cells in rows.items():
        print(f"| {name} | {' | '.join(map(write_cell, cells))} |", flush=True)


def write_cell(value: object) -> str:
    """A cell of a table: 12,345, 345.6, 34.56, 3.456, .346; texts as they are."""
    if value is None or (isinstance(value, float | np.floating) and math.isnan(value)):
        return ""
    if isinstance(value, int | np.integer):
        return f"{value:,}"
    if not isinstance(value, float | np.floating):
        return str(value)
    digits = 0 if abs(value) >= 1000 else 1 if abs(value) >= 100 else 2 if abs(value) >= 10 else 3
    text = f"{value:,.{digits}f}"
    return text.replace("0.", ".", 1) if text.removeprefix("-").startswith("0.") else text
