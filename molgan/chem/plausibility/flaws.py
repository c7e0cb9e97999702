"""What a change of a molecule should not bring in: suspicious groups, strained rings, and bonds between heteroatoms
that chemists make on purpose only."""

from collections import Counter
from functools import cache

from rdkit import Chem

from molgan.chem.plausibility.strain import count_strain, find_trans_rings
from molgan.chem.plausibility.suspicious import count_suspicious
from molgan.chem.smarts import read_named_smarts

LINKS = {
    "N-N bond": "[#7X3;+0]-;!@[#7X3;+0]",
    "N-O bond": "[#7X3;+0]-;!@[OX2]",
    "disulfide": "[SX2]-;!@[SX2]",
}
"""SMARTS by name. Hydrazides, hydroxamic acids and disulfides are real, but not what a random change should make."""

SUSPICIOUS, STRAINED = "suspicious", "strained"


def count_flaws(mol: Chem.Mol) -> Counter[str]:
    """How often a molecule has each flaw, "suspicious: hemiaminal" or "strained: cyclobutadiene"."""
    found = Counter({f"{SUSPICIOUS}: {name}": count for name, count in count_suspicious(mol).items()})
    found.update({f"{STRAINED}: {name}": count for name, count in count_strain(mol).items()})
    if trans := find_trans_rings(mol):
        found[f"{STRAINED}: trans double bond"] = len(trans)
    return found


def count_links(mol: Chem.Mol) -> Counter[str]:
    """How often a molecule has each of `LINKS` that it has."""
    hits = {name: len(mol.GetSubstructMatches(pattern)) for name, pattern in _read_links().items()}
    return Counter({name: count for name, count in hits.items() if count})


@cache
def _read_links() -> dict[str, Chem.Mol]:
    return read_named_smarts(LINKS)
