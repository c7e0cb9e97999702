"""Generators of any kind by their weights."""

from __future__ import annotations

import json
from pathlib import Path

from molgan.models.motif.motif_generator import MotifGenerator, load_generator, located
from molgan.models.motif.refined import RefinedGenerator
from molgan.models.one_shot.one_shot_generator import KIND, OneShotGenerator, load_one_shot


def load_any(weights: str | Path, *, raw: bool = False) -> MotifGenerator | OneShotGenerator | RefinedGenerator:
    """The generator with the weights of that name which molgan ships, or from a path or folder that training wrote;
    with the critic that was trained for it in front, where there is one, unless it shall be `raw`.

    Raises WeightsError where there are none, or they are damaged or of another architecture.
    """
    path = Path(weights)
    path = path / "weights" if path.is_dir() else path
    try:
        kind = json.loads(path.with_name(path.name + ".json").read_text())["kind"]
    except (OSError, ValueError, KeyError, TypeError):
        kind = None  # a shipped name, or a fault that the loader of motif generators words
    if kind == KIND:
        return load_one_shot(weights)
    generator = load_generator(weights)
    return generator if raw else RefinedGenerator.load(located(weights), generator) or generator
