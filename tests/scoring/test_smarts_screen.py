import gzip
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from rdkit import Chem

from molgan.scoring.fast.atom_graph import AROMATIC, DOUBLE, RING, SINGLE, TRIPLE, Graph
from molgan.scoring.fast.query_atoms import weaken
from molgan.scoring.fast.smarts_screen import Screen

ODD = (Path(__file__).parent / "odd.smi").read_text().split()
MOSES = Path(__file__).parents[2] / "data" / "moses_test.csv.gz"
KINDS = {SINGLE: 1.0, DOUBLE: 2.0, TRIPLE: 3.0, AROMATIC: 1.5}


def moses(count):
    with gzip.open(MOSES, "rt") as file:
        return [line.split(",")[0].strip() for line in islice(file, 1, count + 1)]


def graph(smiles):
    mol = Chem.MolFromSmiles(smiles)
    return Graph.of(Chem.MolToSmiles(mol), mol)


@pytest.mark.parametrize(
    ("query", "weaker"),
    [
        ("[#6&!H0]", "[#6&!H0]"),
        ("Br", "Br"),
        ("[C&R2]", "[C&R]"),
        ("[O&R2,N&R10]", "[O&R,N&R]"),
        ("[C&R0]", "[C&R0]"),
        ("[C&r5]", "[C&R]"),
        ("[C&!R2]", "*"),
        ("[C&x2]", "*"),
        ("[N&v3&X3,N&v4&X4]", "[N&*&X3,N&*&X4]"),
        ("[N&!v3]", "*"),
        ("[#7;$([#7&!H0]-[#6&X4]),$([#7](-C)-C)]", "[#7;#7&!H0,#7]"),
        ("[#7&!H0;!H1,!$([#7]-[#6]=[#8])]", "[#7&!H0;!H1,*]"),
        ("[$([C,N]=O)]", "[*]"),
        ("[$([#6;!H0,$(C=O)]),Cl]", "[*,Cl]"),
        ("[$(Cl-C),$(c(cc)(cc)~[#6]:[#6])]", "[Cl,c]"),
    ],
)
def test_queries_are_weakened_to_what_a_type_tells(query, weaker):
    assert weaken(query) == weaker
    assert Chem.AtomFromSmarts(weaker) is not None


@pytest.mark.parametrize("smiles", ["[2H]C", "[H][H]", "[NH3]->[Cu]"])
def test_unusual_molecules_have_no_graph(smiles):
    assert graph(smiles) is None


def test_the_graph_has_rdkits_bonds_and_rings():
    for smiles in ODD + moses(100):
        found = graph(smiles)
        if found is None:
            continue
        order = found.order
        bonds = [found.mol.GetBondBetweenAtoms(order[i], order[j]) for i, j, _ in found.bonds]
        assert sorted(bond.GetIdx() for bond in bonds) == list(range(found.mol.GetNumBonds()))
        for bond, (_, _, kind) in zip(bonds, found.bonds, strict=True):
            assert bond.GetBondTypeAsDouble() == KINDS[kind & ~RING]
            assert bond.IsInRing() == (kind >= RING)


def test_equal_environments_are_equal_surroundings():
    benzoate, phenol = graph("OC(=O)c1ccccc1"), graph("Oc1ccccc1")
    aromatic = [set(g.environments[g.tokens.index("c") :]) for g in (benzoate, phenol)]
    # The meta and para carbons are alike, and so are the ortho carbons, whose neighbour has three bonds in both.
    assert len(aromatic[0] & aromatic[1]) == 2
    assert benzoate.environments[benzoate.tokens.index("O")] != phenol.environments[0]


def test_every_ring_is_in_the_cycle_space():
    for smiles in moses(100):
        found = graph(smiles)
        sizes = {cycle.bit_count() for cycle in found.cycle_space}
        assert {len(ring) for ring in found.mol.GetRingInfo().BondRings()} <= sizes


def test_a_molecule_of_very_many_rings_has_no_cycle_space_and_passes():
    ladder = graph("C1CC2C1C1C2C2C1C1C2C2C1C1C2C2C1C1C2CC1")
    assert ladder.cycle_space is None
    assert Screen([Chem.MolFromSmarts("C1CCC1"), Chem.MolFromSmarts("N")]).find_passing(ladder) == [0]


def test_a_fragment_of_a_molecule_always_passes():
    """Connected pieces of molecules, as SMARTS, pass for the molecule that they were cut from, whatever their size."""
    random = np.random.default_rng(7)
    molecules = [Chem.MolFromSmiles(smiles) for smiles in moses(150) + [s for s in ODD if graph(s) is not None]]
    pieces = [fragment(mol, random) for mol in molecules]
    screen = Screen(pieces)
    passing = matching = 0
    for position, mol in enumerate(molecules):
        found = screen.find_passing(Graph.of(Chem.MolToSmiles(mol), mol))
        assert position in found
        matches = {i for i, piece in enumerate(pieces) if mol.HasSubstructMatch(piece)}
        assert matches <= set(found)
        passing += len(found)
        matching += len(matches)
    assert passing < 1.5 * matching  # and little else does


def fragment(mol, random):
    atoms = {int(random.integers(mol.GetNumAtoms()))}
    for _ in range(int(random.integers(1, 10))):
        around = {n.GetIdx() for i in atoms for n in mol.GetAtomWithIdx(i).GetNeighbors()} - atoms
        if around:
            atoms.add(int(random.choice(sorted(around))))
    return Chem.MolFromSmarts(Chem.MolFragmentToSmarts(mol, sorted(atoms)))


@pytest.mark.parametrize(
    ("pattern", "matching", "ruled_out"),
    [
        ("FC(F)F", "FC(F)(F)C", "FC(F)C"),  # three fluorines at one carbon
        ("C(=O)N.C(=O)N", "NC(=O)CC(N)=O", "NC(=O)CC"),  # two amides
        ("c1ccccc1", "c1ccccc1", "c1ccoc1"),
        ("C1CCCCC1", "C1CCCCC1", "C1CCCC1"),
        ("c[C;R0](=O)[#6]", "CC(=O)c1ccccc1", "NC(=O)c1ccccc1"),  # the ring carbon cannot serve twice
        ("[CR2]", "C1CC2CCC1C2", "CCC"),
    ],
)
def test_what_is_ruled_out(pattern, matching, ruled_out):
    screen = Screen([Chem.MolFromSmarts(pattern)])
    assert screen.find_passing(graph(matching)) == [0]
    assert screen.find_passing(graph(ruled_out)) == []


def test_a_pattern_that_nothing_is_known_of_always_passes():
    assert Screen([None, Chem.MolFromSmarts("N")]).find_passing(graph("CC")) == [0]
