"""Which part of a molecule is to blame where it looks odd."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rdkit import Chem

from molgan.chem.plausibility.chemistry_index import ChemistryIndex
from molgan.chem.plausibility.strange_parts import find_strange_parts
from molgan.models.realism.odd_parts import OddPart


@dataclass(frozen=True, slots=True)
class Blame:
    """The reason, the part's atoms by their numbers in the molecule, and the part as SMARTS, which the molecule
    matches; without stereo, which a part lacks neighbours for."""

    reason: str
    atoms: tuple[int, ...]
    smarts: str


def find_blame(mol: Chem.Mol, odd: Sequence[OddPart], index: ChemistryIndex) -> Blame | None:
    """The strangest part of a molecule: what rules object to or a data set lacks or hardly has (`find_strange_parts`),
    else the motif that a generator finds least likely; None without either.

    Args:
        mol: The molecule.
        odd: Its motifs, the least likely first; empty where it has no likelihood.
        index: The chemistry of the data set.
    """
    if strange := find_strange_parts(mol, index):
        reason, atoms = strange[0].reason, strange[0].atoms
    elif odd:
        reason, atoms = f"unlikely part, {odd[0].nats:.1f} nats", odd[0].atoms
    else:
        return None
    return Blame(reason, atoms, Chem.MolFragmentToSmarts(mol, list(atoms), isomericSmarts=False))
