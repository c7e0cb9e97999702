"""Secret lists: what they hold back, what they reveal, and who can use them."""

import hashlib
import hmac
from pathlib import Path

import pytest
from rdkit import Chem

from molgan.base.errors import ConfigError, InputError
from molgan.base.secret_key import KEY_VARIABLE
from molgan.bulk.secret_list_file import make_secret_list
from molgan.chem.molecule import parse_all
from molgan.chem.reading import Record
from molgan.chem.shipped_sets import load_reference
from molgan.filters.filter_table import filter_smiles
from molgan.filters.known.identity import Sameness
from molgan.filters.known.secret_list import SecretList
from molgan.filters.stages.novelty import Novel

KEY, OTHER = "3f" * 32, "a1" * 32
PARENTS = Sameness(salts=True)
MOSES = [record.smiles for record in load_reference("moses_reference_1000")]
DRUGS = [record.smiles for record in load_reference("approved_drugs")]


def make(smiles: list[str], same: Sameness = PARENTS, key: str = KEY) -> SecretList:
    records = [Record(line, text) for line, text in enumerate(smiles, start=1)]
    return make_secret_list([records], same, key.encode())[0]


@pytest.fixture
def listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The list of forty drugs and of aspirin's sodium salt, whose key is in the environment."""
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    make([*DRUGS[:40], "CC(=O)Oc1ccccc1C(=O)[O-].[Na+]"]).save(tmp_path / "company.list")
    return tmp_path / "company.list"


def test_members_are_rejected_in_any_spelling_and_others_kept(listed: Path) -> None:
    spelled = [Chem.MolToSmiles(Chem.MolFromSmiles(s), doRandom=True, canonical=False) for s in DRUGS[:40]]
    table = filter_smiles([*spelled, "CC(=O)Oc1ccccc1C(=O)O", *MOSES], ["valid", Novel(secret_lists=str(listed))])
    assert table["kept"].tolist() == [False] * 41 + [True] * len(MOSES)
    assert table["reason"][0] == "in company"


def test_a_list_adds_to_references(listed: Path) -> None:
    novel = Novel(references=["moses_reference_1000"], secret_lists=[str(listed)])
    assert novel(parse_all([DRUGS[0], MOSES[0], "CCCCCCCCCCCCCCCO"])).kept.tolist() == [False, False, True]


def test_a_line_is_the_hmac_of_the_canonical_form(tmp_path: Path) -> None:
    make(["OCC"]).save(tmp_path / "one.list")
    expected = hmac.new(KEY.encode(), b"CCO", hashlib.sha256).hexdigest()[:32]
    assert expected in (tmp_path / "one.list").read_text().split("\n")[1:]


def test_nothing_is_told_without_the_key(tmp_path: Path) -> None:
    """Neither a molecule nor its plain hash, nor the number of molecules; another key has no line in common."""
    make(DRUGS[:40]).save(tmp_path / "a.list")
    make(DRUGS[:40], key=OTHER).save(tmp_path / "b.list")
    make([*DRUGS[:40], *MOSES[:500]]).save(tmp_path / "c.list")
    a, b, c = ((tmp_path / f"{name}.list").read_text().splitlines()[1:] for name in "abc")
    plain = {hashlib.sha256(smiles.encode()).hexdigest()[:32] for smiles in DRUGS[:40]}
    assert len(a) == len(c) == 1024 and a == sorted(a)
    assert not set(a) & set(b) and not set(a) & plain
    assert not any(smiles in (tmp_path / "a.list").read_text() for smiles in DRUGS[:40])


def test_the_same_molecules_give_the_same_file_in_any_order(tmp_path: Path) -> None:
    make(DRUGS[:30]).save(tmp_path / "a.list")
    make([*DRUGS[:30][::-1], DRUGS[3]]).save(tmp_path / "b.list")
    assert (tmp_path / "a.list").read_bytes() == (tmp_path / "b.list").read_bytes()


def test_the_list_says_what_it_ignores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMPANY_KEY", KEY)
    make(["C[C@H](N)C(=O)O"], Sameness(stereo=True)).save(tmp_path / "flat.list")
    novel = Novel(secret_lists=str(tmp_path / "flat.list"), key_variable="COMPANY_KEY")
    assert novel(parse_all(["C[C@@H](N)C(=O)O", "CC(N)C(=O)O", "CC(N)C(N)=O"])).kept.tolist() == [False, False, True]


@pytest.mark.parametrize(
    ("key", "fault"), [("", "is not set"), ("short", "could be guessed"), (OTHER, "made with another key")]
)
def test_a_missing_a_short_and_another_key_are_told_in_one_line(
    listed: Path, monkeypatch: pytest.MonkeyPatch, key: str, fault: str
) -> None:
    monkeypatch.setenv(KEY_VARIABLE, key)
    with pytest.raises(ConfigError, match=fault) as caught:
        Novel(secret_lists=str(listed))(parse_all(["CCO"]))
    assert "\n" not in str(caught.value)


def test_a_list_by_another_rdkit_is_refused_since_it_could_miss_molecules(listed: Path) -> None:
    text = listed.read_text()
    listed.write_text(text.replace('"rdkit": "', '"rdkit": "1'))
    with pytest.raises(ConfigError, match="make the list again"):
        SecretList.load(listed, KEY.encode())


@pytest.mark.parametrize("damage", ["cut", "swapped", "no header", "empty"])
def test_a_damaged_list_is_refused(listed: Path, damage: str) -> None:
    lines = listed.read_text().splitlines(keepends=True)
    lines = {
        "cut": [*lines[:-1], lines[-1][:9]],
        "swapped": [lines[0], lines[2], lines[1], *lines[3:]],
        "no header": lines[1:],
        "empty": [],
    }[damage]
    listed.write_text("".join(lines))
    with pytest.raises(InputError, match="not a secret list"):
        SecretList.load(listed, KEY.encode())


def test_rows_that_are_no_molecules_are_told_and_a_file_of_them_is_refused() -> None:
    bad: list[tuple[int, str]] = []
    rows = [Record(1, "CCO"), Record(2, "C1CC"), Record(3, "", reason="blank line")]
    _, count = make_secret_list([rows], PARENTS, KEY.encode(), on_bad=lambda line, reason: bad.append((line, reason)))
    assert count == 1 and [line for line, _ in bad] == [2]
    with pytest.raises(InputError, match="nothing to list"):
        make_secret_list([rows[1:]], PARENTS, KEY.encode())


def test_novel_needs_references_or_a_list() -> None:
    with pytest.raises(ConfigError, match="secret_lists"):
        Novel()
