"""The two sets of molecules that a translation goes between, and why some pairs of sets are refused."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from molgan.base.errors import InputError
from molgan.chem.molecule import parse_all

FEWEST = 40
"""Molecules of a set, at least: a critic has nothing to learn from fewer."""


def read_sets(origin: Iterable[str], target: Iterable[str]) -> tuple[list[str], list[str]]:
    """The distinct molecules of both sets as canonical SMILES, in order; what is not one molecule is left out.

    Raises InputError for a set of fewer than forty molecules, and for sets that have molecules in common.
    """
    sets = _read(origin), _read(target)
    for name, molecules in zip(("data.from", "data.to"), sets, strict=True):
        if len(molecules) < FEWEST:
            raise InputError(
                f"{name}: {len(molecules)} molecules; a critic needs at least {FEWEST} of each set to tell them apart"
            )
    common = sorted(set(sets[0]) & set(sets[1]))
    if common:
        raise InputError(
            f"data.from and data.to: {len(common):,} molecules are in both, such as {common[0]:.80}; "
            "take them out of one, since a molecule cannot be what it is to become"
        )
    return sets


def _read(smiles: Iterable[str]) -> list[str]:
    found: Sequence[str] = [str(each.smiles) for each in parse_all(smiles) if each.valid and each.is_connected]
    return list(dict.fromkeys(found))
