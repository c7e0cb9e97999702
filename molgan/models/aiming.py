"""Which properties weights can aim at, and whether given targets are among them."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from molgan.base.errors import InputError
from molgan.models.weights import find_weights, list_shipped, read_facts

MOST_CANDIDATES = 1_000


def check_targets(targets: Mapping[str, float], names: Sequence[str]) -> None:
    """Raises InputError for a property that is not among `names`, those that a generator was trained for, or a value
    that is not a finite number."""
    for name, value in targets.items():
        if name not in names:
            raise InputError(f"no target {name!r}{_hint(str(name), names)}")
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise InputError(f"target {name}: {value!r} is not a finite number")


def check_guidance(guidance: float, targets: Mapping[str, float]) -> None:
    """Raises InputError for a strength that is not a finite number of at least 0, or one without targets."""
    if not (math.isfinite(guidance) and guidance >= 0):
        raise InputError(f"guidance: {guidance:g} is not a finite number of at least 0")
    if guidance != 1 and not targets:
        raise InputError("guidance: there is nothing to aim at; give targets, such as logp=2.5")


def check_candidates(candidates: int | None, targets: Mapping[str, float]) -> None:
    """Raises InputError for a number that is not from 1 to 1,000, or several without targets. None is the default."""
    if candidates is None:
        return
    if not 1 <= candidates <= MOST_CANDIDATES:
        raise InputError(f"candidates: {candidates} is not from 1 to {MOST_CANDIDATES:,}")
    if candidates > 1 and not targets:
        raise InputError("candidates: there is nothing to choose by; give targets, such as logp=2.5")


def read_conditions(weights: str | Path) -> tuple[str, ...]:
    """The properties that weights can aim at, none for most. Raises WeightsError where there are no such weights."""
    network = read_facts(find_weights(weights)).get("network")
    return tuple(network.get("condition") or ()) if isinstance(network, dict) else ()


def _hint(name: str, names: Sequence[str]) -> str:
    if not names:
        able = [weights for weights in list_shipped() if read_conditions(weights)]
        others = f"shipped weights that aim: {', '.join(able)}" if able else "no shipped weights were trained with it"
        return f": the weights were trained without `network.condition`; {others}"
    near = difflib.get_close_matches(name, names, n=1)
    return f", did you mean {near[0]!r}?" if near else f": the weights have the targets {', '.join(names)}"
