"""What was found for one held-out part, kept so that an interrupted comparison goes on."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from molgan.base.files import write_files


@dataclass(frozen=True)
class SplitResult:
    """One held-out part: `figures` by the name of what was trained on and of the figure, NaN where it cannot be
    computed; `reasons` why something could not be trained on; `trained` and `held_out` molecules; how many synthetic
    ones were wanted and `made`; and `dropped`, how many drawn ones were not taken, by cause."""

    seed: int
    fold: int
    trained: int
    held_out: int
    wanted: int
    made: int
    dropped: Mapping[str, int]
    figures: Mapping[str, Mapping[str, float]]
    reasons: Mapping[str, str]

    @property
    def name(self) -> str:
        return f"seed{self.seed}_fold{self.fold}.json"


def write_split(folder: Path, key: str, result: SplitResult) -> None:
    """Keep a result under the key of the data and the settings. Raises RunError."""
    content = clean({"key": key, **asdict(result)})
    write_files(folder, {result.name: [json.dumps(content, indent=1).encode(), b"\n"]})


def read_split(folder: Path, key: str, seed: int, fold: int) -> SplitResult | None:
    """What was kept under the same key; None where there is none, or it is damaged."""
    try:
        content = json.loads((folder / f"seed{seed}_fold{fold}.json").read_text())
        if content.pop("key") != key:
            return None
        figures = {
            name: {figure: math.nan if value is None else float(value) for figure, value in each.items()}
            for name, each in content.pop("figures").items()
        }
        return SplitResult(figures=figures, **content)
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return None


def clean(value: object) -> object:
    """JSON values, with null for NaN."""
    if isinstance(value, Mapping):
        return {str(key): clean(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [clean(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
