"""The outline of a SMARTS pattern: necessary features of a molecule that it matches."""

from collections import Counter
from dataclasses import dataclass
from functools import cache

from rdkit import Chem

from molgan.scoring.fast.atom_graph import AROMATIC, RING
from molgan.scoring.fast.query_atoms import weaken

# A molecule whose first bond is of the kind. Aromatic bonds are in rings.
_SAMPLES = {0: "CC", 1: "C=C", 2: "C#C", 4: "C1CC1", 5: "C1=CCC1", 6: "C1#CCCCCCC1", 7: "c1ccccc1"}

End = tuple[int, str]
"""A bond and what it leads to: the kinds of bond that match, as a bit set, and the weakened query atom."""
Star = tuple[str, tuple[End, ...]]
"""A weakened query atom and the ends of its bonds, sorted."""


@dataclass(frozen=True)
class Outline:
    """`stars`: how often the pattern has each star. `cycles`: the number of independent cycles. `sizes`: the sizes of
    cycles, `aromatic` of those that only aromatic bonds match."""

    stars: Counter[Star]
    cycles: int
    sizes: frozenset[int]
    aromatic: frozenset[int]


def outline(pattern: Chem.Mol) -> Outline:
    """The outline of a query molecule."""
    rings = [_ring_bonds(pattern, list(ring)) for ring in Chem.GetSSSR(pattern)]
    in_ring = {bond for ring in rings for bond in ring}
    kinds = [_kinds(bond, bond.GetIdx() in in_ring) for bond in pattern.GetBonds()]
    queries = [weaken(atom.GetSmarts()) for atom in pattern.GetAtoms()]
    stars: Counter[Star] = Counter()
    for atom in pattern.GetAtoms():
        bonds = [(kinds[bond.GetIdx()], bond.GetOtherAtomIdx(atom.GetIdx())) for bond in atom.GetBonds()]
        stars[queries[atom.GetIdx()], tuple(sorted((kind, queries[other]) for kind, other in bonds))] += 1
    fragments = len(Chem.GetMolFrags(pattern))
    return Outline(
        stars=stars,
        cycles=pattern.GetNumBonds() - pattern.GetNumAtoms() + fragments,
        sizes=frozenset(len(ring) for ring in rings),
        aromatic=frozenset(len(ring) for ring in rings if all(kinds[bond] == 1 << (AROMATIC + RING) for bond in ring)),
    )


def _ring_bonds(pattern: Chem.Mol, atoms: list[int]) -> list[int]:
    pairs = zip(atoms, atoms[1:] + atoms[:1], strict=True)
    return [pattern.GetBondBetweenAtoms(i, j).GetIdx() for i, j in pairs]


def _kinds(query: Chem.Bond, in_cycle: bool) -> int:
    """The kinds of bond that match, as a bit set. A pattern's cycle can only lie on a cycle of the molecule."""
    matching = (kind for kind, bond in _samples().items() if query.Match(bond) and (kind >= RING or not in_cycle))
    return sum(1 << kind for kind in matching)


@cache
def _samples() -> dict[int, Chem.Bond]:
    return {kind: Chem.MolFromSmiles(smiles).GetBondWithIdx(0) for kind, smiles in _SAMPLES.items()}
