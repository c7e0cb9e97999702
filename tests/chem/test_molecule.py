"""Every text becomes a molecule or a reason."""

import pickle
import re
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from molgan.chem.molecule import Molecule, parse, parse_all
from molgan.chem.standardise import standardise

REJECTED = {
    "": "empty",
    "  ": "empty",
    "c1ccccc": "not a SMILES: unclosed ring",
    "CC(C": "not a SMILES: unclosed parenthesis",
    "CC)C": "not a SMILES: unopened parenthesis at character 3",
    "C=#C": "not a SMILES: unexpected '#' at character 3",
    "C[": "not a SMILES: unclosed bracket at character 2",
    "C[Xq]": "not a SMILES: unreadable atom [Xq]",
    "C11": "not a SMILES: ring closure that binds an atom to itself or to a neighbour",
    "CO=": "not a SMILES: ends with '='",
    "CC ethane": "not a SMILES: text after a space at character 3",
    "C\0C": r"not a SMILES: unexpected '\x00' at character 2",
    "CCé": r"not a SMILES: unexpected '\xe9' at character 3",
    "C(C)(C)(C)(C)C": "valence: C with 5 bonds at atom 1",
    "C[O+](C)(C)C": "valence: O+ with 4 bonds at atom 2",
    "c1cccc1": "aromaticity: no Kekulé structure around atom 1",
    "CC1=oCCC1": "valence: O with 3 bonds at atom 3",
    "Ccc": "aromaticity: atom 2 is not in a ring",
    "C" * 5000: "5000 heavy atoms, at most 1000",
    "C" * 10_000_000: "text of 10000000 characters, at most 20000",
}
# Pieces of SMILES in any order: most of it is wrong, in the ways that generators and people get it wrong.
SMILES_LIKE = st.lists(
    st.sampled_from([*"CNOScno[]()=#-+.%123@/\\*H:$~ ", "Cl", "[nH]", "[C@@H]", "%12", "[Fe+2]", "[13C]", "|", "->"]),
    max_size=30,
).map("".join)


@pytest.mark.parametrize("smiles", REJECTED, ids=lambda text: ascii(text[:20]))
def test_rejected_text_has_a_stable_reason(smiles: str) -> None:
    for molecule in (parse(smiles), standardise(smiles)):
        assert molecule.reason == REJECTED[smiles]
        assert not molecule.valid and not molecule.is_connected
        assert molecule.smiles is None and molecule.mol is None and molecule.source == smiles


@pytest.mark.parametrize("thing", [None, float("nan"), 7, b"CCO", ["C"], object()], ids=str)
def test_what_is_not_text_is_rejected(thing: object) -> None:
    molecule = parse(thing)  # type: ignore[arg-type]
    missing = thing is None or thing != thing
    assert molecule.reason == ("empty" if missing else f"not text: {type(thing).__name__}")
    assert molecule.source == ""


def test_parse_is_canonical_and_keeps_order() -> None:
    molecules = parse_all([" OCC\n", "bad", "C[C@H](O)F", None])
    assert [m.smiles for m in molecules] == ["CCO", None, "C[C@H](O)F", None]
    assert [m.valid for m in molecules] == [True, False, True, False]
    assert molecules[0].source == " OCC\n"


def test_fragments_do_not_count_as_one_molecule() -> None:
    assert parse("C.C").valid and not parse("C.C").is_connected
    assert parse("C1.C1").is_connected  # a ring closure binds across the dot


def test_the_limit_on_atoms_is_the_callers_and_has_a_limit_itself() -> None:
    assert parse("C" * 2000, max_heavy_atoms=2000).valid
    assert parse("CCO", max_heavy_atoms=2).reason == "3 heavy atoms, at most 2"
    with pytest.raises(ValueError, match="from 1 to 5000"):
        parse("C", max_heavy_atoms=50_000)


def test_a_molecule_can_travel_between_processes() -> None:
    copy = pickle.loads(pickle.dumps(parse("c1ccccc1")))
    assert isinstance(copy, Molecule)
    assert copy.smiles == "c1ccccc1" and copy.mol is not None and copy.mol.GetNumAtoms() == 6


def test_neighbouring_threads_do_not_mix_up_reasons() -> None:
    texts = [text for text in REJECTED if len(text) < 100] * 50
    with ThreadPoolExecutor(4) as pool:
        assert [m.reason for m in pool.map(parse, texts)] == [REJECTED[text] for text in texts]


def test_rdkits_log_stays_silent(capfd: pytest.CaptureFixture[str]) -> None:
    for text in ("C1CC", "c1cccc1", "C(C)(C)(C)(C)C", "[H][H]"):
        standardise(text)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("text", ["(" * 20_000, "C(" * 10_000, "[" * 10**6, "C1" * 9_000, "." * 20_000, "%" * 10**6])
def test_large_nonsense_is_refused_quickly(text: str) -> None:
    start = time.process_time()
    assert not parse(text).valid
    assert time.process_time() - start < 1


@settings(max_examples=500, deadline=None)
@given(st.text() | SMILES_LIKE)
def test_any_text_gives_a_molecule_or_a_reason(text: str) -> None:
    for molecule in (parse(text), standardise(text)):
        assert molecule.valid == (molecule.smiles is not None) == (molecule.mol is not None)
        assert molecule.valid or re.fullmatch(r".{1,199}", str(molecule.reason))


@pytest.mark.parametrize(
    ("text", "smiles"),
    [
        ("C[C@@](F)(Cl)Br |&1:1|", "CC(F)(Cl)Br"),
        ("C[C@@](F)(Cl)Br |o1:1|", "CC(F)(Cl)Br"),
        ("[H]C[C@@]([H])(F)Br |&1:2,r|", "CC(F)Br"),
        ("C[C@@](F)(Cl)Br |a:1|", "C[C@@](F)(Cl)Br"),
        ("C[C@@](F)(Cl)Br |&1:77|", "C[C@@](F)(Cl)Br"),
        ("C[C@@](F)(Cl)[C@H](F)Br |a:1,&1:4|", "C[C@@](F)(Cl)C(F)Br"),
    ],
)
def test_centres_of_and_and_or_groups_are_open(text: str, smiles: str) -> None:
    assert parse(text).smiles == smiles
