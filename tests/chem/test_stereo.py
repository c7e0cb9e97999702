"""Stereo marks: every arrangement comes back, whatever the order of atoms; any mark on any atom is legal."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import Chem

from molgan.chem.motifs import cut, write
from molgan.chem.shipped_sets import load_reference
from molgan.chem.stereo import MARKS, UnknownStereo, has_stereo, set_marks

DRUGS = [record.smiles for record in load_reference("approved_drugs") if "." not in record.smiles]
CHIRAL = [smiles for smiles in DRUGS if has_stereo(Chem.MolFromSmiles(smiles))][:250]
KNOWN = {
    "alanine": "C[C@H](N)C(=O)O",
    "its mirror image": "C[C@@H](N)C(=O)O",
    "a sulfoxide": "CC[S@](C)=O",
    "a quaternary centre": "C[C@](O)(N)CC",
    "para centres of a ring": "C[C@H]1CC[C@@H](O)CC1",
    "spiro": "C1C[C@]2(CO1)CCC(=O)N2",
    "a double bond": "C/C=C/CO",
    "the other side": "C/C=C\\CO",
    "an oxime": "CC/C(C)=N/O",
    "neighbouring double bonds": "C/C=C/C=C\\C",
    "two alike substituents": "O[C@@H](C)CC[C@H](C)O",
    "a large ring": "O=C1CCCCCC/C=C/CCCC1",
}


def settled(smiles: str) -> str:
    """The canonical SMILES that reading and writing leaves as it is."""
    return str(Chem.CanonSmiles(Chem.CanonSmiles(smiles)))


@pytest.mark.parametrize("smiles", KNOWN.values(), ids=KNOWN)
def test_stereo_comes_back_from_each_root(smiles: str) -> None:
    mol = Chem.MolFromSmiles(smiles)
    assert has_stereo(mol)
    for root in [None, *range(mol.GetNumAtoms())]:
        assert settled(write(cut(mol, root))) == settled(smiles)


@given(st.sampled_from(CHIRAL), st.randoms())
@settings(max_examples=60, deadline=None)
def test_drugs_come_back_from_any_order_of_atoms(smiles: str, rng: random.Random) -> None:
    mol = Chem.MolFromSmiles(smiles)
    order = list(range(mol.GetNumAtoms()))
    rng.shuffle(order)
    assert settled(write(cut(Chem.RenumberAtoms(mol, order), rng.choice([None, order[0]])))) == settled(smiles)


@given(st.sampled_from(DRUGS), st.randoms())
@settings(max_examples=60, deadline=None)
def test_any_marks_leave_the_constitution_as_it_is(smiles: str, rng: random.Random) -> None:
    mol = Chem.MolFromSmiles(smiles)
    Chem.RemoveStereochemistry(mol)
    flat = settled(Chem.MolToSmiles(mol))
    marked = set_marks(flat, {i: rng.randrange(MARKS) for i in range(mol.GetNumAtoms()) if rng.random() < 0.5})
    back = Chem.MolFromSmiles(marked)
    Chem.RemoveStereochemistry(back)
    assert settled(Chem.MolToSmiles(back)) == flat


def test_mirror_images_differ_in_their_marks_alone() -> None:
    one, other = (cut(Chem.MolFromSmiles(KNOWN[name])) for name in ("alanine", "its mirror image"))
    assert one != other
    assert write(one._replace(children=())) == write(other._replace(children=()))


def test_a_square_planar_metal_is_refused() -> None:
    with pytest.raises(UnknownStereo, match="squareplanar"):
        cut(Chem.MolFromSmiles("C[Pt@SP1](F)(Cl)Br"))
