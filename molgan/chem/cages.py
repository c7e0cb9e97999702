"""Ring systems so small that the arrangement of one stereo centre decides that of another.

Both bridgeheads of a small bicycle point outwards, and small rings are fused on the same side, so that two such centres
have one arrangement and its mirror image, not four. Bicycles with one bridgehead pointing in are known from
nine bridge atoms on (bicyclo[4.4.1] and [5.3.1]): R. W. Alder and S. P. East, Chem. Rev. 96, 2097 (1996).
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from rdkit import Chem

_BRIDGE_ATOMS = 8  # of the three bridges together
_LONGEST_WAY = 3  # bonds between the bridgeheads, by the shortest bridge
_MOST_PATHS = 60

Graph = Mapping[int, Sequence[int]]
Path = tuple[int, ...]


def coupled_centres(mol: Chem.Mol, centres: Sequence[int]) -> list[dict[int, int]]:
    """The sets of two or more tetrahedral centres that decide each other, each a sign (0 or 1) by atom.

    The signs relate the chiral tags that RDKit gives the atoms of a set: with the tags of sign 1 flipped, all are
    equal.
    """
    rings = {
        atom: _ring_neighbours(mol.GetAtomWithIdx(atom)) for ring in mol.GetRingInfo().AtomRings() for atom in ring
    }
    groups: dict[int, dict[int, int]] = {atom: {atom: 0} for atom in centres if len(rings.get(atom, ())) > 2}
    distances = Chem.GetDistanceMatrix(mol) if len(groups) > 1 else []
    for first, second in combinations(groups, 2):
        if groups[first] is groups[second] or distances[first][second] > _LONGEST_WAY:
            continue
        arms = _bicycle(rings, first, second, distances[second])
        if arms is None:
            continue
        # Seen from outside, the bridges leave one bridgehead clockwise and the other counter-clockwise.
        flip = 1 ^ _parity(mol, first, arms) ^ _parity(mol, second, [path[::-1] for path in arms])
        flip ^= groups[first][first] ^ groups[second][second]
        joined = groups[first] | {atom: sign ^ flip for atom, sign in groups[second].items()}
        groups |= dict.fromkeys(joined, joined)
    distinct = {id(group): group for group in groups.values()}
    return [group for group in distinct.values() if len(group) > 1]


def _ring_neighbours(atom: Chem.Atom) -> list[int]:
    return [bond.GetOtherAtomIdx(atom.GetIdx()) for bond in atom.GetBonds() if bond.IsInRing()]


def _bicycle(rings: Graph, first: int, second: int, distances: Sequence[float]) -> list[Path] | None:
    """The three bridges, both bridgeheads included, of the smallest bicycle that has them; None when there is no
    bicycle, or it is large enough for other arrangements. `distances` are those of all atoms to the second
    bridgehead."""
    found = sorted(_paths(rings, (first,), second, distances), key=len)[:_MOST_PATHS]
    best: list[Path] | None = None
    fewest = _BRIDGE_ATOMS + 1
    for paths in combinations(found, 3):
        inner = [atom for path in paths for atom in path[1:-1]]
        if len(inner) < fewest and len(set(inner)) == len(inner):
            best, fewest = list(paths), len(inner)
    if best is None:
        return None
    shortest, middle, longest = (len(path) - 2 for path in best)
    if shortest:
        return best
    return best if middle + longest <= (5 if middle == 1 else 4) else None


def _paths(rings: Graph, path: Path, end: int, distances: Sequence[float]) -> Iterator[Path]:
    """The paths from the end of `path` to `end` over ring bonds, short enough for a bridge that leaves an atom for each
    of the two others."""
    for atom in rings[path[-1]]:
        if atom == end:
            yield (*path, atom)
        elif atom not in path and len(path) - 1 + distances[atom] <= _BRIDGE_ATOMS - 2:
            yield from _paths(rings, (*path, atom), end, distances)


def _parity(mol: Chem.Mol, atom: int, arms: Sequence[Path]) -> int:
    """1 where the order of the arms, and behind them of what else is bound, is an odd permutation of RDKit's order."""
    bound = [neighbour.GetIdx() for neighbour in mol.GetAtomWithIdx(atom).GetNeighbors()]
    wanted = [path[1] for path in arms]
    wanted += [neighbour for neighbour in bound if neighbour not in wanted]
    places = [wanted.index(neighbour) for neighbour in bound]
    return sum(a > b for a, b in combinations(places, 2)) % 2
