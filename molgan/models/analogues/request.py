"""What is asked of analogues."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from molgan.base.errors import InputError
from molgan.graphs.motif.kept_core import KeptCore
from molgan.models.aiming import check_guidance, check_targets

USUAL = ("mw", "logp", "tpsa", "qed")
"""The properties that are shown in any case."""

_MOST = 100_000
_MOST_ATOMS = 200
_HOTTEST = 10.0


@dataclass(frozen=True)
class AnalogueRequest:
    """What the analogues of a molecule are to be.

    Args:
        n: Number of analogues of each molecule, at most.
        similarity: Lowest and highest Tanimoto similarity (ECFP4) to the molecule, 0 to 1; None for any.
        targets: Properties to aim at, in their units.
        changes: Properties to aim at, as differences to those of the molecule, in their units.
        keep: SMILES of a part that all analogues keep, see `KeptCore`.
        guidance: Strength of aiming at what is asked for, see `Aim`.
        temperature: The logits are divided by it; above 0, at most 10.
        max_atoms: Most heavy atoms, 1 to 200; by default those of the generator.
        budget: Most molecules drawn for a molecule; by default twenty for each analogue, 1,000 at least.
        properties: Further properties that are told before and after.
        misuse_filter: Whether what the filter `misuse` rejects is left out, and no analogues of it are drawn.
        plausible: Whether what the filter `plausible` rejects is left out, unless the molecule itself has it.
    """

    n: int = 100
    similarity: tuple[float, float] | None = None
    targets: Mapping[str, float] = field(default_factory=dict)
    changes: Mapping[str, float] = field(default_factory=dict)
    keep: str | None = None
    guidance: float = 1.0
    temperature: float = 1.0
    max_atoms: int | None = None
    budget: int | None = None
    properties: Sequence[str] = ()
    misuse_filter: bool = True
    plausible: bool = True

    @property
    def shown(self) -> tuple[str, ...]:
        """The properties that are told before and after: those aimed at first."""
        return tuple(dict.fromkeys([*self.targets, *self.changes, *self.properties, *USUAL]))

    @property
    def most_drawn(self) -> int:
        return self.budget or max(1000, 20 * self.n)

    def check(self, names: Sequence[str]) -> KeptCore | None:
        """The part to keep, if any. Raises InputError for a value outside its range, or a property that is not among
        `names`, those that the generator was trained for."""
        if not 1 <= self.n <= _MOST:
            raise InputError(f"n: {self.n} is not from 1 to {_MOST:,}")
        if self.budget is not None and self.budget < 1:
            raise InputError(f"budget: {self.budget} is not 1 or more")
        if self.similarity is not None:
            low, high = self.similarity
            if not 0 <= low < high <= 1:
                raise InputError(f"similarity: {low:g}:{high:g} is not a range within 0 to 1; write 0.5:0.8")
        if not 0 < self.temperature <= _HOTTEST:
            raise InputError(f"temperature: {self.temperature:g} is not above 0 and at most {_HOTTEST:g}")
        if self.max_atoms is not None and not 1 <= self.max_atoms <= _MOST_ATOMS:
            raise InputError(f"max_atoms: {self.max_atoms} is not from 1 to {_MOST_ATOMS}")
        check_targets(self.targets, names)
        check_targets(self.changes, names)
        if twice := sorted(set(self.targets) & set(self.changes)):
            raise InputError(f"target {twice[0]}: both a value and a change are given")
        asked = {**self.targets, **self.changes}
        check_guidance(self.guidance, asked if self.similarity is None else {**asked, "similarity": 1.0})
        return None if self.keep is None else KeptCore(self.keep)


def read_target(text: str) -> tuple[str, float, bool]:
    """A target as it is written on the command line: its name, its number, and whether it is a change.

    `logp=2.5` and `logp==-0.5` are values, `logp=-1.0` and `logp=+1.0` are changes: a sign behind a single = asks for a
    difference to the source, and a second = for the value itself, which a negative value needs. Raises InputError.
    """
    name, _, value = text.partition("=")
    name, value = name.strip(), value.strip()
    is_change = value.startswith(("+", "-"))
    try:
        number = float(value.removeprefix("="))
    except ValueError:
        number = math.nan
    if not name or not math.isfinite(number):
        raise InputError(
            f"--target {text}: write --target logp=2.5 for a value, logp=-1.0 or logp=+1.0 for a change, "
            "logp==-0.5 for a negative value"
        )
    return name, number, is_change


def read_range(text: str) -> tuple[float, float]:
    """A range of similarities as it is written on the command line, `0.5:0.8`. Raises InputError."""
    low, colon, high = text.partition(":")
    try:
        return float(low or 0), float(high or 1) if colon else math.nan
    except ValueError:
        raise InputError(f"--similarity {text}: not of the form low:high; write --similarity 0.5:0.8") from None
