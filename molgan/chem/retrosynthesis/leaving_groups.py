"""What stood at a place of a reactant that the reaction loses: halides, hydroxyl groups, small alkoxides, boronic acid.

A template names such an atom by a list of elements, or by its surroundings (`$(O-[CH3])`). The candidates here are
tried in order; a candidate counts only where the reactant then matches the template.
"""

import re
from dataclasses import dataclass

from rdkit import Chem

from molgan.chem.retrosynthesis.atom_pattern import AtomPattern

_CARBON, _OXYGEN, _BORON = 6, 8, 5
# Bromides are the usual partners of couplings, and most blocks with a leaving group have one.
_PREFERENCE = {35: 0, 17: 1, 53: 2, 9: 3}


@dataclass(frozen=True, slots=True)
class Cap:
    """An atom with a chain of `carbons` behind it, `hydroxyls` and doubly bonded `oxygens` on it."""

    element: int
    charge: int = 0
    carbons: int = 0
    hydroxyls: int = 0
    oxygens: int = 0


def list_caps(atom: Chem.Atom, pattern: AtomPattern) -> list[Cap]:
    """What may stand at a lost atom of a reactant, the most usual first."""
    caps = [cap for element in pattern.elements for cap in _list_caps(element or _CARBON, atom, pattern)]
    return sorted(dict.fromkeys(caps), key=lambda cap: _PREFERENCE.get(cap.element, -1))


def _list_caps(element: int, atom: Chem.Atom, pattern: AtomPattern) -> list[Cap]:
    plain = Cap(element, pattern.charge or 0)
    if atom.GetDegree() != 1:
        return [plain]
    if element == _BORON:
        return [Cap(element, hydroxyls=2)]
    if element == _CARBON and any("=O" in part for part in pattern.inside):
        return [Cap(element, hydroxyls=1, oxygens=1)]
    if element == _CARBON and pattern.inside:
        return [plain, Cap(element, carbons=1)]
    if element != _OXYGEN or atom.GetBonds()[0].GetSmarts() not in ("", "-"):
        return [plain]
    if "H" in atom.GetSmarts():
        esters = [Cap(element, carbons=count) for count in (1, 2)] if pattern.inside else []
        return [plain, *esters]
    if any(re.search(r"O-?\[?(C|#6)|O\(C", part) for part in pattern.inside):
        return [Cap(element, carbons=1), Cap(element, carbons=2)]
    return [plain, Cap(element, carbons=1)]
