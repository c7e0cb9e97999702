"""Marks are allowed wherever some molecule would keep them."""

import pytest
from rdkit import Chem

from molgan.chem.stereo import CLOCKWISE, SAME_SIDE, has_stereo, set_marks
from molgan.chem.stereo_sites import find_markable

MOTIFS = [
    "C", "O", "N", "F", "C=O", "C=C", "C=CC=C", "C=C=C", "C#N", "N=C", "N=N", "C=NO", "c1ccccc1", "n1ccccc1",
    "C1CCNCC1", "C1=CCCCC1", "C1=CCCCCCC1", "C1CCCCC1=C", "C1CN1", "N1CC1", "C1CC2CCN1CC2", "S=O", "S(=O)=O", "S",
    "P=O", "P", "[NH4+]", "C1CC2CCC1C2", "O=C1CCCN1", "N1C(=O)c2ccccc2C1=O", "[SiH4]", "C=S", "N=S", "C1=CC=CC=CC=C1",
]  # fmt: skip


def substitute(smiles: str) -> tuple[str, list[int]]:
    """The motif with another isotope at each hydrogen, and where each of its own atoms stands in that."""
    mol = Chem.RWMol(Chem.MolFromSmiles(smiles))
    own = mol.GetNumAtoms()
    for atom in list(mol.GetAtoms()):
        for _ in range(atom.GetTotalNumHs()):
            other = Chem.Atom(6)
            other.SetIsotope(100 + mol.GetNumAtoms())
            other.SetNoImplicit(True)
            mol.AddBond(atom.GetIdx(), mol.AddAtom(other), Chem.BondType.SINGLE)
        atom.SetNumExplicitHs(0)
    Chem.SanitizeMol(mol)
    text = Chem.MolToSmiles(mol, canonical=False, rootedAtAtom=0)
    written = list(mol.GetPropsAsDict(True, True)["_smilesAtomOutputOrder"])
    places = [written.index(i) for i in range(own)]
    assert places == sorted(places)
    return text, places


@pytest.mark.parametrize("smiles", MOTIFS)
def test_no_mark_that_a_molecule_would_keep_is_forbidden(smiles: str) -> None:
    text, places = substitute(smiles)
    for site, place in enumerate(places):
        centre, double = find_markable(smiles)[site]
        for mark, allowed in ((CLOCKWISE, centre), (SAME_SIDE, double)):
            kept = has_stereo(Chem.MolFromSmiles(set_marks(text, {place: mark})))
            assert allowed or not kept, (smiles, site, mark)


def test_marks_that_never_mean_anything_are_forbidden() -> None:
    none = [(False, False)]
    assert find_markable("c1ccccc1") == none * 6
    assert find_markable("C=O") == none * 2 == find_markable("C#N")
    assert find_markable("O") == find_markable("N") == find_markable("F") == none
    assert find_markable("C") == [(True, False)]
    assert find_markable("C=C") == [(False, False), (False, True)]
    assert find_markable("O=C1CCCN1") == [*none * 2, *[(True, False)] * 3, *none]
