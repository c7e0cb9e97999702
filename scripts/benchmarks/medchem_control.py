"""How close molecules come to the properties that they are told to aim at.

Each property has five aims, evenly spaced over the range from the 5th to the 95th percentile of the training set; then
three properties at once, at all eight combinations of their 25th and 75th percentiles. The error is the mean distance
of a valid molecule from its aim, averaged over the aims; without an aim it is that of samples that were told nothing.
"""

import argparse
import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
from medchem_sets import TRAIN, draw_real, print_table

from molgan.base.errors import InputError
from molgan.base.parallel import map_chunks
from molgan.base.progress import Progress
from molgan.chem.molecule import parse_all
from molgan.models.loading import load_generator
from molgan.models.motif.choosing import NearestGenerator
from molgan.models.motif.motif_generator import MotifGenerator
from molgan.scoring.measure import Measure

AIMS = {"logp": 0.20, "tpsa": 3.0, "qed": 0.05, "sa": 0.12, "mw": 6.0}
TOGETHER = ("logp", "tpsa", "qed")
POINTS = 5
KNOWN = 10_000  # real molecules whose percentiles count
_FIELDS = ("guidance", "candidates", "task", "property", "aimed", "reached")
_CHUNK = 500

Pair = tuple[float, int, str, str, float, float]


@dataclass(frozen=True)
class Way:
    """How strongly samples aim, and how many are drawn for each that is kept."""

    guidance: float
    candidates: int

    def __str__(self) -> str:
        return f"guidance {self.guidance:g}, {self.candidates} candidate{'s' if self.candidates > 1 else ''}"


@dataclass(frozen=True)
class Draw:
    """Samples that were told the same: how many, the distinct valid ones, and `values` [valid, AIMS] of the valid."""

    asked: int
    distinct: int
    values: np.ndarray

    def column(self, name: str) -> np.ndarray:
        return self.values[:, list(AIMS).index(name)]


@dataclass(frozen=True)
class Drawing:
    """Draws from a generator and measures."""

    generator: MotifGenerator
    asked: int
    processes: int
    progress: Progress

    def draw(self, targets: Mapping[str, float], way: Way, seed: int) -> Draw:
        told = " ".join(f"{name} {value:.3g}" for name, value in targets.items()) or "nothing told"
        task = f"{told}, {way}"
        self.progress.start(task, self.asked)
        sampler = NearestGenerator(self.generator, self.generator.scales, candidates=way.candidates)
        drawn = sampler.sample(
            self.asked,
            seed=seed,
            targets=targets,
            guidance=way.guidance,
            on_batch=lambda done: self.progress.advance(task, done),
        )
        self.progress.finish(task)
        return self.measure([sample.smiles for sample in drawn])

    def measure(self, smiles: Sequence[str]) -> Draw:
        parts = map_chunks(measure, smiles, _CHUNK, self.processes)
        texts = [text for part, _ in parts for text in part]
        return Draw(len(smiles), len(set(texts)), np.concatenate([values for _, values in parts]))


def measure(smiles: Sequence[str]) -> tuple[list[str], np.ndarray]:
    """The canonical SMILES of the valid molecules, and their properties, float32 [valid, AIMS]."""
    valid = [molecule for molecule in parse_all(smiles) if molecule.mol is not None]
    return [str(molecule.smiles) for molecule in valid], Measure(tuple(AIMS))([molecule.mol for molecule in valid])


def run(arguments: argparse.Namespace, progress: Progress) -> None:
    """The subcommand."""
    generator = load_generator(arguments.weights, MotifGenerator)
    generator.check_targets(dict.fromkeys(AIMS, 0.0))
    drawing = Drawing(generator, arguments.molecules, arguments.processes, progress)
    known = drawing.measure(draw_real(TRAIN, KNOWN, 0))
    free = drawing.draw({}, Way(1.0, 1), seed=arguments.seeds[0])
    pairs: list[Pair] = []
    for way in (Way(guidance, count) for guidance in arguments.guidance for count in arguments.candidates):
        pairs += print_single(drawing, known, free, way, arguments.seeds)
        pairs += print_together(drawing, known, free, way, arguments.seeds)
    if arguments.output:
        write_pairs(arguments.output, pairs)
        progress.message(f"{arguments.output}: {len(pairs):,} pairs of aim and value")


def print_single(drawing: Drawing, known: Draw, free: Draw, way: Way, seeds: Sequence[int]) -> list[Pair]:
    """Print the errors of each property alone; returns what was aimed at and reached."""
    pairs: list[Pair] = []
    rows: dict[str, list[object]] = {}
    for name, allowed in AIMS.items():
        aims = find_aims(known.column(name))
        draws = [(aim, drawing.draw({name: aim}, way, seed)) for aim in aims for seed in seeds]
        for aim, drawn in draws:
            pairs += [(way.guidance, way.candidates, name, name, aim, value) for value in drawn.column(name).tolist()]
        rows[name] = [
            f"≤ {allowed:.2f}",
            np.mean([find_error(drawn.column(name), aim) for aim, drawn in draws]),
            np.mean([find_error(free.column(name), aim) for aim in aims]),
            *find_shares([drawn for _, drawn in draws]),
            " ".join(f"{find_error(drawn.column(name), aim):.3g}" for aim, drawn in draws),
        ]
    columns = ["error allowed", "error", "error without an aim", "valid", "unique", "error at each aim, rising"]
    print_table(f"One property, {way}, {drawing.asked:,} samples an aim and seed", columns, rows)
    return pairs


def print_together(drawing: Drawing, known: Draw, free: Draw, way: Way, seeds: Sequence[int]) -> list[Pair]:
    """Print the errors of three properties aimed at together; returns what was aimed at and reached."""
    grid = [np.percentile(known.column(name), [25, 75]).tolist() for name in TOGETHER]
    corners = [dict(zip(TOGETHER, corner, strict=True)) for corner in product(*grid)]
    draws = [(corner, drawing.draw(corner, way, seed)) for corner in corners for seed in seeds]
    pairs: list[Pair] = []
    rows: dict[str, list[object]] = {}
    for name in TOGETHER:
        for corner, drawn in draws:
            pairs += [
                (way.guidance, way.candidates, "together", name, corner[name], value)
                for value in drawn.column(name).tolist()
            ]
        rows[name] = [
            f"≤ {AIMS[name]:.2f}",
            np.mean([find_error(drawn.column(name), corner[name]) for corner, drawn in draws]),
            np.mean([find_error(free.column(name), corner[name]) for corner in corners]),
            *find_shares([drawn for _, drawn in draws]),
        ]
    columns = ["error allowed", "error", "error without an aim", "valid", "unique"]
    print_table(f"{', '.join(TOGETHER)} together, {way}", columns, rows)
    return pairs


def find_aims(values: np.ndarray) -> list[float]:
    """`POINTS` values evenly spaced from the 5th to the 95th percentile; NaN does not count."""
    low, high = np.nanpercentile(values, [5, 95])
    return np.linspace(low, high, POINTS).tolist()


def find_error(values: np.ndarray, aim: float) -> float:
    """The mean distance of the values from the aim; NaN of none."""
    finite = values[np.isfinite(values)]
    return float(np.abs(finite - aim).mean()) if len(finite) else float("nan")


def find_shares(draws: Sequence[Draw]) -> tuple[float, float]:
    """The valid of all samples, and the distinct of the valid ones within a draw, averaged over the draws."""
    valid = sum(len(drawn.values) for drawn in draws)
    return valid / sum(drawn.asked for drawn in draws), sum(drawn.distinct for drawn in draws) / max(1, valid)


def write_pairs(path: Path, pairs: Sequence[Pair]) -> None:
    """Write what was aimed at and reached as CSV. Raises InputError where that cannot be written."""
    try:
        with path.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(_FIELDS)
            writer.writerows(pairs)
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror}); choose another file") from None
