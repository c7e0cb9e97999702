"""Properties that are sums over atoms, each term decided by the atom's surroundings.

RDKit computes each kind of surroundings once (see `atom_graph`); the values are RDKit's.
"""

from functools import cache

from rdkit import Chem
from rdkit.Chem import rdMolDescriptors

from molgan.chem.smarts import read_smarts
from molgan.scoring.fast.atom_graph import RING, SINGLE, Graph

_REMEMBERED = 300_000

# What an atom's environment decides, each as the bit of its position.
_SITES = {
    # Hydrogen bond donors as RDKit counts them, C. A. Lipinski et al., Adv. Drug Deliv. Rev. 23, 3 (1997).
    "donor": "[N&!H0&v3,N&!H0&+1&v4,O&H1&+0,S&H1&+0,n&H1&+0]",
    # Acceptors as QED counts them: an amine counts unless it is an amide, which its neighbours tell.
    "acceptor": "[oH0X2,OH1X2v2,OH0X2v2,OH0X1v2,O-X1,SH0X2v2,SH0X1v2,S-X1,nH0X2,NH0X1v3]",
    "amine": "[N+0X3v3]",
    "carbonyl": "[$([C,S]=O)]",
    # The ends of a rotatable bond, RDKit's strict definition: not terminal, no triple bond, not CX3 or tert-butyl, and
    # not the bond between an acyl group and its heteroatom, nor any bond where both ends belong to such groups.
    "swivel": "[!$(*#*)&!D1&!$(C(F)(F)F)&!$(C(Cl)(Cl)Cl)&!$(C(Br)(Br)Br)&!$(C([CH3])([CH3])[CH3])]",
    "acyl": "[$([CD3]=[N,O,S])]",
    "hetero": "[#7,O,S!D1]",
    # QED counts the rings that are left without these.
    "aliphatic_ring": "[$([A;R][!a])]",
}
_DONOR, _ACCEPTOR, _AMINE, _CARBONYL, _SWIVEL, _ACYL, _HETERO, _ALIPHATIC_RING = (1 << k for k in range(len(_SITES)))

_sites_of: dict[int, int] = {}
_logp_of: dict[int | tuple[int, ...], float] = {}


def logp(graph: Graph) -> float:
    """Crippen's logP; hydrogens count with the atom that bears them."""
    keys = _logp_keys(graph)
    try:
        return sum([_logp_of[key] for key in keys])
    except KeyError:
        _learn_logp(graph, keys)
    return sum([_logp_of[key] for key in keys])


def donors(at: list[int]) -> int:
    """Hydrogen bond donors, RDKit's `CalcNumHBD`, from the sites."""
    return sum([1 for site in at if site & _DONOR])


def acceptors(graph: Graph, at: list[int]) -> int:
    """Hydrogen bond acceptors as QED counts them, from the sites."""
    amines = {atom for atom, site in enumerate(at) if site & _AMINE}
    if amines:
        for i, j, kind in graph.bonds:
            if kind & ~RING == SINGLE:
                if at[j] & _CARBONYL:
                    amines.discard(i)
                if at[i] & _CARBONYL:
                    amines.discard(j)
    return len(amines) + sum([1 for site in at if site & _ACCEPTOR])


def rotatable_bonds(graph: Graph, at: list[int]) -> int:
    """Rotatable bonds, RDKit's strict `CalcNumRotatableBonds`, from the sites."""
    single = [(i, j) for i, j, kind in graph.bonds if kind == SINGLE]
    stiff = {
        atom
        for i, j in single
        if (at[i] & _ACYL and at[j] & _HETERO) or (at[i] & _HETERO and at[j] & _ACYL)
        for atom in (i, j)
    }
    return sum([1 for i, j in single if at[i] & at[j] & _SWIVEL and not (i in stiff and j in stiff)])


def aromatic_rings(graph: Graph, at: list[int]) -> int | None:
    """Rings as QED counts them: those left without the aliphatic ring atoms that have a neighbour that is not aromatic.
    None when the molecule has too many cycles to tell. From the sites."""
    space = graph.cycle_space
    if space is None:
        return None
    gone = sum([1 << k for k, (i, j, _) in enumerate(graph.bonds) if (at[i] | at[j]) & _ALIPHATIC_RING])
    # The cycles that are left span a space of 2^n sums, n being the number of independent ones.
    return sum([1 for cycle in space if not cycle & gone]).bit_length() - 1


def sites(graph: Graph) -> list[int]:
    """The kinds of site that each atom is, as a bit set of positions in `_SITES`."""
    try:
        return [_sites_of[environment] for environment in graph.environments]
    except KeyError:
        _learn_sites(graph)
    return [_sites_of[environment] for environment in graph.environments]


def _logp_keys(graph: Graph) -> list[int | tuple[int, ...]]:
    """The keys that decide the atoms' contributions: the environment, and for oxygen also its neighbours' environments,
    since the types of oxygen and of its hydrogens depend on atoms two bonds away."""
    environments = graph.environments
    around: dict[int, list[int]] = {atom: [] for atom, token in enumerate(graph.tokens) if "O" in token}
    if not around:
        return list(environments)
    for i, j, _ in graph.bonds:
        if i in around:
            around[i].append(environments[j])
        if j in around:
            around[j].append(environments[i])
    keys: list[int | tuple[int, ...]] = list(environments)
    for atom, others in around.items():
        keys[atom] = (environments[atom], *sorted(others))
    return keys


def _learn_logp(graph: Graph, keys: list[int | tuple[int, ...]]) -> None:
    if len(_logp_of) > _REMEMBERED:
        _logp_of.clear()
    mol = Chem.AddHs(graph.mol)
    contributions = [logp for logp, _ in rdMolDescriptors._CalcCrippenContribs(mol)]
    for key, index in zip(keys, graph.order, strict=True):
        hydrogens = [other.GetIdx() for other in mol.GetAtomWithIdx(index).GetNeighbors() if other.GetAtomicNum() == 1]
        _logp_of[key] = contributions[index] + sum(contributions[hydrogen] for hydrogen in hydrogens)


def _learn_sites(graph: Graph) -> None:
    if len(_sites_of) > _REMEMBERED:
        _sites_of.clear()
    found = [0] * len(graph.tokens)
    for bit, pattern in _patterns().items():
        for (index,) in graph.mol.GetSubstructMatches(pattern, maxMatches=len(found)):
            found[index] |= bit
    for environment, index in zip(graph.environments, graph.order, strict=True):
        _sites_of[environment] = found[index]


@cache
def _patterns() -> dict[int, Chem.Mol]:
    return {1 << k: read_smarts(smarts) for k, smarts in enumerate(_SITES.values())}
