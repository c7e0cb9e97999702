import math
from collections import Counter

import pytest
from rdkit import Chem

from molgan.base.errors import ConfigError, InputError
from molgan.scoring.base import Counts, Scorer
from molgan.scoring.registry import SCORERS, get_scorer
from molgan.scoring.score_cache import Cache, clear_caches


class Atoms(Scorer):
    """Counts atoms; breaks on sulfur, has no value for fluorine, and is dishonest about chlorine and bromine."""

    name = "atoms"
    summary = "Atoms"

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def _score(self, mols):
        smiles = [Chem.MolToSmiles(mol) for mol in mols]
        self.seen += smiles
        if "S" in smiles:
            raise RuntimeError("no sulfur\nplease")
        odd = {"F": math.nan, "Cl": math.inf, "Br": "many"}
        return [odd.get(text, mol.GetNumAtoms()) for text, mol in zip(smiles, mols, strict=True)]


@pytest.fixture(autouse=True)
def forget():
    clear_caches()


def test_each_distinct_molecule_is_scored_once_and_every_input_gets_its_value():
    scorer = Atoms()
    scores = scorer(["CCO", "C", "OCC", "C(O)C", "CCO"])
    assert scores.values.tolist() == [3, 1, 3, 3, 3]
    assert scorer.seen == ["CCO", "C"]
    assert scores.counts == Counts(given=5, invalid=0, repeated=3, cached=0, scored=2, failed=0)


def test_a_second_call_is_answered_from_the_cache_whatever_the_instance():
    Atoms()(["CCO", "C"])
    scorer = Atoms()
    scores = scorer(["OCC", "CC"])
    assert scorer.seen == ["CC"]
    assert (scores.counts.cached, scores.counts.scored) == (1, 1)


def test_the_cache_tells_parameters_apart():
    smiles = ["CCO", "CCN"]
    ethanol = get_scorer("similarity", smiles=["CCO"])(smiles)
    amine = get_scorer("similarity", smiles=["CCN"])(smiles)
    assert ethanol.values.tolist() == amine.values.tolist()[::-1]


def test_one_broken_molecule_does_not_take_the_others_with_it():
    scores = Atoms()(["C", "S", "CC", None, "F", "Cl", "Br", "nonsense"])
    assert scores.values[[0, 2]].tolist() == [1, 2]
    assert [math.isnan(value) for value in scores.values] == [error is not None for error in scores.errors]
    assert scores.errors[1] == "RuntimeError: no sulfur"
    assert scores.errors[3] == "empty"
    assert scores.errors[4:7] == ["scorer gave no value", "scorer gave infinity", "scorer gave 'many', not a number"]
    reasons = Counter(error for error in scores.errors if error not in (None, "empty", scores.errors[7]))
    assert scores.counts == Counts(given=8, invalid=2, repeated=0, cached=0, scored=2, failed=4, reasons=reasons)
    assert reasons.total() == 4


def test_a_value_that_is_no_number_is_a_reason_whatever_it_raises():
    class Odd:
        def __float__(self):
            raise RuntimeError("no")

        def __repr__(self):
            raise RuntimeError("neither")

    class Values(Atoms):
        name = "values"

        def _score(self, mols):
            return [[10**400, 10**5000, Odd(), None, 7][mol.GetNumAtoms() - 1] for mol in mols]

    scores = Values()(["C", "CC", "CCC", "CCCC", "CCCCC"])
    assert scores.errors == [
        "scorer gave a number that is too large",
        "scorer gave a number that is too large",
        "scorer gave a Odd, not a number",
        "scorer gave None, not a number",
        None,
    ]


def test_a_failure_is_tried_again():
    scorer = Atoms()
    scorer(["F"])
    assert scorer(["F"]).counts.cached == 0


def test_a_wrong_number_of_values_fails_all():
    class Short(Atoms):
        name = "short"

        def _score(self, mols):
            return [1.0]

    scores = Short()(["C", "CC"])
    assert scores.errors == ["scorer gave 1 values for 2 molecules"] * 2


def test_nothing_in_nothing_out():
    assert Atoms()([]).counts == Counts(0, 0, 0, 0, 0, 0)


def test_a_single_string_is_refused():
    with pytest.raises(InputError, match="not a single string"):
        Atoms()("CCO")


def test_the_cache_is_bounded():
    cache = Cache(capacity=2)
    for smiles in ("C", "CC", "CCC"):
        cache.update({smiles: (len(smiles), None)})
    assert (cache.get("C"), cache.get("CC"), cache.get("CCC")) == (None, (2, None), (3, None))


@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [
        ("sas", {}, "no scorer 'sas', did you mean 'sa'?"),
        ("similarity", {"smile": ["C"]}, "no parameter 'smile', did you mean 'smiles'?"),
        ("similarity", {"smiles": ["c1ccccc"]}, "'c1ccccc' is not a molecule: not a SMILES: unclosed ring"),
        ("similarity", {"smiles": []}, "at least 1 item"),
        ("substructure", {"smarts": ["C("]}, "'C(' is not SMARTS"),
        ("qed", {"weights": "max"}, "no parameter 'weights', known: none"),
    ],
)
def test_a_wrong_name_or_parameter_is_told_in_one_line(name, parameters, message):
    with pytest.raises(ConfigError) as caught:
        get_scorer(name, **parameters)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("scorer", SCORERS.values(), ids=lambda scorer: scorer.name)
def test_every_scorer_says_what_it_is(scorer):
    assert scorer.summary and scorer.low < scorer.high
    assert scorer.default_transform([scorer.low, scorer.high]).shape == (2,)
