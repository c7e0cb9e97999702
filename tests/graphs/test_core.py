"""Decorated cores: the core is in every molecule, and it has grown at its marks alone."""

import pytest
import torch
from rdkit import Chem

from molgan.base.errors import InputError
from molgan.chem.motifs import cut, write
from molgan.graphs.motif.actions import SPELL, Vocabulary, decode, encode
from molgan.graphs.motif.core import Core
from molgan.models.motif.motif_generator import MotifGenerator
from molgan.models.settings import MotifNetworkSettings

MOTIFS = ("C", "O", "N", "C=O", "c1ccccc1", "n1ccccc1", "C1CCNCC1", "F", "C#N")
CORES = ["*c1ccc(C(=O)N*)cc1", "*n1cnc2c(*)ncnc21", "*C(*)C", "*C", "O=S(=O)(*)N1CCN(*)CC1", "Cc1ccc(*)cc1CO*"]


def network() -> MotifGenerator:
    torch.manual_seed(0)
    generator = MotifGenerator(Vocabulary(MOTIFS), MotifNetworkSettings(embedding=16, hidden=16, layers=1))
    generator.head.bias.data[SPELL] += 1
    return generator


def grown_at_marks_alone(smiles: str, core: str) -> bool:
    query = Chem.MolFromSmiles(core)
    marked = {n.GetIdx() for a in query.GetAtoms() if a.GetAtomicNum() == 0 for n in a.GetNeighbors()}
    mol = Chem.AddHs(Chem.MolFromSmiles(smiles))
    pattern = Chem.RWMol(Chem.AddHs(query))
    for atom in list(pattern.GetAtoms()):
        if atom.GetAtomicNum() == 0:
            pattern.ReplaceAtom(atom.GetIdx(), Chem.AtomFromSmarts("[!#1]"))
    assert marked
    return bool(mol.HasSubstructMatch(pattern))


@pytest.mark.parametrize("core", CORES)
def test_every_sample_keeps_the_core(core: str) -> None:
    generator = network()
    read = Core.read(core)
    plan = encode(read.tree, generator.vocabulary)
    samples = generator.sample(60, seed=0, prefix=plan, max_atoms=read.atoms + 12, bf16=False)
    for sample in samples:
        mol = Chem.MolFromSmiles(sample.smiles)
        assert mol is not None and mol.GetNumAtoms() <= read.atoms + 12 and "." not in sample.smiles
        assert grown_at_marks_alone(sample.smiles, core)
        grown = read.find_grown(decode(sample.actions, generator.vocabulary))
        assert len(grown) == read.holes == core.count("*")
        assert Chem.CanonSmiles(write(read.assemble(grown))) == Chem.CanonSmiles(sample.smiles)
    assert len({sample.smiles for sample in samples}) > 30
    likelihood = generator.log_likelihood([sample.actions for sample in samples], max_atoms=read.atoms + 12)
    assert torch.isfinite(likelihood).all()


def test_there_is_room_for_every_slot_or_an_error() -> None:
    generator, core = network(), Core.read("*c1ccc(*)cc1")
    plan = encode(core.tree, generator.vocabulary)
    for sample in generator.sample(30, seed=0, prefix=plan, max_atoms=8, bf16=False):
        assert Chem.MolFromSmiles(sample.smiles).GetNumAtoms() == 8
    with pytest.raises(ValueError, match="needs 8 heavy atoms"):
        generator.sample(1, seed=0, prefix=plan, max_atoms=7)


def test_a_core_decorated_by_hand() -> None:
    core = Core.read("*c1ccc(*)cc1")
    decorated = core.assemble([cut(Chem.MolFromSmiles("F")), cut(Chem.MolFromSmiles("CO"))])
    assert Chem.CanonSmiles(write(decorated)) in {"COc1ccc(F)cc1", "CCc1ccc(F)cc1", "OCc1ccc(F)cc1"}


@pytest.mark.parametrize("core", ["c1ccccc1", "*=C", "C*C", "*", "C.*C", "*C.*C*", "C1*"])
def test_a_core_without_a_usable_mark_is_refused(core: str) -> None:
    with pytest.raises(InputError, match="core"):
        Core.read(core)


@pytest.mark.parametrize("core", ["*C[C@H](N)C(=O)O", "[*:1]C[C@@H](N)C(=O)O", "*/C=C/C", "*C[C@H](N)C.*C"])
def test_a_core_with_stereo_is_refused_since_it_would_be_lost(core: str) -> None:
    with pytest.raises(InputError, match="its stereo would be lost"):
        Core.read(core)


@pytest.mark.parametrize("marks", [("[*:1]", "[*:2]"), ("[1*]", "[2*]")])
def test_marks_may_have_numbers(marks: tuple[str, str]) -> None:
    assert Core.read("{}c1ccc({})cc1".format(*marks)) == Core.read("*c1ccc(*)cc1")
