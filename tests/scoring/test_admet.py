"""The ADMET scorers: values as shipped, whatever the spelling, and none outside the domain."""

import csv
import math
from pathlib import Path

import numpy as np
import pytest
from rdkit import Chem

from molgan.base.errors import ConfigError
from molgan.chem.shipped_sets import load_reference
from molgan.models.qsar.admet import DOMAIN, ENDPOINTS
from molgan.scoring.batch import Batch
from molgan.scoring.objective import Objective
from molgan.scoring.registry import get_scorer, scorer_names
from molgan.scoring.settings import ObjectiveSettings

NAMES = [kind.name for kind in ENDPOINTS]
TABLE = list(csv.DictReader((Path(__file__).parent / "admet_expected.csv").open()))
SMILES = [row["smiles"] for row in TABLE]
FERROCENE = "[CH]1C=CC=C1.[CH]1C=CC=C1.[Fe]"
LARGE = "C1" + "CO" * 30 + "C1"


@pytest.mark.parametrize("name", NAMES)
def test_values_are_those_shipped(name):
    scores = get_scorer(name, least_similarity=0)(SMILES)
    expected = [float(row[name]) for row in TABLE]
    assert scores.values.tolist() == pytest.approx(expected, abs=1e-4)
    assert len(set(np.round(expected, 3))) > 8


@pytest.mark.parametrize("name", NAMES)
def test_two_spellings_a_salt_and_an_isomer_have_the_same_value(name):
    scorer = get_scorer(name, least_similarity=0)
    mol = Chem.MolFromSmiles("CN1CCC[C@H]1c1cccnc1")
    order = np.random.default_rng(1).permutation(mol.GetNumAtoms()).tolist()
    other = Chem.MolToSmiles(Chem.RenumberAtoms(mol, order), canonical=False)
    assert other != Chem.MolToSmiles(mol)
    forms = [other, Chem.MolToSmiles(mol), "CN1CCCC1c1cccnc1", "C[NH+]1CCCC1c1cccnc1.[Cl-]"]
    # One call each, so that none comes from the other's row.
    values = [scorer.score_fresh(Batch.of([form]).distinct)[0].value for form in forms]
    assert values == [values[0]] * 4


def test_outside_the_domain_there_is_a_reason():
    scores = get_scorer("herg")([LARGE, SMILES[0], "not a molecule"])
    assert scores.errors[0].startswith("outside the model's domain: nearest training molecule 0.")
    assert np.isnan(scores.values).tolist() == [True, False, True]
    similarity = get_scorer("herg", output="similarity", least_similarity=0)([LARGE]).values[0]
    assert 0 <= similarity < DOMAIN


@pytest.mark.parametrize("name", NAMES)
def test_caution_makes_it_worse_by_the_expected_error(name):
    options = {"least_similarity": 0}
    value, error = (get_scorer(name, **options, output=each)(SMILES).values for each in ("prediction", "error"))
    assert (error > 0).all()
    if name == "logd":
        with pytest.raises(ConfigError, match="caution"):
            get_scorer(name, caution=1)
        return
    cautious = get_scorer(name, **options, caution=1)(SMILES).values
    kind = get_scorer(name)
    worse = value - error if kind.direction == "high" else value + error
    assert cautious == pytest.approx(np.clip(worse, kind.low, kind.high))


def test_values_lie_in_the_range_and_tell_drugs_apart():
    drugs = [record.smiles for record in load_reference("approved_drugs")][::20]
    for name in NAMES:
        scorer = get_scorer(name)
        scores = scorer(drugs)
        values = scores.values[~np.isnan(scores.values)]
        assert len(values) > len(drugs) / 3
        assert scorer.low <= values.min() < values.max() <= scorer.high
        good = scorer.default_transform(values)
        assert good.max() - good.min() > 0.3, name


def test_what_is_known_of_drugs_comes_out():
    blockers = ["O=C(CCCN1CCC(O)(c2ccc(Cl)cc2)CC1)c1ccc(F)cc1", "COc1ccc(CCN2CCC(Nc3nc4ccccc4n3Cc3ccc(F)cc3)CC2)cc1"]
    sugar, aspirin = "OCC1OC(O)C(O)C(O)C1O", "CC(=O)Oc1ccccc1C(=O)O"
    herg, ames, bbb, logd, solubility = (
        get_scorer(name, least_similarity=0) for name in ("herg", "ames", "bbb", "logd", "solubility")
    )
    assert min(herg(blockers).values) > max(herg([sugar, aspirin]).values)
    assert ames(["O=[N+]([O-])c1ccc2c(c1)Cc1ccccc1-2"]).values[0] > 0.7 > ames([sugar]).values[0]
    assert bbb(["CN1C(=O)CN=C(c2ccccc2)c2cc(Cl)ccc21"]).values[0] > bbb([sugar]).values[0]
    assert logd(["CCCCCCc1ccccc1"]).values[0] > logd([sugar]).values[0] + 2
    assert solubility([sugar]).values[0] > solubility(["c1ccc2c(c1)ccc1c3ccccc3ccc21"]).values[0] + 3


def test_they_are_found_by_name_and_work_together_in_an_objective():
    assert set(NAMES) <= set(scorer_names())
    components = [{"scorer": name, "parameters": {"least_similarity": 0}} for name in NAMES]
    with Objective(ObjectiveSettings(components=components)) as objective:
        table = objective(["CC(=O)Nc1ccc(O)cc1", "?"]).to_frame()
    assert 0 <= table["score"][0] <= 1 and math.isnan(table["score"][1])
