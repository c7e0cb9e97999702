"""What a change of a molecule should not bring in: suspicious groups, strained rings, and bonds between heteroatoms
that chemists make on purpose only."""

from collections import Counter
from functools import cache

from rdkit import Chem

from molgan.chem.plausibility.strain import count_strain, find_trans_rings
from molgan.chem.plausibility.suspicious import count_suspicious
from molgan.chem.smarts import read_named_smarts

LINKS = {
    "N-N bond": "[#7X3;+0]-[#7X3;+0]",
    "N-O bond": "[#7X3;+0]-[OX2]",
    "N-S bond": "[#7X3;+0]-[SX2]",
    "S-S bond": "[SX2]-[SX2]",
    "S-O bond": "[#16;v4,v6]-[OX2]",
    "S-F bond": "[#16]-F",
}
"""SMARTS by name. Hydrazides, hydroxamic acids and sulfonates are real, but not what a random change should make."""

SUSPICIOUS, STRAINED = "suspicious", "strained"


def count_flaws(mol: Chem.Mol) -> Counter[str]:
    """How often a molecule has each flaw, "suspicious: hemiaminal" or "strained: cyclobutadiene"."""
    found = Counter({f"{SUSPICIOUS}: {name}": count for name, count in count_suspicious(mol).items()})
    found.update({f"{STRAINED}: {name}": count for name, count in count_strain(mol).items()})
    if trans := find_trans_rings(mol):
        found[f"{STRAINED}: trans double bond"] = len(trans)
    return found


def count_links(mol: Chem.Mol, *, in_rings: bool) -> Counter[str]:
    """How often a molecule has each of `LINKS` that it has; not those in rings, unless asked."""
    hits = {name: len(mol.GetSubstructMatches(pattern)) for name, pattern in _read_links(in_rings).items()}
    return Counter({name: count for name, count in hits.items() if count})


@cache
def _read_links(in_rings: bool) -> dict[str, Chem.Mol]:
    bond = "]-[" if in_rings else "]-;!@["
    return read_named_smarts({name: smarts.replace("]-[", bond) for name, smarts in LINKS.items()})
