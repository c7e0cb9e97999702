"""Generators of any kind by their weights."""

from __future__ import annotations

import json
from pathlib import Path

from molgan.models.motif import MotifGenerator, load_generator
from molgan.models.oneshot import KIND, OneShotGenerator, load_one_shot


def load_any(weights: str | Path) -> MotifGenerator | OneShotGenerator:
    """The generator with the weights of that name which molgan ships, or from a path or folder that training wrote.

    Raises WeightsError where there are none, or they are damaged or of another architecture.
    """
    path = Path(weights)
    path = path / "weights" if path.is_dir() else path
    try:
        kind = json.loads(path.with_name(path.name + ".json").read_text())["kind"]
    except (OSError, ValueError, KeyError, TypeError):
        kind = None  # a shipped name, or a fault that the loader of motif generators words
    return load_one_shot(weights) if kind == KIND else load_generator(weights)
