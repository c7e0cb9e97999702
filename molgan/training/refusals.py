"""Molecules that are refused before they are scored, and how that is told."""

from collections import Counter
from collections.abc import Callable, Sequence

from rdkit import Chem

from molgan.chem.molecule import parse
from molgan.chem.plausibility.plausible import PlausibilityCheck, PlausibilitySettings

RefuseText = Callable[[str], str | None]
"""The reason, "kind: details", why a SMILES is not to be scored; None for one that is."""


def refuse_implausible(settings: PlausibilitySettings | None, given: Sequence[str] = ()) -> RefuseText:
    """The check of `plausible`; what the `given` molecules have is never refused, nor anything without settings. Raises
    InputError when an index cannot be read."""
    if settings is None:
        return lambda text: None
    check = PlausibilityCheck.of(settings, [mol for text in given if (mol := parse(text).mol) is not None])

    def refuse(text: str) -> str | None:
        mol: Chem.Mol | None = parse(text).mol
        return None if mol is None else check(mol)

    return refuse


def announce_refusals(message: Callable[[str], None], refused: Counter[str]) -> None:
    """A message on what was refused, where anything was."""
    if refused:
        message(f"refused before scoring: {refused.total():,}, {tell_refusals(refused)}")


def tell_refusals(refused: Counter[str]) -> str:
    """How many candidates were refused, by reason, most frequent first: `unknown ring system 160, suspicious 52`."""
    return ", ".join(f"{why} {n:,}" for why, n in sorted(refused.items(), key=lambda item: (-item[1], item[0])))
