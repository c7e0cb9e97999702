import random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import Chem

from molgan.chem.molecule import parse
from molgan.chem.shipped_sets import load_reference
from molgan.filters.known.skeleton import _compute_by_rdkit, compute_keys

DRUGS = [record.smiles for record in load_reference("approved_drugs")]
ODD = [
    "[nH]1cccc1",
    "O=[N+]([O-])c1ccccc1",
    "[2H]C([2H])([2H])O",
    "[Na+].[O-]C(=O)C",
    "[H][H]",
    "C1.C1",
    "C(C.C)C",
    "[Se]1C=CC=C1",
    "F[P-](F)(F)(F)(F)F",
    "*c1ccccc1",
    "C12C3C4C1C5C2C3C45",
    "CC%10CCCC%10",
    "CC%(100)CCCC%(100)",
    "[NH3]->[Pt](Cl)(Cl)<-[NH3]",
    "C/C=C\\C",
    "C[C@@H](N)C(=O)O",
    "ClC(Br)I",
]


def spelled(smiles: str, seed: int) -> str:
    """The same molecule in another spelling: any order of atoms, aromatic or not, with more or less written out."""
    choose = random.Random(seed)
    mol = Chem.MolFromSmiles(smiles)
    if choose.random() < 0.3:
        mol = Chem.AddHs(mol)
    if choose.random() < 0.5:
        Chem.Kekulize(mol, clearAromaticFlags=True)
    order = list(range(mol.GetNumAtoms()))
    choose.shuffle(order)
    return str(
        Chem.MolToSmiles(
            Chem.RenumberAtoms(mol, order),
            canonical=False,
            allBondsExplicit=choose.random() < 0.3,
            allHsExplicit=choose.random() < 0.3,
        )
    )


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(DRUGS + ODD), min_size=1, max_size=30), st.integers(0, 2**20))
def test_every_spelling_of_a_molecule_has_its_key(smiles: list[str], seed: int) -> None:
    spellings = [spelled(text, seed + i) for i, text in enumerate(smiles)]
    assert compute_keys(spellings).tolist() == compute_keys(smiles).tolist()


def test_the_text_is_read_as_rdkit_reads_it() -> None:
    smiles = DRUGS[::3] + ODD
    assert compute_keys(smiles).tolist() == [_compute_by_rdkit(text) for text in smiles]


def test_different_skeletons_have_different_keys() -> None:
    skeletons = {_flattened(text) for text in DRUGS}
    keys = np.unique(compute_keys(DRUGS))
    assert len(keys) > 0.999 * len(skeletons)


def _flattened(smiles: str) -> str:
    mol = Chem.RWMol(Chem.MolFromSmiles(smiles))
    for bond in mol.GetBonds():
        bond.SetBondType(Chem.BondType.ZERO)
        bond.SetIsAromatic(False)
    for atom in mol.GetAtoms():
        atom.SetIsAromatic(False)
        atom.SetFormalCharge(0)
        atom.SetNoImplicit(True)
        atom.SetNumExplicitHs(0)
        atom.SetIsotope(0)
        atom.SetChiralTag(Chem.ChiralType.CHI_UNSPECIFIED)
    return str(Chem.MolToSmiles(mol, isomericSmiles=False))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(alphabet="CNcno()[]123%=#.-+@/\\ClBr \n\u00e9\0", max_size=12), max_size=8))
def test_rubbish_does_not_change_the_keys_of_other_lines(rubbish: list[str]) -> None:
    lines = [line for text in rubbish for line in (text, "CC(=O)Oc1ccccc1C(=O)O")]
    keys = compute_keys(lines)
    assert len(keys) == len(lines)
    assert set(keys[1::2]) <= set(compute_keys(["CC(=O)Oc1ccccc1C(=O)O"]))


def test_what_rdkit_reads_in_rubbish_has_the_key_of_its_canonical_smiles() -> None:
    generator = np.random.default_rng(1)
    letters = list("CCCCNO()11=.")
    texts = ["".join(generator.choice(letters, 5)) for _ in range(4000)]
    molecules = [(text, parse(text).smiles) for text in texts]
    readable = [(text, smiles) for text, smiles in molecules if smiles is not None]
    assert len(readable) > 100
    assert compute_keys([text for text, _ in readable]).tolist() == compute_keys([s for _, s in readable]).tolist()
