"""The interface by which training loops report their metrics."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Report = Callable[[dict[str, Any], Mapping[str, Any] | None], None]
"""Called with the metrics of a step, and with a description of the checkpoint where one was just written, else None."""


def silent(metrics: dict[str, Any], checkpoint: Mapping[str, Any] | None) -> None:
    """Discard the report."""
