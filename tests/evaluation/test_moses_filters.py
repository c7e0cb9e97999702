import pytest
from rdkit import Chem

from molgan.chem.shipped_sets import load_reference
from molgan.evaluation import moses_filters
from molgan.evaluation.moses_filters import moses_rejection


@pytest.mark.parametrize(
    "smiles, reason",
    [
        ("CC(C)Cc1ccc(C(C)C)cc1", None),
        ("C1CCCCCCC1", "ring of 8 atoms"),
        ("C[N+](C)(C)C", "charge"),
        ("C[Si](C)C", "element Si"),
        ("CCC=O", "MCF7"),
        ("C1OC1C", "MCF5"),
        ("CC=C1SC(=S)NC1=O", "PAINS ene_rhod_A(235)"),
    ],
)
def test_reasons(smiles, reason):
    assert moses_rejection(Chem.MolFromSmiles(smiles)) == reason


def test_the_screen_before_matching_loses_no_match():
    mols = [Chem.AddHs(Chem.MolFromSmiles(record.smiles)) for record in load_reference("approved_drugs")[:1500:15]]
    patterns = moses_filters._patterns()
    every = [
        next((n for n, q in zip(patterns.names, patterns.queries, strict=True) if mol.HasSubstructMatch(q)), None)
        for mol in mols
    ]
    assert [moses_filters._substructure(mol) for mol in mols] == every
    assert 10 < sum(name is not None for name in every) < 90
