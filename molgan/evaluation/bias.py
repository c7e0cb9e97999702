"""Bias and coverage: where samples differ from the data that they should be like, and what of it they miss."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from molgan.evaluation import clusters
from molgan.evaluation.bootstrap import Interval, bootstrap_difference, bootstrap_mean, bootstrap_ratios
from molgan.evaluation.chemnet_points import MOST
from molgan.evaluation.composition import KINDS, PROPERTIES, MoleculeSet
from molgan.evaluation.frequencies import Frequency, compare_frequencies
from molgan.evaluation.neighbourhoods import Neighbourhoods, find_neighbourhoods

CLUSTERS = 20
FEWEST = 20
"""Valid molecules that a set must have to be compared."""

Points = NDArray[np.float64]


@dataclass(frozen=True)
class PropertyShift:
    """A property's Wasserstein distance to the data, and the difference of the means, both in its unit; `spread` is its
    standard deviation in the data."""

    name: str
    distance: float
    shift: Interval
    spread: float


@dataclass(frozen=True)
class Region:
    """A part of the data: its share of the data and of the samples, their `ratio` as in `Frequency` (None where samples
    cannot be told to be of it), the recall and the coverage of its molecules, and one of them."""

    name: str
    count: int
    data_share: float
    share: float | None
    ratio: Interval | None
    recall: Interval
    coverage: Interval
    smiles: str


@dataclass(frozen=True)
class Bias:
    """How samples compare with data. `size`: the molecules of either for `figures` and regions; `figures`: precision,
    recall, density and coverage; `frequencies` by the keys of `KINDS`; `classes` of compounds; `tiers` is empty where
    the data has none."""

    size: int
    figures: dict[str, Interval]
    properties: list[PropertyShift]
    frequencies: dict[str, list[Frequency]]
    classes: list[Frequency]
    clusters: list[Region]
    tiers: list[Region]


@dataclass(frozen=True)
class Comparison:
    """`sets`: the bias of each; `control`: the same of real molecules that `sets` are not compared with, which shows
    what chance does, None where the data has too few. `data`: all molecules of the data."""

    sets: dict[str, Bias]
    control: Bias | None
    data: MoleculeSet


def compare_sets(
    samples: Mapping[str, MoleculeSet],
    data: MoleculeSet,
    *,
    tiers: Sequence[str] = (),
    control: bool = True,
    most: int = MOST,
    seed: int = 0,
) -> Comparison:
    """Compare each set of samples with the data.

    Points are ChemNet's activations. Balls and regions take equally many molecules of each set, and as many of the
    data, drawn by the seed; with `control`, half of the data is kept for it.

    Args:
        samples: Sets of at least `FEWEST` valid molecules each, by name.
        data: Real molecules, at least `FEWEST`.
        tiers: The tier of each molecule of `data`; none for no tiers.
        control: Whether to compare real molecules, too.
        most: The most molecules of a set.
        seed: Seed of draws, clusters and intervals.
    """
    order = np.random.default_rng([seed, 1]).permutation(len(data))
    halved = control and len(data) >= 2 * FEWEST
    size = min(most, len(data) // 2 if halved else len(data), *map(len, samples.values()))
    yardstick = _Yardstick.of(data, order[:size], tiers, seed)
    rest = data.select(order[size:])
    return Comparison(
        {name: yardstick.compare(each, data, size) for name, each in samples.items()},
        yardstick.compare(rest, data.select(order[:size]), size) if halved else None,
        data,
    )


@dataclass(frozen=True)
class _Yardstick:
    """Real molecules as points, in clusters and tiers."""

    chosen: MoleculeSet
    points: Points
    centres: Points
    nearest: NDArray[np.int64]
    tiers: list[str]
    seed: int

    @classmethod
    def of(cls, data: MoleculeSet, rows: NDArray[np.int64], tiers: Sequence[str], seed: int) -> "_Yardstick":
        chosen = data.select(rows)
        points = chosen.activations.astype(np.float64)
        centres = clusters.find_centres(points, min(CLUSTERS, len(points)), np.random.default_rng([seed, 2]))
        named = [tiers[row] for row in rows.tolist()] if len(tiers) else []
        return cls(chosen, points, centres, clusters.assign(points, centres), named, seed)

    def compare(self, samples: MoleculeSet, data: MoleculeSet, size: int) -> Bias:
        rng = np.random.default_rng([self.seed, 3])
        rows = rng.permutation(len(samples))[:size]
        points = samples.activations[rows].astype(np.float64)
        balls = find_neighbourhoods(self.points, points)
        return Bias(
            size,
            {name: bootstrap_mean(values, rng) for name, values in balls.columns.items()},
            [_compare_property(name, samples, data, i, rng) for i, name in enumerate(PROPERTIES)],
            {kind: compare_frequencies(samples.molecules, data.molecules, kind, rng) for kind in KINDS},
            compare_frequencies(samples.molecules, data.molecules, "classes", rng),
            self._compare_clusters(points, balls, rng),
            self._compare_tiers(balls, rng),
        )

    def _compare_clusters(self, points: Points, balls: Neighbourhoods, rng: np.random.Generator) -> list[Region]:
        k = len(self.centres)
        here, there = np.bincount(clusters.assign(points, self.centres), minlength=k), np.bincount(self.nearest)
        there = np.pad(there, (0, k - len(there)))
        ratios = bootstrap_ratios(here, len(points), there, len(self.points), rng)
        typical = clusters.measure(self.points, self.centres).argmin(axis=0)
        regions = [
            Region(
                f"cluster {i + 1}",
                int(there[i]),
                float(there[i] / len(self.points)),
                float(here[i] / len(points)),
                Interval(*ratios[i].tolist()),
                *self._find_means(balls, self.nearest == i, rng),
                self.chosen.molecules[typical[i]].smiles,
            )
            for i in range(k)
            if there[i]
        ]
        return sorted(regions, key=lambda region: region.coverage.value)

    @staticmethod
    def _find_means(
        balls: Neighbourhoods, rows: NDArray[np.bool_], rng: np.random.Generator
    ) -> tuple[Interval, Interval]:
        """Recall and coverage of some of the real molecules."""
        columns = balls.columns
        return bootstrap_mean(columns["Recall"][rows], rng), bootstrap_mean(columns["Coverage"][rows], rng)

    def _compare_tiers(self, balls: Neighbourhoods, rng: np.random.Generator) -> list[Region]:
        names = np.array(self.tiers)
        regions = []
        for name in sorted(set(self.tiers)):
            of_tier = names == name
            share = float(of_tier.mean())
            means = self._find_means(balls, of_tier, rng)
            first = self.chosen.molecules[int(of_tier.argmax())].smiles
            regions.append(Region(name, int(of_tier.sum()), share, None, None, *means, first))
        return sorted(regions, key=lambda region: region.coverage.value)


def _compare_property(
    name: str, samples: MoleculeSet, data: MoleculeSet, column: int, rng: np.random.Generator
) -> PropertyShift:
    from scipy.stats import wasserstein_distance

    values, known = (each.properties[:, column] for each in (samples, data))
    here, there = values[~np.isnan(values)], known[~np.isnan(known)]
    distance = float(wasserstein_distance(here, there)) if len(here) and len(there) else float("nan")
    spread = float(there.std()) if len(there) else float("nan")
    return PropertyShift(name, distance, bootstrap_difference(here, there, rng), spread)
