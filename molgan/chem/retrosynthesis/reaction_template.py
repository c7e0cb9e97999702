"""A reaction template as it is written, from reactants to product, and all that is needed to undo it.

The product's pattern is loosened to elements and connections, since it is often written without aromaticity, and says
nothing of hydrogens. What it finds too much, the reaction itself refuses when it is run forward.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from rdkit import Chem
from rdkit.Chem import BondType

from molgan.chem.retrosynthesis.atom_pattern import AtomPattern
from molgan.chem.retrosynthesis.leaving_groups import Cap, list_caps
from molgan.chem.smarts import read_reaction, read_smarts

Place = tuple[int, int]
"""An atom of a template's reactants: the number of the reactant, and of the atom in it."""

_ORDERS = {
    "-": BondType.SINGLE,
    "/": BondType.SINGLE,
    "\\": BondType.SINGLE,
    "=": BondType.DOUBLE,
    "#": BondType.TRIPLE,
    ":": BondType.AROMATIC,
}
_ON_CHAINS = {"": "-,:", "-": "-,:", "=": "=,:", "#": "#"}
_BETWEEN = {"": "-", "-": "-", "=": "=", "#": "#", ":": ":"}


class ReactionTemplate:
    """A reaction of building blocks and its cost, a pure number: 1 for one that hardly ever fails.

    `pieces`: the query molecules of the reactants. `query`: the loosened product, whose atoms `kept` come from the
    atoms of reactants given there; the others, `made`, come with a reagent.
    """

    def __init__(self, name: str, smarts: str, *, title: str = "", cost: float = 1.0, clash: str = "") -> None:
        """`clash`: SMARTS of what reactants should not have beside the groups that react. Raises ValueError for text
        that is not SMARTS, and for a template that cannot be undone."""
        self.name = name
        self.title = title or name
        self.cost = cost
        self.smarts = smarts
        self.clash = read_smarts(clash) if clash else None
        self.recipe = (name, smarts, title, cost, clash)
        self.reaction = read_reaction(smarts)
        self.pieces = list(self.reaction.GetReactants())
        self._product = self.reaction.GetProducts()[0]
        self.patterns: dict[Place, AtomPattern] = {
            (number, atom.GetIdx()): AtomPattern.of(atom)
            for number, piece in enumerate(self.pieces)
            for atom in piece.GetAtoms()
        }
        mapped = {
            atom.GetAtomMapNum(): (number, atom.GetIdx())
            for number, piece in enumerate(self.pieces)
            for atom in piece.GetAtoms()
            if atom.GetAtomMapNum()
        }
        self.kept: dict[int, Place] = {
            atom.GetIdx(): mapped[atom.GetAtomMapNum()]
            for atom in self._product.GetAtoms()
            if atom.GetAtomMapNum() in mapped
        }
        self.made = [atom.GetIdx() for atom in self._product.GetAtoms() if atom.GetIdx() not in self.kept]
        if {number for number, _ in self.kept.values()} != set(range(len(self.pieces))):
            raise ValueError(f"{smarts!r}: a reactant leaves no mapped atom in the product")
        self.query = self._loosen()
        texts = [re.sub(r":\d+\]", "]", Chem.MolToSmarts(piece)) for piece in self.pieces]
        self.has_distinct_pieces = len(set(texts)) == len(texts)

    @cached_property
    def plan(self) -> "Plan":
        """How to undo the reaction."""
        place = {origin: index for index, origin in self.kept.items()}
        seen, ordered, caps = set(), [], []
        for first, second, smarts in self._list_bonds():
            order = self._choose_order(smarts, first, second)
            if first in place and second in place:
                seen.add(frozenset((place[first], place[second])))
                ordered.append((place[first], place[second], order))
            else:
                caps.append((first, second, order or BondType.SINGLE))
        cut = [
            (bond.GetBeginAtomIdx(), bond.GetEndAtomIdx())
            for bond in self._product.GetBonds()
            if frozenset((bond.GetBeginAtomIdx(), bond.GetEndAtomIdx())) not in seen
            and bond.GetBeginAtomIdx() in self.kept
            and bond.GetEndAtomIdx() in self.kept
        ]
        lost = [origin for origin in self.patterns if origin not in place]
        options = {(n, i): list_caps(self.pieces[n].GetAtomWithIdx(i), self.patterns[n, i]) for n, i in lost}
        return Plan(cut, ordered, caps, options)

    def _list_bonds(self) -> list[tuple[Place, Place, str]]:
        return [
            ((number, bond.GetBeginAtomIdx()), (number, bond.GetEndAtomIdx()), bond.GetSmarts())
            for number, piece in enumerate(self.pieces)
            for bond in piece.GetBonds()
        ]

    def _choose_order(self, smarts: str, first: Place, second: Place) -> BondType | None:
        """The order of a bond of the reactants; None where the template leaves it open."""
        if smarts:
            return _ORDERS.get(smarts)
        ends = [self.patterns[place].is_aromatic for place in (first, second)]
        if all(ends):
            return BondType.AROMATIC
        return BondType.SINGLE if False in ends else None

    def _loosen(self) -> Chem.Mol:
        product = Chem.Mol(self._product)
        Chem.FastFindRings(product)
        origin = {index: number for index, (number, _) in self.kept.items()}
        joins = [
            bond.GetIdx()
            for bond in product.GetBonds()
            if origin.get(bond.GetBeginAtomIdx()) != origin.get(bond.GetEndAtomIdx())
        ]
        query = Chem.RWMol()
        for atom in product.GetAtoms():
            query.AddAtom(Chem.AtomFromSmarts(self._describe_atom(atom)))
        rings = product.GetRingInfo()
        open_rings = [set(ring) for ring in rings.BondRings() if self._may_be_aromatic(product, ring)]
        for bond in product.GetBonds():
            smarts = bond.GetSmarts()  # type: ignore[call-arg]  # RDKit's stub is wrong
            if any(bond.GetIdx() in ring for ring in open_rings):
                text = "@"
            elif bond.IsInRing():
                text = f"{_ON_CHAINS.get(smarts, '~')};@"
            elif joins == [bond.GetIdx()]:  # the two reactants hang together by nothing else
                text = f"{_BETWEEN.get(smarts, '~')};!@"
            else:
                text = _ON_CHAINS.get(smarts, "~")
            ends = bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()
            query.AddBond(*ends, BondType.SINGLE)
            query.ReplaceBond(query.GetBondBetweenAtoms(*ends).GetIdx(), Chem.BondFromSmarts(text))
        return query.GetMol()

    def _may_be_aromatic(self, product: Chem.Mol, ring: Sequence[int]) -> bool:
        """Whether a ring of the product, written without aromaticity, may be aromatic in a molecule: not where a carbon
        has single bonds alone."""
        bonds = [product.GetBondWithIdx(index) for index in ring]
        atoms = {atom.GetIdx(): atom for bond in bonds for atom in (bond.GetBeginAtom(), bond.GetEndAtom())}
        return not any(
            AtomPattern.of(atom).kinds == ((6, False),) and all(_is_single(bond) for bond in atom.GetBonds())
            for atom in atoms.values()
        )

    def _describe_atom(self, atom: Chem.Atom) -> str:
        """The SMARTS of a product's atom: its elements, and whether it is aromatic where that cannot have changed."""
        own = AtomPattern.of(atom)
        origin = self.kept.get(atom.GetIdx())
        before = own if origin is None else self.patterns[origin]
        elements = before.elements if 0 not in before.elements else own.elements
        text = "*" if 0 in elements else ",".join(f"#{element}" for element in elements)
        if before.is_aromatic and own.is_aromatic:
            return f"[{text};a]"
        return f"[{text};A]" if before.is_aromatic is False and not atom.IsInRing() else f"[{text}]"


@dataclass(frozen=True)
class Plan:
    """`cut`: bonds of the product that the reaction makes, by atoms of the product. `ordered`: bonds that the reactants
    have between such atoms, with their order, None for that of the product. `caps`: bonds of the reactants to atoms
    that the reaction loses; `options`: what may stand at each of those."""

    cut: list[tuple[int, int]]
    ordered: list[tuple[int, int, BondType | None]]
    caps: list[tuple[Place, Place, BondType]]
    options: dict[Place, list[Cap]]


def _is_single(bond: Chem.Bond) -> bool:
    return bond.GetSmarts() in ("", "-")  # type: ignore[call-arg]  # RDKit's stub is wrong
