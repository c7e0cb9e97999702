"""Titles, units and formats of the quantities in the report."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Quantity:
    """A column of the library: title, unit, decimals to show, the direction that is usually good, and its meaning."""

    title: str
    unit: str = ""
    decimals: int = 2
    better: Literal["high", "low", "none"] = "none"
    meaning: str = ""

    def write(self, value: float | None) -> str:
        """The value with its unit, or a dash for an unknown value."""
        text = write_number(value, self.decimals)
        return f"{text} {self.unit}" if self.unit and text != UNKNOWN else text


UNKNOWN = "\N{EN DASH}"
MINUS = "\N{MINUS SIGN}"

QUANTITIES = {
    "score": Quantity("Score", better="high", meaning="the objective, 0 to 1"),
    "qed": Quantity("QED", better="high", meaning="drug-likeness, 0 to 1"),
    "sa": Quantity("SA", better="low", meaning="1 easy to 10 hard to make"),
    "logp": Quantity("logP", meaning="lipophilicity, Crippen"),
    "tpsa": Quantity("TPSA", "Å²", 0, meaning="polar surface area"),
    "mw": Quantity("MW", "Da", 0, meaning="molecular weight"),
    "hbd": Quantity("HBD", decimals=0, meaning="hydrogen-bond donors"),
    "hba": Quantity("HBA", decimals=0, meaning="hydrogen-bond acceptors"),
    "rotatable_bonds": Quantity("Rotatable bonds", decimals=0, meaning="flexibility"),
    "rings": Quantity("Rings", decimals=0, meaning="smallest set of rings"),
    "heavy_atoms": Quantity("Heavy atoms", decimals=0, meaning="atoms other than hydrogen"),
    "fsp3": Quantity("Fsp³", meaning="share of carbons that are sp³"),
    "nearest_similarity": Quantity("Similarity to nearest drug", better="low", meaning="Tanimoto to approved drugs"),
    "pains": Quantity("PAINS", decimals=0, better="low", meaning="assay interference alerts"),
    "brenk": Quantity("BRENK", decimals=0, better="low", meaning="unwanted groups"),
    "realism": Quantity("Realism", better="high", meaning="how real it looks, 0 to 1"),
}

METRICS = {
    "score": "Mean score",
    "mean_score": "Mean score",
    "reward": "Mean reward",
    "best": "Best score",
    "top10": "Mean of the ten best scores",
    "best_10": "Mean of the ten best scores",
    "above_0.5": "Molecules above .5",
    "above_0.7": "Molecules above .7",
    "above_0.9": "Molecules above .9",
    "refused": "Candidates refused before scoring",
    "scaffolds": "Scaffolds",
    "clusters": "Clusters of similar molecules",
    "best_100_scaffolds": "Scaffolds of the 100 best",
    "loss": "Loss",
    "valid_loss": "Validation loss",
    "nll": "Negative log-likelihood",
    "generator_loss": "Generator loss",
    "critic_loss": "Critic loss",
    "critic_gap": "Critic gap",
    "critic_accuracy": "Critic accuracy",
    "unique": "Uniqueness",
    "uniqueness": "Uniqueness",
    "valid": "Validity",
    "novel": "Novelty",
    "internal_diversity": "Internal diversity",
    "kl": "KL to the prior",
    "entropy": "Entropy",
    "memory": "Molecules in memory",
    "learning_rate": "Learning rate",
    "lr": "Learning rate",
    "molecules_per_second": "Molecules a second",
}


def quantity(name: str) -> Quantity:
    """The quantity of a library column; the title of an unknown column is made from its name."""
    return QUANTITIES.get(name) or Quantity(title_of(name), decimals=2)


def metric_title(name: str) -> str:
    """The title of a training metric."""
    return METRICS.get(name) or title_of(name)


def title_of(name: str) -> str:
    """The title of a name that the report does not know: `drd2_activity` becomes `Drd2 activity`."""
    text = str(name).replace("_", " ").strip()
    return text[:1].upper() + text[1:]


def write_number(value: float | None, decimals: int = 2) -> str:
    """A number with fixed decimals and separated thousands; a dash for None, NaN and infinities."""
    if value is None or not math.isfinite(value):
        return UNKNOWN
    return f"{value:,.{decimals}f}".replace("-", MINUS)


def write_short(value: float | None) -> str:
    """A number of any size with about three significant figures: `0.000512`, `18.7`, `1,420`, `2.0e6`."""
    if value is None or not math.isfinite(value):
        return UNKNOWN
    size = abs(value)
    if size and (size >= 1e6 or size < 1e-4):
        return f"{value:.1e}".replace("e-0", "e-").replace("e+0", "e").replace("e+", "e").replace("-", MINUS)
    decimals = 0 if size >= 100 or value == int(value) else max(0, 2 - math.floor(math.log10(size)))
    return write_number(value, decimals)


def write_share(value: float | None) -> str:
    """A share of 0..1 as a percentage with one decimal, never rounded to a false 0 % or 100 %."""
    if value is None or not math.isfinite(value):
        return UNKNOWN
    percent = 100 * value
    if 0 < percent < 0.05:
        return "< 0.1 %"
    if 99.95 <= percent < 100:
        return "> 99.9 %"
    return f"{percent:.1f} %"
