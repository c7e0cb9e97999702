"""The nats of a molecule by its motifs: nothing is lost, and each part is where it says."""

import math

import pytest
import torch
from rdkit import Chem

from molgan.chem.molecule import parse, parse_all
from molgan.chem.motifs import Motif, cut, cut_in_order, write
from molgan.graphs.motif.action_owners import find_owners
from molgan.graphs.motif.actions import FIRST_MOTIF, Vocabulary, encode
from molgan.graphs.motif.trees import nodes
from molgan.models.motif.motif_generator import MotifGenerator
from molgan.models.nll import NllMeter
from molgan.models.realism.odd_parts import find_odd_parts
from molgan.models.settings import MotifNetworkSettings

SMILES = [
    "CC(=O)Nc1ccc(O)cc1",
    "C[C@H](N)C(=O)O",
    "F/C=C/c1ccccc1",
    "C[N+](C)(C)CC(=O)[O-]",
    "O=[N+]([O-])c1ccc(C2CC2)cc1",
    "CN1CCN(c2ncccn2)CC1",
    "C1CC2(C1)OCCO2",
    "C",
    "FC(F)(F)c1c[nH]c2ccccc12",
    "C[C@@H]1CC[C@H](O)CC1",
]
MOTIFS = ("C", "O", "N", "C=O", "c1ccccc1", "F")


@pytest.fixture(scope="module")
def generator() -> MotifGenerator:
    torch.manual_seed(0)
    network = MotifNetworkSettings(embedding=8, hidden=16, layers=1)
    return MotifGenerator(Vocabulary(MOTIFS, stereo=True), network, max_atoms=20).eval()


def draw_graph(mol: Chem.Mol) -> tuple[list[tuple[str, int]], dict[frozenset[int], str]]:
    """Atoms and bonds by their numbers, stereo aside."""
    atoms = [(atom.GetSymbol(), atom.GetTotalNumHs()) for atom in mol.GetAtoms()]
    bonds = {
        frozenset((bond.GetBeginAtomIdx(), bond.GetEndAtomIdx())): str(bond.GetBondType()) for bond in mol.GetBonds()
    }
    return atoms, bonds


def drop_marks(tree: Motif) -> Motif:
    return Motif(tree.smiles, tuple((site, drop_marks(child)) for site, child in tree.children))


@pytest.mark.parametrize("smiles", SMILES)
def test_a_tree_comes_with_its_atoms_in_the_order_of_writing(smiles: str) -> None:
    mol = Chem.MolFromSmiles(smiles)
    order = list(range(mol.GetNumAtoms()))[::-1]
    for each in (mol, Chem.RenumberAtoms(mol, order)):
        tree, atoms = cut_in_order(each)
        assert tree == cut(mol)
        written = Chem.MolFromSmiles(write(drop_marks(tree)))  # with marks RDKit chooses the order
        assert sorted(atoms) == list(range(mol.GetNumAtoms()))
        assert draw_graph(Chem.RenumberAtoms(each, list(atoms))) == draw_graph(written)


@pytest.mark.parametrize("vocabulary", [Vocabulary(MOTIFS, stereo=True), Vocabulary(("C",), stereo=True)])
def test_every_action_has_an_owner(vocabulary: Vocabulary) -> None:
    for smiles in SMILES:
        tree = cut(parse(smiles).mol)
        actions, owners = encode(tree, vocabulary), find_owners(tree, vocabulary)
        assert len(owners) == len(actions) and min(owners) == 0
        motifs = [node.smiles for _, node in nodes(tree)]
        assert set(owners) == set(range(len(motifs)))
        for action, owner in zip(actions, owners, strict=True):
            if action >= FIRST_MOTIF:
                assert vocabulary.motifs[action - FIRST_MOTIF] == motifs[owner]


def test_the_nats_of_the_parts_are_those_of_the_molecule(generator: MotifGenerator) -> None:
    molecules = parse_all(SMILES)
    for molecule, nll in zip(molecules, NllMeter(generator)(molecules), strict=True):
        assert nll.error is None and math.fsum(nll.steps) == pytest.approx(nll.nll, abs=1e-5)
        parts = find_odd_parts(molecule.mol, nll.steps, generator.vocabulary)
        assert math.fsum(part.nats for part in parts) == pytest.approx(nll.nll, abs=1e-5)
        assert sorted(atom for part in parts for atom in part.atoms) == list(range(molecule.mol.GetNumAtoms()))
        assert [part.nats for part in parts] == sorted((part.nats for part in parts), reverse=True)


def test_a_spelled_ring_is_the_least_likely_part(generator: MotifGenerator) -> None:
    molecule = parse("CCCC1NCNO1")
    (nll,) = NllMeter(generator)([molecule])
    assert find_odd_parts(molecule.mol, nll.steps, generator.vocabulary)[0].atoms == (3, 4, 5, 6, 7)


def test_steps_of_another_molecule_are_refused(generator: MotifGenerator) -> None:
    with pytest.raises(ValueError, match="2 steps"):
        find_odd_parts(parse("CCO").mol, (1.0, 2.0), generator.vocabulary)
