"""What the SMARTS of one atom says about the atom that stands there: elements, aromaticity, hydrogens, charge."""

import re
from dataclasses import dataclass

from rdkit import Chem

_TOKEN = re.compile(r"#(\d+)|(Cl|Br|Si|Se|[BCNOFPSI]|[bcnops]|\*|A|a)")
_CHARGE = re.compile(r"([+-])(\d?)")
_HYDROGENS = re.compile(r"(?<!!)H(\d?)")
_ANY = 0

Kind = tuple[int, bool | None]
"""An element, 0 for any, and whether it is aromatic, None for either."""


@dataclass(frozen=True, slots=True)
class AtomPattern:
    """`kinds` in the order of the text; `is_aromatic`, `hydrogens` and `charge` are None where the text leaves them
    open; `inside` are the SMARTS of its recursive parts, without those that are negated."""

    kinds: tuple[Kind, ...]
    is_aromatic: bool | None
    hydrogens: int | None
    charge: int | None
    inside: tuple[str, ...]

    @classmethod
    def of(cls, atom: Chem.Atom) -> "AtomPattern":
        """Of an atom of a query molecule."""
        flat, inside = split_recursive(atom.GetSmarts().strip("[]"))
        flat = re.sub(r":\d+$", "", flat)
        is_one = "," not in flat
        charge = _CHARGE.search(flat) if is_one else None
        hydrogens = _HYDROGENS.search(flat) if is_one else None
        kinds = find_kinds(atom.GetSmarts())
        aromatic = {each for _, each in kinds}
        return cls(
            kinds=tuple(kinds),
            is_aromatic=aromatic.pop() if len(aromatic) == 1 else None,
            hydrogens=None if hydrogens is None else int(hydrogens[1] or 1),
            charge=None if charge is None else int(charge[1] + (charge[2] or "1")),
            inside=tuple(inside),
        )

    @property
    def elements(self) -> list[int]:
        """Atomic numbers; 0 stands for any."""
        return list(dict.fromkeys(element for element, _ in self.kinds))


def find_kinds(text: str) -> list[Kind]:
    """The elements that an atom's SMARTS allows, in the order of the text.

    Where the text names none, those of the first atoms of its recursive parts: `$(OC)` is an oxygen.
    """
    flat, inside = split_recursive(text.strip("[]") if text.startswith("[") else text)
    flat = re.sub(r":\d+$", "", flat)
    found: dict[Kind, None] = {}
    for token in _TOKEN.finditer(flat):
        if token.start() and flat[token.start() - 1] == "!":
            continue
        if token[1] and int(token[1]) > 1:
            found[int(token[1]), None] = None
        elif token[2] == "*":
            found[_ANY, None] = None
        elif token[2] in ("A", "a"):
            found[_ANY, token[2] == "a"] = None
        elif token[2]:
            number = Chem.GetPeriodicTable().GetAtomicNumber(token[2].capitalize())
            found[number, token[2].islower()] = None
    named = [kind for kind in found if kind[0] != _ANY]
    if not named:
        named = list(dict.fromkeys(kind for part in inside for kind in find_kinds(_take_first_atom(part))))
    return named or list(found) or [(_ANY, None)]


def split_recursive(text: str) -> tuple[str, list[str]]:
    """An atom's SMARTS without its recursive parts, and those parts, but for negated ones."""
    kept, inside, start = [], [], 0
    while start < len(text):
        if text[start] != "$":
            kept.append(text[start])
            start += 1
            continue
        end, depth = start + 1, 0
        while True:
            depth += (text[end] == "(") - (text[end] == ")")
            end += 1
            if depth == 0:
                break
        if kept and kept[-1] == "!":
            kept.pop()
        else:
            inside.append(text[start + 2 : end - 1])
        start = end
    return "".join(kept), inside


def _take_first_atom(smarts: str) -> str:
    if not smarts.startswith("["):
        return re.match(r"Cl|Br|Si|.", smarts)[0]  # type: ignore[index]  # never empty
    depth = 0
    for end, character in enumerate(smarts):
        depth += (character == "[") - (character == "]")
        if depth == 0:
            return smarts[1:end]
    return smarts
