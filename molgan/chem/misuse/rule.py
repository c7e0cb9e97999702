"""A rule that recognises a family of molecules, and groups of rules behind a gate."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

from rdkit import Chem

from molgan.chem.smarts import read_smarts

MisuseList = Literal["schedule_1", "schedule_2", "schedule_3", "australia_group", "near_agents", "explosives"]
"""Lists of molecules that are not handed out; `TITLES` has what each is called."""

TITLES: dict[str, str] = {
    "schedule_1": "CWC schedule 1",
    "schedule_2": "CWC schedule 2",
    "schedule_3": "CWC schedule 3",
    "australia_group": "Australia Group",
    "near_agents": "near a chemical weapon",
    "explosives": "explosive",
}
LISTS: tuple[MisuseList, ...] = get_args(MisuseList)
"""From the most to the least severe; the first that a molecule is on gives the reason."""


@dataclass(frozen=True)
class Rule:
    """One paragraph of a list, its `source`, as SMARTS.

    `paragraph` is its place in the list's text, "" where there is none. A molecule is on the list if it matches any of
    `smarts` at least `least` times, matches none of `unless` and has fewer than `carbons` carbon atoms for each match
    (None for no such limit).
    """

    source: MisuseList
    paragraph: str
    name: str
    smarts: tuple[str, ...]
    unless: tuple[str, ...] = ()
    least: int = 1
    carbons: int | None = None

    @property
    def reason(self) -> str:
        """One line: `CWC schedule 1: A.7 saxitoxin`."""
        return f"{TITLES[self.source]}: {self.paragraph} {self.name}".replace(":  ", ": ")

    @cached_property
    def _patterns(self) -> tuple[list[Chem.Mol], list[Chem.Mol]]:
        return [read_smarts(text) for text in self.smarts], [read_smarts(text) for text in self.unless]

    def matches(self, mol: Chem.Mol) -> bool:
        """Whether the molecule is on the list by this rule."""
        patterns, exempt = self._patterns
        if self.least == 1 and self.carbons is None:
            found = any(mol.HasSubstructMatch(pattern) for pattern in patterns)
        else:
            # Different matches of one group share no anchor, the first atom of the pattern.
            count = len({match[0] for pattern in patterns for match in mol.GetSubstructMatches(pattern)})
            found = count >= self.least and (self.carbons is None or _count_carbons(mol) < self.carbons * count)
        return found and not any(mol.HasSubstructMatch(pattern) for pattern in exempt)


def _count_carbons(mol: Chem.Mol) -> int:
    return sum(atom.GetAtomicNum() == 6 for atom in mol.GetAtoms())


@dataclass(frozen=True)
class RuleGroup:
    """Rules behind two gates that rule out nearly all molecules, the cheap one first.

    `needs`: how often elements, or a charge, are at least in the SMILES of a molecule with a match,
    `{"Cl Br I": 1, "+": 2}`. It matches `gate`, too. Each rule describes a fragment of at most `most` heavy atoms; None
    for no limit.
    """

    needs: Mapping[str, int]
    gate: str
    rules: tuple[Rule, ...]
    most: int | None = None

    @cached_property
    def _symbols(self) -> list[tuple[list[str], int]]:
        # An aromatic atom is a small letter. That `s` is in `Cs` as well only lets a molecule through to the patterns.
        return [([form for name in text.split() for form in {name, name.lower()}], n) for text, n in self.needs.items()]

    @cached_property
    def _pattern(self) -> Chem.Mol:
        return read_smarts(self.gate)

    def may_match(self, mol: Chem.Mol, smiles: str) -> bool:
        """Whether the rules have to be looked at; `smiles` is that of the molecule."""
        if self.most is not None and mol.GetNumHeavyAtoms() > self.most and "." not in smiles:
            return False
        for symbols, least in self._symbols:
            if sum(map(smiles.count, symbols)) < least:
                return False
        return bool(mol.HasSubstructMatch(self._pattern))
