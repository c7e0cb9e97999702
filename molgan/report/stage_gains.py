"""What the stages that train the generator have bought: figures of samples before and after each, as rows of text."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from molgan.report.quantities import UNKNOWN, write_number, write_share

COLUMNS = ("Passes the filters", "Mean score", "FCD to the data", "Internal diversity", "Plausible", "Distinct", "Time")
_TITLES = {
    "data": "Training data",
    "prior": "Generator at the start",
    "adversarial": "After the critic",
    "reinforce": "After reinforcement learning",
}


@dataclass(frozen=True)
class StageGains:
    """`samples`: molecules of each set. `rows`: the title of a set and the text of each of `COLUMNS`. `critic`: how
    well the critic tells real from generated molecules, empty without one."""

    samples: int
    rows: list[tuple[str, list[str]]]
    critic: str


def read_gains(stages: Mapping[str, Any]) -> StageGains | None:
    """The gains, from the results of the stages by their names; None where they were not measured, or are damaged.

    `stages`: for each its `seconds`, and what it counted: `sets` of the stage `evaluation`, `critic` of `adversarial`.
    """
    try:
        found = stages["evaluation"]
        rows = [(_TITLES.get(name, name), _write_row(name, row, stages)) for name, row in found["sets"].items()]
        return StageGains(int(found["samples"]), rows, _describe_critic(stages)) if rows else None
    except (KeyError, TypeError, AttributeError, ValueError):
        return None


def _write_row(name: str, row: Mapping[str, float | None], stages: Mapping[str, Any]) -> list[str]:
    seconds = stages[name]["seconds"] if name in stages else None
    return [
        write_share(row["passed"]),
        write_number(row["score"], 3),
        write_number(row["fcd"], 2),
        write_number(row["diversity"], 3),
        write_share(row["plausible"]),
        write_share(row["distinct"]),
        "" if seconds is None else _write_time(float(seconds)),
    ]


def _write_time(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.1f} min"


def _describe_critic(stages: Mapping[str, Any]) -> str:
    auc = stages.get("adversarial", {}).get("critic", {}).get("auc")
    return "" if auc is None else f"{float(auc):.3f}" if auc == auc else UNKNOWN
