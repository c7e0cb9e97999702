"""How samples differ from data, as texts and drawings."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from markupsafe import Markup

from molgan.base.errors import InputError, WeightsError
from molgan.chem.compound_classes import COMPOUND_CLASSES
from molgan.evaluation.bias import Bias, PropertyShift, Region
from molgan.evaluation.bootstrap import Interval
from molgan.evaluation.composition import KINDS
from molgan.evaluation.drawn_sets import compare_smiles
from molgan.evaluation.frequencies import Frequency, find_frequent, find_rare
from molgan.report.drawings import draw
from molgan.report.quantities import Quantity, quantity, write_number, write_share

TOP = 10
_MOST = 1_000
_LIBRARY = "library"


@dataclass(frozen=True)
class Thing:
    """A ring system, group, scaffold or cluster: drawn, with its shares, their ratio and, of a cluster, what is
    found of it."""

    drawing: Markup | None
    smiles: str
    name: str
    share: str
    data_share: str
    ratio: str
    recall: str
    coverage: str


@dataclass(frozen=True)
class Kind:
    """What samples have too often and too rarely; `compared` is the number of things that were looked at."""

    title: str
    compared: int
    frequent: list[Thing]
    rare: list[Thing]


@dataclass(frozen=True)
class BiasSection:
    """`figures`, `properties` and `classes`: titles and cells of tables."""

    size: int
    figures: list[tuple[str, str]]
    properties: list[tuple[str, str, str, str]]
    classes: list[tuple[str, str, str, str]]
    kinds: list[Kind]
    clusters: list[Thing]
    tiers: list[Thing]


def describe_bias(bias: Bias) -> BiasSection:
    """The section on a comparison."""
    return BiasSection(
        bias.size,
        [(name, write_interval(interval)) for name, interval in bias.figures.items()],
        [_describe_property(shift) for shift in bias.properties],
        _describe_classes(bias.classes),
        [
            Kind(
                f"{title[:1].upper()}{title[1:]}s",
                len(bias.frequencies[kind]),
                _draw_things(find_frequent(bias.frequencies[kind], TOP)),
                _draw_things(find_rare(bias.frequencies[kind], TOP)),
            )
            for kind, title in KINDS.items()
        ],
        [_describe_region(region) for region in bias.clusters[:TOP]],
        [_describe_region(region) for region in bias.tiers],
    )


def compare_library(library: pd.DataFrame, reference: pd.DataFrame | None) -> BiasSection | None:
    """The section on a library beside the sample of the training data; None where either has too few molecules, or
    ChemNet cannot be asked. At most
    1,000 of each are compared."""
    if reference is None or "smiles" not in library or "smiles" not in reference:
        return None
    try:
        found, _ = compare_smiles(
            {_LIBRARY: library["smiles"].tolist()}, reference["smiles"].tolist(), most=_MOST, control=False
        )
    except (InputError, WeightsError):  # ChemNet's weights are not installed
        return None
    return describe_bias(found.sets[_LIBRARY])


def write_interval(interval: Interval, decimals: int = 3) -> str:
    """`0.912 (0.901 to 0.923)`."""
    value, low, high = (write_number(each, decimals) for each in interval)
    return f"{value} ({low} to {high})"


def write_ratio(ratio: Interval) -> str:
    """A base-2 logarithm of a ratio as `4.0 times (2.1 to 7.7)`."""
    value, low, high = (_write_times(2**each) for each in ratio)
    return f"{value} times ({low} to {high})"


def _write_times(value: float) -> str:
    return write_number(value, 0 if value >= 100 else 1 if value >= 10 else 2)


def _describe_classes(classes: Sequence[Frequency]) -> list[tuple[str, str, str, str]]:
    """Name, share, share of the data, and ratio, in the order of COMPOUND_CLASSES."""
    order = list(COMPOUND_CLASSES)
    return [
        (each.smiles, write_share(each.share), write_share(each.data_share), write_ratio(each.ratio))
        for each in sorted(classes, key=lambda each: order.index(each.smiles))
    ]


def _draw_things(frequencies: Sequence[Frequency]) -> list[Thing]:
    return [
        Thing(
            draw(each.smiles, label=each.smiles, width=150, height=100),
            each.smiles,
            "",
            write_share(each.share),
            write_share(each.data_share),
            write_ratio(each.ratio),
            "",
            "",
        )
        for each in frequencies
    ]


def _describe_region(region: Region) -> Thing:
    return Thing(
        draw(region.smiles, label=region.smiles, width=150, height=100),
        region.smiles,
        region.name,
        "" if region.share is None else write_share(region.share),
        write_share(region.data_share),
        "" if region.ratio is None else write_ratio(region.ratio),
        write_interval(region.recall, 2),
        write_interval(region.coverage, 2),
    )


def _describe_property(shift: PropertyShift) -> tuple[str, str, str, str]:
    """Title, distance, difference of the means with its interval, and the distance in standard deviations."""
    kind = quantity(shift.name)
    digits = kind.decimals + 1
    relative = shift.distance / shift.spread if shift.spread else float("nan")
    return (
        _title(kind),
        write_number(shift.distance, digits),
        write_interval(shift.shift, digits),
        write_number(relative, 2),
    )


def _title(kind: Quantity) -> str:
    return f"{kind.title}, {kind.unit}" if kind.unit else kind.title
