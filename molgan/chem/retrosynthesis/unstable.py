"""Molecules that react with themselves whatever else is done with them, so that an intermediate cannot be one."""

from functools import cache

from rdkit import Chem

from molgan.chem.smarts import read_smarts

_AMINE = "[NX3;H1,H2;$(N[CX4]);!$(N[C,S]=[O,S,N]);!$(N[#7,#8])]"
_ANY_AMINE = "[NX3;H1,H2;!$(N[C,S]=[O,S,N]);!$(N[#7,#8])]"
UNSTABLE = {
    "aldehyde and amine": ("[CX3H1;$(C[#6])]=O", "[NX3;H2;!$(N[C,S]=[O,S,N]);!$(N[#7,#8])]"),
    "aldehyde and aliphatic amine": ("[CX3H1;$(C[#6])]=O", _AMINE),
    "acyl halide and amine": ("[CX3](=O)[F,Cl,Br,I]", _ANY_AMINE),
    "acyl halide and alcohol": ("[CX3](=O)[F,Cl,Br,I]", "[OX2H;$(O[CX4])]"),
    "sulfonyl halide and amine": ("[SX4](=O)(=O)[Cl,Br,I]", _ANY_AMINE),
    "isocyanate and amine": ("N=C=[O,S]", _ANY_AMINE),
    "alkyl halide and aliphatic amine": ("[CX4;!$(C(F)F)][Cl,Br,I]", _AMINE),
}
"""Pairs of groups that a molecule cannot have for long, as SMARTS."""


def is_unstable(mol: Chem.Mol) -> bool:
    """Whether a molecule has one of the pairs."""
    return any(mol.HasSubstructMatch(first) and mol.HasSubstructMatch(second) for first, second in _pairs())


@cache
def _pairs() -> list[tuple[Chem.Mol, Chem.Mol]]:
    return [(read_smarts(first), read_smarts(second)) for first, second in UNSTABLE.values()]
