"""SDF in the dialects that programs write: every record comes back, with its title and properties."""

import random
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rdkit import Chem

from molgan.chem.sdf import LONGEST_RECORD, SDFRecord, read_sdf, write_record
from molgan.chem.text_lines import Line

BLOCK = Chem.MolToMolBlock(Chem.MolFromSmiles("CCO"))
RACEMATE = Chem.MolToV3KMolBlock(Chem.MolFromSmiles("C[C@@](F)(Cl)Br |&1:1|"))


def read(text: str) -> list[SDFRecord]:
    return list(read_sdf(Line(number, line) for number, line in enumerate(text.split("\n"), 1)))


def record(smiles: str, name: str = "", **properties: str) -> str:
    return write_record(Chem.MolFromSmiles(smiles), name, properties)


def test_a_record_that_cannot_be_read_keeps_its_title_and_properties() -> None:
    pentavalent = record("C[C@H](N)O", "MG-1", note="x").replace("2  1  1  1", "2  1  3  0", 1)
    bad, worse, good = read("garbage\n$$$$\n" + pentavalent + record("CCO", "MG-2"))
    assert (bad.line, bad.smiles, bad.reason) == (1, "", "not an SDF record")
    assert (worse.line, worse.fields) == (3, {"name": "MG-1", "note": "x"})
    assert worse.reason == "valence: C with 5 bonds at atom 2"
    assert (good.smiles, good.fields, good.reason) == ("CCO", {"name": "MG-2"}, None)


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ("> <A>\n \n> <B>\nx\n", {"A": "", "B": "x"}),  # a value of one blank, as PubChem writes it
        ("> <A>\n\n> <B>\nx\n", {"A": "", "B": "x"}),
        ("> <A>\n1\n> <B>\nx\n", {"A": "1", "B": "x"}),  # no blank line between
        ("> <A>\n1\n\n2\n\n> <B>\nx\n", {"A": "1\n\n2", "B": "x"}),  # a blank line within
        ("> <A>\n$$$$ a kilo\n\n> <B>\nx\n", {"A": "$$$$ a kilo", "B": "x"}),
        ("> <A>\n> 10 uM\n\n> <B>\nx\n", {"A": "> 10 uM", "B": "x"}),
        (">  25 <A> (MD-1)\n1\n\n> DT12\nx\n", {"A": "1", "DT12": "x"}),
        ("> <A>\n1\n\n> <A>\n2\n", {"A": "1", "A_2": "2"}),
        ("> <IC50 (>10)>\n1\n", {"IC50 (>10)": "1"}),
    ],
)
@pytest.mark.parametrize("block", [BLOCK, BLOCK.replace("M  END\n", ""), RACEMATE])
def test_properties_in_all_dialects(block: str, items: str, expected: dict[str, str]) -> None:
    first, second = read(block + items + "\n$$$$ \n" + BLOCK)
    assert (first.fields, first.reason, second.smiles) == (expected, None, "CCO")


def test_more_than_999_atoms_and_charges() -> None:
    mol = Chem.MolFromSmiles("C" * 1200)
    mol.AddConformer(Chem.Conformer(1200))
    large, charged = read(Chem.MolToV3KMolBlock(mol) + "> <n>\n1\n\n$$$$\n" + record("C[N+](C)(C)CC(=O)[O-]"))
    assert (large.smiles, large.fields) == ("C" * 1200, {"n": "1"})
    assert charged.smiles == "C[N+](C)(C)CC(=O)[O-]"


@pytest.mark.parametrize(("kind", "smiles"), [("STERAC1", "CC(F)(Cl)Br"), ("STEREL1", "CC(F)(Cl)Br")])
def test_centres_of_and_and_or_groups_are_open(kind: str, smiles: str) -> None:
    (found,) = read(RACEMATE.replace("STERAC1", kind))
    assert found.smiles == smiles and "AND/OR" in str(found.note)


def test_absolute_centres_stay() -> None:
    (found,) = read(RACEMATE.replace("STERAC1", "STEABS"))
    assert (found.smiles, found.note) == ("C[C@@](F)(Cl)Br", None)


def test_a_record_without_end_is_not_kept_in_memory() -> None:
    lines = chain(BLOCK.splitlines(), ["> <A>"], ("x" * 10_000 for _ in range(LONGEST_RECORD // 10_000)), ["$$$$"])
    found = list(read_sdf(Line(i, text) for i, text in enumerate(chain(lines, BLOCK.splitlines()), 1)))
    assert "more than 4,000,000 characters" in str(found[0].reason)
    assert (found[1].smiles, found[1].line) == ("CCO", len(BLOCK.splitlines()) + 403)


LINE = st.from_regex(r"[ -~]{0,12}", fullmatch=True) | st.sampled_from(["$$$$", "> <x>", ">", "M  END", "> DT1"])


@given(LINE, st.dictionaries(st.from_regex(r"[A-Za-z][A-Za-z0-9_ .<>]{0,8}", fullmatch=True), LINE))
def test_what_is_written_reads_back(title: str, properties: dict[str, str]) -> None:
    found, last = read(record("CCO", title, **properties) + record("CC"))
    assert (found.smiles, last.smiles) == ("CCO", "CC")
    assert found.fields.pop("name", "") == title.strip()
    assert {key: value.strip() for key, value in found.fields.items()} == {k: v.strip() for k, v in properties.items()}


def test_damaged_sdf_never_crashes() -> None:
    text = "".join(record(smiles, name) for smiles, name in (("C[C@H](N)O", "a"), ("F/C=C/Cl", "b"), ("c1ccccc1", "c")))
    generator = random.Random(0)
    for _ in range(200):
        damaged = list(text)
        for _ in range(generator.randint(1, 10)):
            damaged[generator.randrange(len(damaged))] = generator.choice(" 0139CV$>\nM-\xff")
        assert 3 <= len(read("".join(damaged) + "\n$$$$\n" + text)) <= 8


def test_a_record_has_an_end_in_lines_and_items() -> None:
    blank, many = read(f"{BLOCK}" + "\n" * 200_000 + f"$$$$\n{BLOCK}" + "> <a>\n" * 20_000 + "$$$$\n")
    assert blank.reason == "SDF record of more than 100,000 lines"
    assert many.smiles == "CCO" and len(many.fields) == 10_000
