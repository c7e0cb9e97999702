import numpy as np
import pytest
from rdkit import Chem

from molgan.base.errors import InputError
from molgan.chem.molecule import parse
from molgan.graphs.features.featurizer import ELEMENTS, featurize, featurize_all
from molgan.graphs.features.graph_arrays import ATOM_COLUMNS, RELATIONS, join

ODD = [
    "C",
    "[NH4+].[Cl-]",
    "[O-2].[Ca+2]",
    "c1ccc2[nH]ccc2c1",
    "C1CC12CC2",
    "C[N+](C)(C)CC(=O)[O-]",
    "OB(O)c1ccccc1[Si](C)(C)C",
    "O=S(=O)(N)c1ccc(I)cc1Br",
    "[2H]C([2H])[CH2]",
    "*c1ccccc1",
    "[Xe]",
    "C1CCCCCCCCCCC1C#N",
    "FC(F)(F)P(=O)(O)O",
]


def described(mol: Chem.Mol) -> list[list[int]]:
    rings = mol.GetRingInfo()
    rows = []
    for atom in mol.GetAtoms():
        symbol, i = atom.GetSymbol(), atom.GetIdx()
        smallest = rings.MinAtomRingSize(i)
        rows.append(
            [
                ELEMENTS.index(symbol) if symbol in ELEMENTS else 11,
                max(-2, min(2, atom.GetFormalCharge())) + 2,
                min(4, atom.GetTotalNumHs()),
                int(atom.GetIsAromatic()),
                min(smallest, 8) - 2 if smallest else 0,
                min(3, rings.NumAtomRings(i)),
            ]
        )
    return rows


@pytest.mark.parametrize("smiles", ODD)
def test_atoms_and_bonds_are_what_rdkit_says_of_them(smiles):
    data, mol = featurize(smiles), Chem.MolFromSmiles(smiles)
    assert data.x.tolist() == described(mol)
    assert all((data.x < count)[:, i].all() for i, count in enumerate(ATOM_COLUMNS.values()))
    bonds = {(b.GetBeginAtomIdx(), b.GetEndAtomIdx(), str(b.GetBondType()).lower()) for b in mol.GetBonds()}
    columns = (*data.edge_index.tolist(), data.edge_type.tolist())
    edges = [(i, j, RELATIONS[relation]) for i, j, relation in zip(*columns, strict=True)]
    assert len(edges) == 2 * len(bonds)
    assert set(edges) == bonds | {(j, i, r) for i, j, r in bonds}


def test_one_graph_for_each_molecule_in_order_and_a_reason_for_each_that_has_none():
    given = ["CCO", "", None, "C1CC", parse("N#N"), Chem.MolFromSmiles("CC"), Chem.Mol(), parse("x"), "C" * 1001]
    graphs = featurize_all(given)
    assert graphs.sizes.tolist() == [3, 0, 0, 0, 2, 2, 0, 0, 0]
    assert sorted(graphs.failures) == [1, 2, 3, 6, 7, 8]
    assert all(reason and "\n" not in reason for reason in graphs.failures.values())
    with pytest.raises(InputError, match="C1CC: not a SMILES: unclosed ring"):
        featurize("C1CC")


def test_a_batch_is_the_graphs_side_by_side():
    graphs = featurize_all(ODD)
    batch = graphs.batch([5, 0, 5])
    assert batch.ptr.tolist() == [0, 8, 9, 17]
    assert batch.batch.bincount().tolist() == [8, 1, 8]
    single = featurize(ODD[5])
    assert batch.x[9:].equal(single.x)
    last = batch.edge_index[0] >= 9
    assert batch.edge_index[:, last].equal(single.edge_index + 9)
    assert batch.edge_type[last].equal(single.edge_type)


def test_selecting_and_joining_keeps_graphs_and_reasons():
    graphs = featurize_all([*ODD, "C1CC"])
    again = join([graphs.select([0, 1, 2]), join([]), graphs.select(range(3, len(graphs)))])
    for name in ("atoms", "edges", "relations", "atom_offsets", "edge_offsets"):
        assert np.array_equal(getattr(graphs, name), getattr(again, name))
        assert getattr(graphs, name).dtype == getattr(again, name).dtype
    assert again.failures == graphs.failures == {len(ODD): "not a SMILES: unclosed ring"}
    assert graphs.select([len(ODD), 0]).failures == {0: "not a SMILES: unclosed ring"}


@pytest.mark.slow
def test_processes_give_what_one_gives():
    smiles = ODD * 200 + ["C1CC"]
    one, two = featurize_all(smiles), featurize_all(smiles, workers=2)
    assert np.array_equal(one.atoms, two.atoms) and np.array_equal(one.edges, two.edges)
    assert one.failures == two.failures
