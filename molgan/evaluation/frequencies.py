"""What samples have more or less often than data: ring systems, functional groups, scaffolds."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from molgan.evaluation.bootstrap import Interval, bootstrap_ratios
from molgan.evaluation.composition import Composition

_LEAST = 5  # molecules of both sets that must have a thing for it to be compared


@dataclass(frozen=True)
class Frequency:
    """How many of `total` samples and of `data_total` molecules of the data have a thing, given as SMILES; `ratio` is
    the base-2 logarithm of the ratio of the two shares: 1 is twice as often as in the data."""

    smiles: str
    count: int
    total: int
    data_count: int
    data_total: int
    ratio: Interval

    @property
    def share(self) -> float:
        return self.count / self.total

    @property
    def data_share(self) -> float:
        return self.data_count / self.data_total


def compare_frequencies(
    samples: Sequence[Composition], data: Sequence[Composition], kind: str, rng: np.random.Generator
) -> list[Frequency]:
    """What at least five molecules have of a kind (a key of `KINDS`, or `classes`), from what is most certainly too
    frequent to what is most certainly too rare: by the end of the interval that is nearer to equality."""
    if not samples or not data:
        return []
    counts, known = (Counter(item for each in some for item in getattr(each, kind)) for some in (samples, data))
    items = sorted(item for item in counts.keys() | known.keys() if counts[item] + known[item] >= _LEAST)
    found, expected = (np.array([count[item] for item in items], np.int64) for count in (counts, known))
    ratios = bootstrap_ratios(found, len(samples), expected, len(data), rng)
    frequencies = [
        Frequency(item, int(a), len(samples), int(b), len(data), Interval(*ratio))
        for item, a, b, ratio in zip(items, found, expected, ratios.tolist(), strict=True)
    ]
    return sorted(frequencies, key=lambda each: (-_find_certain(each.ratio), -each.ratio.value, each.smiles))


def find_frequent(frequencies: Sequence[Frequency], most: int = 10) -> list[Frequency]:
    """The things that samples have more often than data, beyond chance, the most certain first."""
    return [each for each in frequencies if each.ratio.low > 0][:most]


def find_rare(frequencies: Sequence[Frequency], most: int = 10) -> list[Frequency]:
    """The things that samples have less often than data, beyond chance, the most certain first."""
    return [each for each in reversed(frequencies) if each.ratio.high < 0][:most]


def _find_certain(ratio: Interval) -> float:
    """The end of the interval that is nearer to 0; 0 where the interval holds it."""
    return ratio.low if ratio.low > 0 else min(ratio.high, 0.0)
