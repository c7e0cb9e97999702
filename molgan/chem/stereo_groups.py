"""Enhanced stereo: groups of centres that a file declares a mixture (AND, &) or relative (OR, o).

A SMILES without extension cannot express either, and the arrangement drawn is only one of several. So the centres of
these groups are read as open, like those of a racemate; centres outside are absolute and stay. The relative arrangement
of several centres of a group is lost.
"""

import re

from rdkit import Chem

NOTE = "AND/OR stereo group: its centres are read as open"
_RELATIVE = (Chem.StereoGroupType.STEREO_AND, Chem.StereoGroupType.STEREO_OR)
_GROUP = re.compile(r"(?<![^,|])(?:&|o)\d+:\d+(?:,\d+)*(?=[,|])")


def open_groups(mol: Chem.Mol) -> Chem.Mol:
    """A copy in which the centres and axes of AND and OR groups are open; `mol` itself where it has none."""
    groups = [group for group in mol.GetStereoGroups() if group.GetGroupType() in _RELATIVE]
    if not groups:
        return mol
    copy = Chem.RWMol(mol)
    copy.SetStereoGroups([])
    for group in groups:
        for atom in group.GetAtoms():
            copy.GetAtomWithIdx(atom.GetIdx()).SetChiralTag(Chem.ChiralType.CHI_UNSPECIFIED)
        for bond in group.GetBonds():
            copy.GetBondWithIdx(bond.GetIdx()).SetStereo(Chem.BondStereo.STEREONONE)
    Chem.AssignStereochemistry(copy, cleanIt=True, force=True)
    return copy.GetMol()


def group_extension(extension: str) -> str:
    """The AND and OR groups in the extension of a CXSMILES, as an extension of their own; "" where it has none."""
    groups = _GROUP.findall(extension)
    return f"|{','.join(groups)}|" if groups else ""
