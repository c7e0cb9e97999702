"""The interface by which training loops report their metrics."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Report = Callable[[dict[str, Any], Mapping[str, Any] | None], None]
"""Called with the metrics of a step, and with a description of the checkpoint where one was just written, else None."""


def silent(metrics: dict[str, Any], checkpoint: Mapping[str, Any] | None) -> None:
    """Discard the report."""


def report_again(report: Report, state: Mapping[str, Any]) -> None:
    """Report what was reported with a checkpoint, by its `state`: a kill between the two has lost the report."""
    if row := state.get("reported"):
        report(dict(row), {"step": row["step"]})
