"""Bonds and groups that a chemist takes for a mistake in a designed molecule: they fall apart in water or in air, turn
into another molecule, or cannot be made. A few real molecules have one, so that they are counted against a control."""

from collections import Counter
from collections.abc import Iterator
from functools import cache

from rdkit import Chem

from molgan.chem.smarts import read_named_smarts, read_smarts

_AMINE = "NX3;!$(N-[#6,#16,#15]=[O,S,N]);!$(N-C#N);!$(N-a);!$(N=*);!$(N~[N,O]=*)"
_DONOR = f"{_AMINE};!$(N-[#7,#8])"
_VINYL = "CX3;!$(C-[#6,#7,#15,#16]=[O,N,S]);!$(C-C#N);!$(C-c:[n,o]);!$(C-[#7+])"

_GROUPS = {
    "[#7,#8,#16,#15]-[#7,#8,#16,F,Cl,Br,I]": {
        "hypofluorite": "[#8]-F",
        "hypohalite": "[#8]-[Cl,Br,I;v1]",
        "N-fluoro": "[#7]-F",
        "N-halogen": "[#7]-[Cl,Br,I;v1]",
        "sulfenyl halide": "[#16v2]-[F,Cl,Br,I]",
        "sulfonyl halide": "[#16v4,#16v6]-[Cl,Br,I]",
        "phosphorus halide": "[#15]-[F,Cl,Br,I]",
        "peroxide": "[OX2]-[OX2]",
        "N-SH": "[#7]-[SX2;!H0]",
        "O-S of valence two": "[OX2]-[SX2]",
        "sulfenamide": "[#7X3]-;!@[SX2]",
        "trisulfide": "[SX2]-[SX2]-[SX2]",
        "chain of three heteroatoms": "[NX3,OX2,SX2]-;!@[NX3,OX2,SX2]-;!@[NX3,OX2,SX2]",
        "chain of four nitrogens": "[#7;!a]~;!@[#7;!a]~;!@[#7;!a]~[#7;!a]",
        "alkyl hydrazine": f"[{_AMINE}]-;!@[{_AMINE}]",
        "triazene": "[NX3;!R]-[NX2]=[NX2]",
    },
    "[#15,#16,$([NX2]);!H0]": {
        "S-H of a higher valence": "[#16;!H0;v4,v6]",
        "P-H": "[#15;!H0]",
        "diazene with hydrogen": "[NX2;!H0]=[#7]",
        "imine with hydrogen": "[NX2;!H0]=[CX3;!$(C[#7,#8,#16])]",
        "enethiol": "[SX2;!H0]-[CX3]=[CX3]",
    },
    "[CX4](~[!#6])~[!#6]": {
        "hemiaminal": "[CX4]([OX2;!H0])[#7X3]",
        "aminal": f"[CX4]([{_DONOR}])[{_DONOR}]",
        "gem-diol": "[CX4]([OX2;!H0])[OX2;!H0]",
        "hemiacetal": "[CX4]([OX2;!H0])[OX2;!R]",
        "hemithioacetal": "[CX4]([OX2;!H0])[#16X2]",
        "thiol beside a heteroatom": "[CX4]([SX2;!H0])[#7X3,#8X2,#16X2]",
        "primary amine beside a heteroatom": "[CX4]([NX3;H2])[#7X3,#8X2,#16X2,F,Cl,Br,I]",
        "halide beside a heteroatom": "[CX4]([Cl,Br,I])[#7X3,#8X2,#16X2]",
        "fluoride beside an amine": f"[CX4;!$(C(F)F)](F)[{_DONOR}]",
        "fluoride beside a hydroxyl or thiol": "[CX4]([F,Cl,Br,I])[OX2,SX2;!H0]",
        "three heteroatoms on a carbon": "[CX4;!$(C[F,Cl])]([OX2,NX3,SX2])([OX2,NX3,SX2])[OX2,NX3,SX2]",
    },
    "[CX3]=[CX3]-[#7,#8]": {
        "enol": f"[OX2;!H0]-[{_VINYL}]=[{_VINYL}]",
        "enamine with hydrogen": f"[NX3;!H0;!$(N-[#6,#16,#15]=[O,S,N]);!$(N-a)]-[{_VINYL}]=[{_VINYL}]",
    },
    "[CX2]": {
        "heteroatom on an alkyne": "[#7,#8,#16]-[CX2]#[CX2]",
        "fluoroalkyne": "F-[CX2]#[CX2]",
        "haloalkyne": "[Cl,Br]-[CX2]#[CX2]",
        "allene": "[CX3]=[CX2]=[CX3]",
        "ketene or cumulene": "[#6]=[CX2]=[O,S,N,$([CX2]=*)]",
        "isocyanate or carbodiimide": "[#7]=[CX2]=[O,N]",
    },
    "[r3,r4]": {
        "acyl aziridine": "[NX3;r3]-;!@[CX3]=[O,S,N]",
        "sulfonyl aziridine": "[NX3;r3]-;!@[#16,#15]=O",
        "three-membered ring with two heteroatoms": "[#7,#8,#16]1-[#7,#8,#16]-*-1",
        "heteroatom on an epoxide or aziridine": "[O,S,N]1-C(-;!@[#7,#8,#16,F,Cl,Br,I])-C-1",
        "four-membered ring with two bonded heteroatoms": "[#7,#8,#16]1-[#7,#8,#16]-*~*1",
        "thiazete": "[#16]1~[#7]~*~*1",
        "unsaturated four-membered heterocycle": "[#7,#8,#16]1-*=*-*1",
        "azete": "[#7]1=*-*-*1",
    },
    "*": {
        "acyl halide": "[CX3](=[O,S,N])-[F,Cl,Br,I]",
        "thioaldehyde or thioketone": "[CX3;!$(C[#7,#8,#16]);!$(C=[#16]:*);!a]([#6,#1])=[SX1]",
        "carbamic or carbonic acid": "[NX3,OX2]-[CX3](=[O,S])-[OX2,SX2;!H0]",
        "nitroso": "[#6]-[NX2]=O",
        "cyclopentadiene": "[#6]1=[#6]-[#6]=[#6]-[CX4,CX3]-1",
    },
}
"""SMARTS by name, behind a pattern that matches wherever one of its group does."""

SUSPICIOUS = {name: smarts for group in _GROUPS.values() for name, smarts in group.items()}
"""SMARTS by name."""


def find_suspicious(mol: Chem.Mol) -> list[str]:
    """The names of the suspicious bonds and groups that a molecule has, in the order of `SUSPICIOUS`."""
    return [
        name
        for gate, group in _read_patterns()
        if mol.HasSubstructMatch(gate)
        for name, pattern in group.items()
        if mol.HasSubstructMatch(pattern)
    ]


def count_suspicious(mol: Chem.Mol) -> Counter[str]:
    """How often a molecule has each suspicious bond or group that it has."""
    return Counter(
        {
            name: hits
            for gate, group in _read_patterns()
            if mol.HasSubstructMatch(gate)
            for name, pattern in group.items()
            if (hits := len(mol.GetSubstructMatches(pattern)))
        }
    )


def locate_suspicious(mol: Chem.Mol) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The suspicious bonds and groups that a molecule has, each with the atoms that its pattern names."""
    for gate, group in _read_patterns():
        if mol.HasSubstructMatch(gate):
            for name, pattern in group.items():
                for atoms in mol.GetSubstructMatches(pattern):
                    yield name, atoms


@cache
def _read_patterns() -> list[tuple[Chem.Mol, dict[str, Chem.Mol]]]:
    return [(read_smarts(gate), read_named_smarts(group)) for gate, group in _GROUPS.items()]
