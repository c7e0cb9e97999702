"""Standardising gives the form that a chemist would register, and says what it changed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import Chem, rdBase

from molgan.chem import molecule as former_place
from molgan.chem.molecule import parse
from molgan.chem.shipped_sets import load_reference
from molgan.chem.standardise import TOO_MANY_TAUTOMERS, explain_standardisation, standardise

NOT_STANDARD = {
    "[Xe]": "element Xe not allowed",
    "[Na+].[Cl-]": "element Na not allowed",
    "*C": "element * not allowed",
    "[13CH4]": "isotope",
    "[2H]OC": "isotope",
    "C[CH2]": "radical",
    "[H][H]": "no heavy atom",
    "C~C": "bond ~ not allowed",
    "C$C": "bond $ not allowed",
    "CN->B": "bond <- not allowed",
}
STANDARD = {
    "CCO": "CCO",
    "C.C": "C",
    "[Na]OC(=O)C": "CC(=O)O",
    "CCN.Cl": "CCN",
    "C[NH+](C)C.[Cl-]": "CN(C)C",
    "C[N+](C)(C)C.[Br-]": "C[N+](C)(C)C",
    "[NH3+]CC([O-])=O": "NCC(=O)O",
    "C[S+](C)[O-]": "CS(C)=O",
    "CN(=O)=O": "C[N+](=O)[O-]",
    "[cH-]1cccc1": "c1cc[cH-]c1",
    "[CH3:1]O": "CO",
    "OC[C@H](F)Cl |&1:2|": "OCC(F)Cl",
    # The counter-ion, pamoic acid, is larger than the drug.
    "CN(C)CCCN1c2ccccc2CCc2ccccc21.O=C(O)c1cc2ccccc2c(Cc2c(O)c(C(=O)O)cc3ccccc23)c1O": "CN(C)CCCN1c2ccccc2CCc2ccccc21",
}
# By the changes told.
CHANGES = {
    "CCO": [],
    "CCN.Cl": ["salt removed: HCl"],
    "CCN.Cl.Cl": ["salt removed: 2 HCl"],
    "CC[NH3+].[Cl-].O": ["salt removed: Cl-", "solvent removed: H2O", "charges neutralised"],
    "NCc1ccccc1.OC(=O)/C=C/C(O)=O": ["salt removed: O=C(O)/C=C/C(=O)O"],
    "[Na]OC(=O)C": ["metal disconnected: Na", "salt removed: Na+", "charges neutralised"],
    "C[S+](C)[O-]": ["oxide written without charges"],
    "[CH3:1]O": ["atom maps removed"],
    "CCCCCN.CCCCCCCN": ["fragment removed: CCCCCN"],
}
DRUGS = [record.smiles for record in load_reference("approved_drugs")]
COUNTER_IONS = [
    "Cl",
    "[Na+]",
    "[Cl-]",
    "O",
    "OS(O)(=O)=O",
    "OC(=O)/C=C/C(O)=O",
    "CS(O)(=O)=O",
    "c1ccncc1",
    "CCO",
    "[K+]",
]
PIECES = st.lists(
    st.sampled_from(
        [*"CNOSn()=#-+.1", "[O-]", "[NH3+]", "[N+](=O)[O-]", "C(=O)", "c1ccccc1", "[Na+]", "[S+]", "[C@@H]"]
    ),
    max_size=12,
).map("".join)


@pytest.mark.parametrize("smiles", NOT_STANDARD)
def test_standardise_says_what_it_cannot_keep(smiles: str) -> None:
    assert parse(smiles).valid
    assert standardise(smiles).reason == NOT_STANDARD[smiles]


@pytest.mark.parametrize("smiles", STANDARD)
def test_standardise_gives_the_registered_form(smiles: str) -> None:
    molecule = standardise(smiles)
    assert molecule.smiles == STANDARD[smiles]
    assert molecule.source == smiles
    assert molecule.mol is not None and Chem.MolToSmiles(molecule.mol) == molecule.smiles
    assert standardise(parse(smiles)).smiles == molecule.smiles


def test_standardise_does_what_it_is_asked() -> None:
    assert standardise("C[C@H](O)/C=C/F", keep_stereo=False).smiles == "CC(O)C=CF"
    assert standardise("CC(=O)[O-]", neutralise=False).smiles == "CC(=O)[O-]"
    assert standardise("CCBr", allowed_elements={"C", "H"}).reason == "element Br not allowed"
    assert standardise("C[Se]C", allowed_elements={"C", "Se"}).smiles == "C[Se]C"
    assert standardise("CC.CO.C", largest_fragment=False).reason == "3 fragments"
    assert standardise("Oc1ccccn1", tautomers=True).smiles == "O=c1cccc[nH]1"
    assert standardise("C[C@H](N)C(=O)O", tautomers=True).smiles == "C[C@H](N)C(=O)O"


@pytest.mark.parametrize("smiles", CHANGES)
def test_every_change_is_told(smiles: str) -> None:
    found = explain_standardisation(smiles)
    assert list(found.changes) == CHANGES[smiles]
    assert bool(found.changes) == (found.molecule.smiles != Chem.CanonSmiles(smiles))


def test_changes_by_option_are_told_and_those_of_a_failure_are_not() -> None:
    assert explain_standardisation("C[C@H](O)F.Cl", keep_stereo=False).changes == (
        "salt removed: HCl",
        "stereo removed",
    )
    assert explain_standardisation("Oc1ccccn1", tautomers=True).changes == ("tautomer changed",)
    many = "OC1=C(O)C(O)=C(O)C(=O)C1=NNC(O)=NC(O)=NC(O)=NC(O)=NC(O)=NC(O)=NC"
    assert explain_standardisation(many, tautomers=True).changes == (TOO_MANY_TAUTOMERS,)
    assert explain_standardisation("[13CH3]C.Cl").changes == ()


def test_the_former_place_gives_the_same_function() -> None:
    assert former_place.standardise is standardise
    with pytest.raises(AttributeError, match="no attribute 'normalise'"):
        _ = former_place.normalise


@settings(max_examples=300, deadline=None)
@given(PIECES, st.booleans(), st.booleans())
def test_standardising_twice_changes_nothing(text: str, keep_stereo: bool, tautomers: bool) -> None:
    once = standardise(text, keep_stereo=keep_stereo, tautomers=tautomers)
    again = explain_standardisation(once.smiles, keep_stereo=keep_stereo, tautomers=tautomers)
    assert once.smiles is None or again.molecule.smiles == once.smiles
    assert once.smiles is None or set(again.changes) <= {TOO_MANY_TAUTOMERS}


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(DRUGS), st.lists(st.sampled_from(COUNTER_IONS), max_size=3), st.randoms(use_true_random=False))
def test_the_spelling_and_the_order_of_fragments_decide_nothing(drug, ions, random) -> None:  # type: ignore[no-untyped-def]
    written = ".".join([drug, *ions])
    standard = explain_standardisation(written)
    parts = [drug, *ions]
    random.shuffle(parts)
    with rdBase.BlockLogs():
        spelling = ".".join(
            Chem.MolToRandomSmilesVect(Chem.MolFromSmiles(p), 1, random.getrandbits(16))[0] for p in parts
        )
    again = explain_standardisation(spelling)
    assert again.molecule.smiles == standard.molecule.smiles
    assert sorted(again.changes) == sorted(standard.changes)
    assert standardise(standard.molecule.smiles).smiles == standard.molecule.smiles


def test_approved_drugs_are_standard_and_stay_so_as_tautomers() -> None:
    for drug in DRUGS[::40]:
        assert standardise(drug).smiles == drug
        once = standardise(drug, tautomers=True).smiles
        assert standardise(once, tautomers=True).smiles == once
    assert parse(DRUGS[0]).valid
