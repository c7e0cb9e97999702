"""The parts of a molecule that a data set lacks or hardly has, or that the rules object to, each with its atoms."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rdkit import Chem

from molgan.chem.plausibility.chemistry_index import ChemistryIndex
from molgan.chem.plausibility.environments import locate_environments, locate_hetero_bonds
from molgan.chem.plausibility.strain import find_ring_strain
from molgan.chem.plausibility.suspicious import locate_suspicious
from molgan.chem.ring_systems import join_rings, name_ring_system

_SHARE = 100_000  # what fewer than one molecule of so many has is called rare
_STRAINED = 20  # molecules that must have a strained ring system, as for the filter `plausible`

_KINDS = ("suspicious", "strained", "bond", "atom environment", "ring system")
_RULES = 2  # of these kinds are rules

_Places = list[tuple[str, tuple[int, ...]]]


@dataclass(frozen=True, slots=True)
class StrangePart:
    """What is strange: its `kind`, its name, the molecules of the index that have it (None for a rule of groups, which
    counts none), and its atoms, by their numbers."""

    kind: str
    name: str
    count: int | None
    atoms: tuple[int, ...]

    @property
    def reason(self) -> str:
        """In the words of the filter `plausible`: "unknown bond: …", "rare ring system: …, in 3 of the index"."""
        if self.kind in _KINDS[:_RULES]:
            return f"{self.kind}: {self.name}"
        if not self.count:
            return f"unknown {self.kind}: {self.name}"
        return f"rare {self.kind}: {self.name}, in {self.count} of the index"


def find_strange_parts(mol: Chem.Mol, index: ChemistryIndex) -> list[StrangePart]:
    """What an index lacks or fewer than one of 100,000 of its molecules have, and what the rules call suspicious or
    strained; the strangest first: rules, then the rarest, and among equals bonds, atoms, ring systems."""
    found = [*_find_by_rules(mol, index), *_find_by_counts(mol, index, max(1, index.molecules // _SHARE))]
    return sorted(found, key=_rank)


def _rank(part: StrangePart) -> tuple[int, int, tuple[int, ...]]:
    kind = _KINDS.index(part.kind)
    return (part.count or 0) if kind >= _RULES else 0, kind, part.atoms


def _find_by_rules(mol: Chem.Mol, index: ChemistryIndex) -> Iterator[StrangePart]:
    for name, atoms in locate_suspicious(mol):
        yield StrangePart("suspicious", name, None, tuple(sorted(atoms)))
    for ring, atoms in _locate_rings(mol):
        names, count = find_ring_strain(ring), int(index.rings.look_up_texts([ring])[0])
        if names and count < _STRAINED:
            yield StrangePart("strained", f"{', '.join(names)}, in {ring}", count, atoms)


def _find_by_counts(mol: Chem.Mol, index: ChemistryIndex, rare: int) -> Iterator[StrangePart]:
    bonds: _Places = [(text, (one, other)) for text, one, other in locate_hetero_bonds(mol)]
    around: _Places = [(text, _add_neighbours(mol, atom)) for text, atom in locate_environments(mol)]
    tables = zip(
        _KINDS[_RULES:],
        (index.bonds, index.environments, index.rings),
        (bonds, around, _locate_rings(mol)),
        strict=True,
    )
    for kind, table, places in tables:
        counts = table.look_up_texts([text for text, _ in places]).tolist()
        for count, (text, atoms) in zip(counts, places, strict=True):
            if count < rare:
                yield StrangePart(kind, text, count, tuple(sorted(atoms)))


def _locate_rings(mol: Chem.Mol) -> _Places:
    return [(name_ring_system(mol, system), tuple(sorted(system))) for system in join_rings(mol)]


def _add_neighbours(mol: Chem.Mol, atom: int) -> tuple[int, ...]:
    return atom, *(other.GetIdx() for other in mol.GetAtomWithIdx(atom).GetNeighbors())
