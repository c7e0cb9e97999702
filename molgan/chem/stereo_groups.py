"""Enhanced stereo: groups of centres of which a file says that they are a mixture (AND, &) or relative (OR, o).

A SMILES without extension has no sign for either, and the arrangement drawn is but one of those meant. So the centres
of these groups are read as open, as those of a racemate are; centres outside are absolute and stay. The arrangement of
several centres to each other goes with it.
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
