"""Classes of compounds by which a medicinal chemist describes a library: amides, basic amines, acids, heteroarenes."""

from functools import cache

from rdkit import Chem

from molgan.chem.smarts import read_smarts

COMPOUND_CLASSES = {
    "amide": "[#6][CX3;!$(C([#7])[#7,#8X2])](=[OX1])[NX3]",
    "urea or carbamate": "[NX3][CX3](=[OX1])[NX3,OX2]",
    "sulfonamide": "[#6][SX4](=[OX1])(=[OX1])[NX3]",
    # At saturated carbon alone; amidines and guanidines that carry nothing but carbon.
    "basic amine": (
        "[$([NX3;!$(N~[!#6;!#1]);!$(N~[#6X3]);!$(N~[#6X2])]),$([NX4+;!$(N~[!#6;!#1])]),"
        "$([NX2;!$(N~[!#6;!#1]);!$(N-[#6X3])]=[CX3;!$(C~[!#6;!#7;!#1])]-[NX3;!$(N~[!#6;!#1]);!$(N-C=[O,S])])]"
    ),
    "carboxylic acid": "[CX3](=[OX1])[OX2H1,OX1-]",
    "ester": "[#6][CX3;!$(C[#7])](=[OX1])[OX2][#6]",
    "alcohol": "[CX4][OX2H1]",
    "phenol": "c[OX2H1,OX1-]",
    "nitrile": "[CX2]#[NX1]",
    "halogen": "[F,Cl,Br,I]",
    "heteroarene": "[a;!c]",
    "carbon arene": "c1ccccc1",
    "saturated ring": "[CX4;R]",
    "charged": "[+,-;!$([N+](=O)[O-]);!$([O-][N+]=O);!$([*+]~[*-]);!$([*-]~[*+])]",
    "macrocycle": "[r{12-}]",
}
"""SMARTS by name. `charged` leaves out charges side by side, as in nitro groups and N-oxides."""


def find_compound_classes(mol: Chem.Mol) -> list[str]:
    """The names of a molecule's classes, in the order of `COMPOUND_CLASSES`."""
    return [name for name, pattern in _read_patterns().items() if mol.HasSubstructMatch(pattern)]


@cache
def _read_patterns() -> dict[str, Chem.Mol]:
    return {name: read_smarts(text) for name, text in COMPOUND_CLASSES.items()}
