"""One function reads SMARTS."""

from pathlib import Path

import pytest
from rdkit import Chem

import molgan
from molgan.chem.smarts import read_named_smarts, read_reaction, read_smarts


@pytest.mark.parametrize("text", ["[H]C=O", "C([H])=O", "[C;!H0]=O", "[$([H]C)]=O"])
def test_a_hydrogen_is_a_condition_on_its_neighbour(text):
    pattern = read_smarts(text)
    assert Chem.MolFromSmiles("CC=O").HasSubstructMatch(pattern)
    assert not Chem.MolFromSmiles("CC(C)=O").HasSubstructMatch(pattern)


def test_patterns_without_hydrogens_stay_as_they_are():
    for text in ["[#6]-[N;H1]", "[2H]C", "[!#1]~*", "c1ccccc1"]:
        assert Chem.MolToSmarts(read_smarts(text)) == Chem.MolToSmarts(Chem.MolFromSmarts(text))


@pytest.mark.parametrize("text", ["", "C((", "nonsense"])
def test_other_text_is_refused(text):
    with pytest.raises(ValueError, match="is not SMARTS"):
        read_smarts(text)
    with pytest.raises(ValueError, match="is not reaction SMARTS"):
        read_reaction(f"{text}>>(")


def test_patterns_are_called_by_their_name_or_text():
    assert list(read_named_smarts({"aldehyde": "[H]C=O"})) == ["aldehyde"]
    assert list(read_named_smarts(["C=O", "N"])) == ["C=O", "N"]


def test_nothing_else_reads_smarts():
    """Save for the MOSES filters, whose molecules have explicit hydrogens, and drawings of reactions from SMILES."""
    package = Path(molgan.__file__).parent
    readers = ("MolFromSmarts", "ReactionFromSmarts")
    found = [path.name for path in package.rglob("*.py") if any(name in path.read_text() for name in readers)]
    assert sorted(found) == ["drawings.py", "moses_filters.py", "smarts.py"]
