"""Draws anew what the filter `misuse` rejects, so that it is not handed out."""

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np

from molgan.chem.misuse.screen import find_misuse
from molgan.chem.molecule import Molecule

_ROUNDS = 20
_WITHHELD = Molecule("", None, None, "withheld by the filter 'misuse'")


def withhold(
    molecules: Sequence[Molecule], draw: Callable[[int, int], Sequence[Molecule]], *, seed: int, withheld: Counter[str]
) -> list[Molecule]:
    """The molecules, with others of `draw(number, seed)` in the places of those that are not handed out.

    What is rejected in 20 rounds of drawing becomes a molecule without SMILES. The others are as they were, so that
    the samples follow the distribution of the generator without what is rejected. `withheld` counts the reasons of all
    that were rejected.
    """
    kept = list(molecules)
    places = list(range(len(kept)))
    for number in range(1, _ROUNDS + 2):
        reasons = [find_misuse(kept[place]) for place in places]
        withheld.update(reason for reason in reasons if reason is not None)
        places = [place for place, reason in zip(places, reasons, strict=True) if reason is not None]
        if not places:
            break
        another = np.random.SeedSequence(seed, spawn_key=(number,)).generate_state(1, np.uint32)[0]
        new = draw(len(places), int(another)) if number <= _ROUNDS else [_WITHHELD] * len(places)
        for place, molecule in zip(places, new, strict=True):
            kept[place] = molecule
    return kept


def describe_withheld(withheld: Counter[str]) -> str:
    """A sentence on the molecules that were drawn anew."""
    reasons = ", ".join(f"{reason} {count:,}" for reason, count in withheld.most_common(5))
    count = withheld.total()
    drawn = "1 molecule, and another was" if count == 1 else f"{count:,} molecules, and others were"
    return f"the filter 'misuse' rejected {drawn} drawn: {reasons}"
