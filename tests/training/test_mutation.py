"""Changes of atoms and bonds: whatever they make is valid, within its size, and hangs where its parent did."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import Chem

from molgan.chem.motifs import Motif, cut, write
from molgan.graphs.motif.actions import HOLE
from molgan.graphs.motif.trees import atoms, bind, nodes, vacancies
from molgan.training.design import mutation
from molgan.training.design.genetic import reroot
from molgan.training.design.mutation import mutate_atom

MOST = 26
DRUGS = [
    Chem.MolFromSmiles(smiles)
    for smiles in (
        "CC(=O)Oc1ccccc1C(=O)O",
        "CN1C=NC2=C1C(=O)N(C)C(=O)N2C",
        "C[N+](C)(C)CC(=O)[O-]",
        "O=S(=O)(N)c1cc2c(cc1Cl)NC=NS2(=O)=O",
        "C1CC2CCC1CC2",
        "FC(F)(F)c1ccc(cc1)C(O)CC#N",
        "O=[N+]([O-])c1c[nH]cn1",
        "C1CCCCCCCCCCC1",
    )
]
seeds = st.integers(0, 2**32 - 1)


@settings(deadline=None, max_examples=200)
@given(st.sampled_from(DRUGS), seeds, st.booleans())
def test_a_mutation_is_a_molecule_of_its_size(mol: Chem.Mol, seed: int, bound: bool) -> None:
    rng = np.random.default_rng(seed)
    roots = [atom.GetIdx() for atom in mol.GetAtoms() if atom.GetTotalNumHs()]
    child = mutate_atom(cut(mol, int(rng.choice(roots))), rng, max_atoms=MOST, bound=bound)
    if child is None:
        return
    if bound:  # it hangs where its parent hung
        child = bind(Motif("C"), (), 0, child)
    made = Chem.MolFromSmiles(write(child))
    assert made is not None and len(Chem.GetMolFrags(made)) == 1
    assert made.GetNumAtoms() == atoms(child) <= MOST + bound
    assert abs(made.GetNumAtoms() - bound - mol.GetNumAtoms()) <= 1


@pytest.mark.parametrize(
    ("move", "before", "after"),
    [
        ("_element", "Cc1ccccc1", {"Oc1ccccc1", "Cc1ccccn1", "Fc1ccccc1"}),
        ("_order", "CC=O", {"CCO"}),
        ("_append", "CC", {"CCC", "CCO", "CC=O", "CCN"}),
        ("_insert", "CC1CC1", {"CCC1CC1", "CC1CCC1", "COC1CC1"}),
        ("_delete", "CC1CCC1", {"C1CCC1", "CC1CC1"}),
        ("_close", "CCCCCC", {"C1CCCCC1", "CC1CCCC1"}),
        ("_open", "C1CCCC1", {"CCCCC"}),
        ("_shift", "CC1CCCC(N)C1", {"CC1CCCCC1N", "CC1CCC(N)CC1"}),
    ],
)
def test_each_change_reaches_what_its_name_says(
    move: str, before: str, after: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mutation, "_MOVES", (getattr(mutation, move),))
    rng, mol = np.random.default_rng(0), Chem.MolFromSmiles(before)
    made = [mutate_atom(reroot(mol, rng), rng, max_atoms=10) for _ in range(400)]
    found = {Chem.CanonSmiles(write(child)) for child in made if child is not None}
    assert {Chem.CanonSmiles(smiles) for smiles in after} <= found
    assert Chem.CanonSmiles(before) not in found or move in ("_shift", "_insert")


@pytest.mark.parametrize("part", ["[SH](=O)(=O)N", "[SH](=O)(=O)c1ccccc1", "[PH](=O)(O)O"])
def test_a_part_that_hangs_by_sulfur_or_phosphorus_can_still_hang(part: str) -> None:
    tree = cut(Chem.MolFromSmiles(part), 0)
    made = [mutate_atom(tree, np.random.default_rng(seed), max_atoms=MOST, bound=True) for seed in range(300)]
    found = [Chem.MolFromSmiles(write(bind(Motif("C"), (), 0, child))) for child in made if child is not None]
    assert found and all(found)
    hydride = Chem.MolFromSmarts("[S,P;!H0;v4,v5,v6]")
    assert not any(mol.HasSubstructMatch(hydride) for mol in found)


def test_rings_of_more_than_eight_atoms_are_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mutation, "_MOVES", (mutation._open,))
    rng, mol = np.random.default_rng(0), Chem.MolFromSmiles("C1CCC2CCCCC2C1")  # 10 atoms around
    made = [mutate_atom(reroot(mol, rng), rng, max_atoms=10) for _ in range(200)]
    found = [Chem.MolFromSmiles(write(child)) for child in made if child is not None]
    assert found
    assert not any(len(ring) > 8 for mol in found for ring in mol.GetRingInfo().AtomRings())


def test_strained_rings_are_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mutation, "_MOVES", (mutation._order,))
    rng, mol = np.random.default_rng(0), Chem.MolFromSmiles("C1CC1C1CCC1")
    made = [mutate_atom(reroot(mol, rng), rng, max_atoms=10) for _ in range(400)]
    found = [Chem.MolFromSmiles(write(child)) for child in made if child is not None]
    assert any(mol.HasSubstructMatch(Chem.MolFromSmarts("[r4]=;@[r4]")) for mol in found)
    assert not any(mol.HasSubstructMatch(Chem.MolFromSmarts("[r3]=;@[r3]")) for mol in found)


def test_no_double_bond_starts_at_a_bridgehead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mutation, "_MOVES", (mutation._order,))
    rng, mol = np.random.default_rng(0), Chem.MolFromSmiles("C1CC2CCC1C2")
    made = [mutate_atom(reroot(mol, rng), rng, max_atoms=10) for _ in range(400)]
    assert {Chem.CanonSmiles(write(child)) for child in made if child is not None} == {"C1=CC2CCC1C2"}


@settings(deadline=None, max_examples=100)
@given(st.sampled_from(["O=[N+]([O-])c1ccccc1", "C[N+](C)(C)CC(=O)[O-]"]), seeds)
def test_charges_stay_in_pairs(smiles: str, seed: int) -> None:
    rng, mol = np.random.default_rng(seed), Chem.MolFromSmiles(smiles)
    child = mutate_atom(reroot(mol, rng), rng, max_atoms=MOST)
    if child is not None:
        assert Chem.GetFormalCharge(Chem.MolFromSmiles(write(child))) == 0


@settings(deadline=None, max_examples=200)
@given(st.sampled_from(["CCc1ccccc1", "O=C(N)C1CCC1", "O", "CSC(=O)NO"]), seeds)
def test_a_linker_keeps_its_hole(smiles: str, seed: int) -> None:
    rng, mol = np.random.default_rng(seed), Chem.MolFromSmiles(smiles)
    roots = [atom.GetIdx() for atom in mol.GetAtoms() if atom.GetTotalNumHs()]
    tree = cut(mol, int(rng.choice(roots)))
    places = vacancies(tree, bound=True)
    if not places:
        return
    linker = bind(tree, *places[int(rng.integers(len(places)))], HOLE)
    child = mutate_atom(linker, rng, max_atoms=MOST, bound=True)
    if child is not None:
        assert [node.children for _, node in nodes(child) if node.smiles == HOLE.smiles] == [()]
        assert abs(atoms(child) - atoms(linker)) <= 1
        assert "*" not in write(_filled(bind(Motif("C"), (), 0, child)))


def _filled(tree: Motif) -> Motif:
    children = tuple((site, Motif("F") if child == HOLE else _filled(child)) for site, child in tree.children)
    return tree._replace(children=children)


def test_a_linker_without_atoms_has_nothing_to_change() -> None:
    assert mutate_atom(HOLE, np.random.default_rng(0), max_atoms=MOST, bound=True) is None
