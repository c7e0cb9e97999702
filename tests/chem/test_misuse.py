"""What is not handed out: families by the treaty's text, near misses that pass, and spelling that makes no difference.

Members of the families are put together from the groups that the text names.
"""

from itertools import product

import pytest
from rdkit import Chem

from molgan.chem.misuse.rule import LISTS, TITLES, Rule
from molgan.chem.misuse.screen import GROUPS, find_misuse, find_rules
from molgan.chem.molecule import parse
from molgan.chem.shipped_sets import load_reference

ALKYLS = ("C", "CC", "CCC", "C(C)C")
OTHERS = ("C", "C1CCCCC1")
DRUGS = {record.fields["name"]: record.smiles for record in load_reference("approved_drugs")}
SMALL = [record.smiles for record in load_reference("qm9_reference_1000")]


def first(smiles: str) -> tuple[str, str] | None:
    """List and paragraph by which a molecule is rejected."""
    molecule = parse(smiles)
    assert molecule.valid, smiles
    found = find_rules(molecule)
    return (found[0].source, found[0].paragraph) if found else None


def arms(group: str, count: int) -> str:
    return "".join(f"({group})" for _ in range(count))


def in_all(template: str) -> list[str]:
    """The template with each of the four alkyl groups for R, and each of two others for Q."""
    return [template.replace("R", f"({r})").replace("Q", q) for r, q in product(ALKYLS, OTHERS)]


@pytest.mark.parametrize(
    ("paragraph", "template"),
    [
        ("A.1", "P(=O)(F)R(OQ)"),
        ("A.2", "P(=O)(C#N)(N(C)R)(OQ)"),
        ("A.3", "P(=O)R(OQ)SCCN(CC)R"),
        ("A.3", "P(=O)R(O)SCC[NH+](CC)R"),
        ("A.13", "FP(=O)RN=C(Q)N(C)R"),
        ("A.14", "FP(=O)(OQ)N=CN(C)R"),
        ("B.9", "P(=O)(F)(F)R"),
        ("B.10", "P(OQ)(R)OCCN(C)R".replace("(R)", "R")),
    ],
)
def test_every_member_of_a_family_of_schedule_1_is_found(paragraph: str, template: str) -> None:
    assert {first(smiles) for smiles in in_all(template)} == {("schedule_1", paragraph)}


def test_a_group_that_the_text_does_not_name_is_near_at_most() -> None:
    assert first("P(=O)(F)(CCCC)OC") == ("near_agents", "")
    assert first("P(=O)(Cl)(CCCC)OC") is None
    assert first("P(=O)(CCCC)(OC)SCCN(C)C") == ("near_agents", "")


@pytest.mark.parametrize("length", range(1, 7))
def test_sulfur_mustards_have_the_lengths_of_the_text(length: int) -> None:
    assert first(f"ClCCS{'C' * length}SCCCl") == (("schedule_1", "A.4") if length <= 5 else ("near_agents", ""))


def test_mustards_are_told_from_halves() -> None:
    chloroethyl = "CCCl"
    assert first(f"N{arms(chloroethyl, 3)}") == ("schedule_1", "A.6")
    assert first(f"N{arms(chloroethyl, 2)}CCCC") == ("near_agents", "")
    assert first(f"N(C)(C){chloroethyl}") == ("schedule_2", "B.10")
    assert first(f"CCS{chloroethyl}") is None


@pytest.mark.parametrize(
    ("smiles", "expected"),
    [
        ("CP(=O)(OC)OC", ("schedule_2", "B.4")),
        ("CP(=O)(CC)OC", None),
        ("CCP(=S)(OCC)Sc1ccccc1", None),  # the treaty exempts it
        ("CCN(CC)P(=O)(Cl)Cl", ("schedule_2", "B.5")),
        ("CCN(CC)P(=O)(OCC)OCC", ("schedule_2", "B.6")),
        ("CC(C)N(C)CCO", ("schedule_2", "B.11")),
        ("CN(C)CCO", None),  # exempt
        ("CC(C)N(C)CCS", ("schedule_2", "B.12")),
        ("OCCSCCO", ("schedule_2", "B.13")),
        ("OCCSCCOC", None),
        ("OCCN(CCO)CCO", ("schedule_3", "B.17")),
        ("CCOP(OCC)OCC", ("schedule_3", "B.9")),
        ("CCOP(=O)(OCC)OCC", None),
        ("CC(=O)C(C)(C)C", ("australia_group", "39")),
        ("CCC(=N)N(C)C", ("australia_group", "73 to 89")),
        ("F[P-](F)(F)(F)(F)F", None),
    ],
)
def test_paragraphs_with_one_group_or_compound(smiles: str, expected: tuple[str, str] | None) -> None:
    assert first(smiles) == expected


@pytest.mark.parametrize(
    ("smiles", "name"),
    [
        ("Cc1c(N(=O)=O)cc(N(=O)=O)cc1N(=O)=O", "three nitro groups on one aromatic ring"),
        ("O=N(=O)c1nn(C)c(N(=O)=O)c1N(=O)=O", "three nitro groups on one aromatic ring"),
        ("O=N(=O)c1cccc(c1)N(=O)=O", "nitro groups, dense"),
        ("O=N(=O)c1ccc(cc1)-c1ccc(cc1)N(=O)=O", None),
        ("O=N(=O)c1ccccc1", None),
        ("CC(N(=O)=O)N(=O)=O", "nitro groups, dense"),
        ("CCON(=O)=O", "nitrate ester, dense"),
        ("CCCCCCCCON(=O)=O", None),
        ("NC(=N)NN(=O)=O", "nitramine, dense"),
        ("CCN=[N+]=[N-]", "azide, dense"),
        ("c1ccccc1CN=[N+]=[N-]", None),
        ("CC1(C)OOC(C)(C)OO1", "peroxide, dense"),
        ("CCCCCCOOCCCCCC", None),
    ],
)
def test_explosive_groups_count_where_they_are_dense(smiles: str, name: str | None) -> None:
    found = find_rules(parse(smiles))
    assert (found[0].name if found else None) == name
    assert not found or found[0].reason == f"explosive: {name}"


@pytest.mark.parametrize(
    "name",
    [
        "CYCLOPHOSPHAMIDE",
        "CHLORAMBUCIL",
        "MELPHALAN",
        "FOSFOMYCIN",
        "AMIFOSTINE",
        "PYRIDOSTIGMINE",
        "CLIDINIUM",
        "ZIDOVUDINE",
        "ARTEMETHER",
        "BENZOYL PEROXIDE",
        "ISOSORBIDE",
    ],
)
def test_medicines_near_the_families_pass(name: str) -> None:
    assert first(DRUGS[name]) is None


def test_few_approved_drugs_are_rejected_each_for_a_reason() -> None:
    rejected = {name: reason for name, text in DRUGS.items() if (reason := find_misuse(parse(text)))}
    assert {name: reason.partition(":")[0] for name, reason in rejected.items()} == {
        "ECHOTHIOPHATE": "near a chemical weapon",
        "HYDROGEN PEROXIDE": "explosive",
        "ISOFLUROPHATE": "near a chemical weapon",
        "ISOSORBIDE DINITRATE": "explosive",
        "MECHLORETHAMINE": "CWC schedule 1",
        "NITROGLYCERIN": "explosive",
    }


@pytest.mark.parametrize(
    "spelling",
    [
        "C[P+]([O-])(F)OC",
        "[13CH3]P(=O)(F)OC",
        "[2H]C([2H])([2H])P(=O)(F)OC",
        "C[P@](=O)(F)OC",
        "COP(C)(F)=O.Cl",
        "c1ccccc1CCCCCCCCCCC(=O)O.COP(C)(F)=O",
        "[CH3:1]P(=O)(F)OC",
    ],
)
def test_the_spelling_makes_no_difference(spelling: str) -> None:
    assert first(spelling) == ("schedule_1", "A.1")
    mol = Chem.MolFromSmiles(spelling)
    assert find_rules(mol) == find_rules(parse(spelling))
    assert find_rules(Chem.AddHs(mol))[0].paragraph == "A.1"


def test_gates_rule_out_nothing_that_a_rule_matches() -> None:
    members = [*in_all("P(=O)(F)R(OQ)"), *in_all("P(=O)R(OQ)SCCN(CC)R"), "ClCCSCCCl", "CC1(C)OOC(C)(C)OO1"]
    hits = 0
    for text in [*DRUGS.values(), *SMALL, *members]:
        molecule = parse(text)
        size = molecule.mol.GetNumHeavyAtoms()
        found = set(map(id, find_rules(molecule)))
        for group in GROUPS:
            # A rule of a limited group describes a fragment of that size.
            if group.most is None or size <= group.most:
                matching = {id(rule) for rule in group.rules if rule.matches(molecule.mol)}
                assert matching <= found, text
                hits += len(matching)
    assert hits > len(members)


def test_every_rule_is_on_a_list_with_a_title_and_a_reason_of_its_own() -> None:
    rules = [rule for group in GROUPS for rule in group.rules]
    assert {rule.source for rule in rules} == set(LISTS) == set(TITLES)
    assert len({rule.reason for rule in rules}) == len(rules)
    assert all("\n" not in rule.reason and "  " not in rule.reason for rule in rules)
    treaty = {(rule.source, rule.paragraph) for rule in rules}
    text = {
        "schedule_1": [*(f"A.{n}" for n in (*range(1, 8), *range(13, 17))), *(f"B.{n}" for n in range(9, 13))],
        "schedule_2": [f"A.{n}" for n in range(1, 4)] + [f"B.{n}" for n in range(4, 15)],
        "schedule_3": [f"A.{n}" for n in range(1, 5)] + [f"B.{n}" for n in range(5, 18)],
    }
    # All but ricin, A.8 of schedule 1, a protein.
    assert {(name, paragraph) for name, given in text.items() for paragraph in given} <= treaty


def test_a_list_can_be_left_out() -> None:
    assert find_misuse(parse("OCCSCCO"), ("schedule_1",)) is None
    assert find_misuse(parse("OCCSCCO"), ("schedule_1", "schedule_2")) == "CWC schedule 2: B.13 thiodiglycol"
    assert find_misuse(parse("c1cc")) is None


def test_carbons_count_for_each_group() -> None:
    rule = Rule("explosives", "", "azides", ("[NX2](-*)=[NX2+]=[NX1-]",), least=2, carbons=3)
    assert rule.matches(Chem.MolFromSmiles("[N-]=[N+]=NCCCCCN=[N+]=[N-]"))
    assert not rule.matches(Chem.MolFromSmiles("[N-]=[N+]=NCCCCCCN=[N+]=[N-]"))
    assert not rule.matches(Chem.MolFromSmiles("[N-]=[N+]=NCC"))
