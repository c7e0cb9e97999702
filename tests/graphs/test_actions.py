"""Actions: exact both ways, spelled or not, and refused with a reason where they cannot say a molecule."""

import pytest
from rdkit import Chem

from molgan.base.errors import WeightsError
from molgan.chem.motifs import write
from molgan.chem.shipped_sets import load_reference
from molgan.graphs.motif.actions import CLOSE, END, SPELL, NotEncodable, Vocabulary, coverage, decode, encode
from molgan.graphs.motif.motif_data import read_tree

MOLECULES = [record.smiles for record in load_reference("moses_reference_1000")][:300]
RICH = Vocabulary(("C", "O", "N", "C=O", "c1ccccc1", "[nH]1cccc1", "[SH2](=O)=O"))
POOR = Vocabulary(("C",))


def canonical(smiles: str) -> str:
    return Chem.MolToSmiles(Chem.MolFromSmiles(smiles))


@pytest.mark.parametrize("vocabulary", [RICH, POOR], ids=["rich", "poor"])
def test_round_trip(vocabulary: Vocabulary) -> None:
    for smiles in [*MOLECULES, "CS(=O)(=O)N1CCOCC1", "C[N+](C)(C)CC(=O)[O-]", "OB(O)c1ccc(I)cc1", "CP(C)(C)=O"]:
        actions = encode(read_tree(smiles), vocabulary)
        assert canonical(write(decode(actions, vocabulary))) == canonical(smiles)


def test_approved_drugs_come_back_without_stereo_or_say_why() -> None:
    refused: list[str] = []
    for record in load_reference("approved_drugs")[:400]:
        try:
            tree = read_tree(record.smiles)
            actions = encode(tree, POOR)
        except NotEncodable as error:
            refused.append(str(error))
            continue
        assert canonical(write(decode(actions, POOR))) == canonical(write(tree))
    assert len(refused) <= 4


def test_an_end_is_left_out_where_nothing_can_be_bound() -> None:
    index = RICH.index
    assert encode(read_tree("CO"), RICH) == [index["C"], index["O"], END, END]
    spelled = encode(read_tree("CF"), RICH)
    assert spelled[:2] == [index["C"], SPELL]
    assert spelled[-2:] == [CLOSE, END]  # the fluorine has no hydrogen left, so that only the carbon ends


def test_coverage_counts_molecules_without_spelled_motifs() -> None:
    assert coverage([read_tree("CO"), read_tree("CF"), read_tree("CCO"), read_tree("Cl")], RICH) == 0.5


def test_what_cannot_be_said_has_a_reason() -> None:
    for smiles, reason in {
        "[Xe]": "atom Xe",
        "C.C": "more than one fragment",
        "[13CH4]": "isotope or radical",
        "C[CH2]": "isotope or radical",
        "not a smiles": "not a molecule",
        "": "not a molecule",
    }.items():
        with pytest.raises(NotEncodable, match=reason):
            encode(read_tree(smiles), RICH)
    with pytest.raises(NotEncodable, match="at most 48"):
        encode(read_tree("C1" + "CC" * 30 + "1"), RICH)
    with pytest.raises(NotEncodable, match="end before the molecule does"):
        decode([RICH.index["C"]], RICH)


def test_a_vocabulary_of_another_alphabet_is_refused() -> None:
    assert Vocabulary.from_json(RICH.to_json()) == RICH
    with pytest.raises(WeightsError, match="another alphabet"):
        Vocabulary.from_json(RICH.to_json().replace('"Se"', '"Te"'))
    with pytest.raises(WeightsError, match="not a motif vocabulary"):
        Vocabulary.from_json("[]")
