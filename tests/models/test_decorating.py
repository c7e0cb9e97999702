"""Molecules around a core: it is in every one, whole and unchanged but at its marks; linked ones are as likely as the
generator says."""

from collections import Counter
from collections.abc import Mapping
from itertools import chain

import numpy as np
import pytest
import torch
from rdkit import Chem

from molgan.base.errors import InputError
from molgan.chem.molecule import parse
from molgan.chem.motifs import cut
from molgan.graphs.motif.actions import FREE, SPELL, Vocabulary, decode, encode
from molgan.graphs.motif.core import Core
from molgan.graphs.motif.parts import measure_parts
from molgan.graphs.motif.trees import bind, vacancies
from molgan.models.motif import decorating, linking
from molgan.models.motif.decorating import DecoratingGenerator
from molgan.models.motif.motif_generator import MotifGenerator
from molgan.models.settings import MotifNetworkSettings
from molgan.scoring.measure import Measure

MOTIFS = ("C", "O", "N", "C=O", "c1ccccc1", "[nH]1cccc1", "n1ccccc1", "C1CCNCC1", "F", "C#N")
NAMES = ("logp", "mw", "rings")
LINKED = ["c1ccccc1*.*N1CCCCC1", "*c1ccc(F)cc1.*NC(=O)C", "O=C(O)C*.[*:2]C"]


@pytest.fixture(scope="module")
def generator() -> MotifGenerator:
    """An untrained generator with conditions that matter."""
    torch.manual_seed(0)
    vocabulary = Vocabulary(MOTIFS, stereo=True)
    network = MotifNetworkSettings(embedding=16, hidden=16, layers=1, condition=NAMES)
    generator = MotifGenerator(vocabulary, network, max_atoms=24).eval()
    assert generator.conditions is not None
    names = generator.conditions.names
    parts = np.pad(measure_parts(vocabulary, Measure(names)), ((0, 1), (0, 0)))
    generator.conditions.learn_parts(parts, np.ones(len(names)))
    generator.conditions.learn_scales(np.array([[0, 100, 0], [4, 300, 3]], dtype=np.float32))
    torch.nn.init.normal_(generator.conditions.value)
    torch.nn.init.normal_(generator.conditions.left)
    return generator


def grows_at_marks_alone(smiles: str, core: str) -> bool:
    """Whether a molecule has the core with a heavy atom at each mark and hydrogens wherever the core has them."""
    pattern = Chem.RWMol(Chem.AddHs(Chem.MolFromSmiles(core)))
    for atom in list(pattern.GetAtoms()):
        if atom.GetAtomicNum() == 0:
            pattern.ReplaceAtom(atom.GetIdx(), Chem.AtomFromSmarts("[!#1]"))
    return bool(Chem.AddHs(Chem.MolFromSmiles(smiles)).HasSubstructMatch(pattern))


@pytest.mark.parametrize("core", ["*c1ccc(N*)cc1", "*C(*)C", *LINKED])
def test_every_sample_contains_the_core_and_is_whole(generator: MotifGenerator, core: str) -> None:
    samples = DecoratingGenerator(generator, Core.read(core)).sample(40, seed=3, max_atoms=20, targets={"logp": 2.0})
    assert len(samples) == 40
    for sample in samples:
        mol = Chem.MolFromSmiles(sample.smiles)
        assert mol is not None and mol.GetNumAtoms() <= 20 and not {".", "*"} & set(sample.smiles)
        assert all(grows_at_marks_alone(sample.smiles, part) for part in core.split("."))
        assert mol.GetNumAtoms() >= Core.read(core).atoms + Core.read(core).holes
    likelihood = generator.log_likelihood([sample.actions for sample in samples], max_atoms=20)
    assert torch.isfinite(likelihood).all()
    assert len({sample.smiles for sample in samples}) > 20


@pytest.mark.parametrize("core", ["*c1ccc(N*)cc1", LINKED[0]])
def test_the_same_seed_gives_the_same_molecules(generator: MotifGenerator, core: str) -> None:
    decorated = DecoratingGenerator(generator, Core.read(core))
    assert decorated.sample(30, seed=1) == decorated.sample(30, seed=1) != decorated.sample(30, seed=2)
    if "." in core:
        assert decorated.sample(30, seed=1) == decorated.sample(70, seed=1)[:30]


@pytest.mark.parametrize(("core", "most"), [("*c1ccc(N*)cc1", 9), (LINKED[0], 13)])
def test_a_core_that_just_fits(generator: MotifGenerator, core: str, most: int) -> None:
    decorated = DecoratingGenerator(generator, Core.read(core))
    for sample in decorated.sample(20, seed=0, max_atoms=most):
        assert Chem.MolFromSmiles(sample.smiles).GetNumAtoms() == most
    grown = "a linker" if "." in core else "2 marks"
    with pytest.raises(InputError, match=rf"heavy atoms and {grown} need room for {most} or more, max_atoms is"):
        decorated.sample(1, seed=0, max_atoms=most - 1)


def test_a_core_that_the_weights_cannot_hold_is_one_line(generator: MotifGenerator) -> None:
    with pytest.raises(InputError, match=r"^core: the generator has no actions for it: atom Au"):
        DecoratingGenerator(generator, Core.read("*[Au]"))
    long = DecoratingGenerator(generator, Core.read("*" + "C" * 24))
    with pytest.raises(InputError, match="need room for 25 or more, the generator's limit is 24; raise max_atoms"):
        long.sample(1, seed=0)


def test_linkers_without_a_place_end_in_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decorating, "_ROUNDS", 2)
    torch.manual_seed(0)
    generator = MotifGenerator(Vocabulary(("F",)), MotifNetworkSettings(embedding=8, hidden=8, layers=1), max_atoms=9)
    with torch.no_grad():
        generator.head.bias[:] = -1e4
        generator.head.bias[-1] = 1e4  # fluorine, which nothing can be bound to
    with pytest.raises(InputError, match="no linker within 6 heavy atoms has room for the second fragment"):
        DecoratingGenerator(generator, Core.read("*CC.*CC")).sample(3, seed=0, max_atoms=6)


def test_linked_molecules_are_as_likely_as_the_generator_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """With many linkers a molecule, the samples have nearly the probabilities of the generator among all molecules with
    both fragments, and places at random do not."""
    monkeypatch.setattr(linking, "_LINKERS", 25)
    torch.manual_seed(4)
    vocabulary = Vocabulary(("C", "O", "F", "C=C"))
    generator = MotifGenerator(vocabulary, MotifNetworkSettings(embedding=8, hidden=8, layers=1), max_atoms=6).eval()
    torch.nn.init.normal_(generator.head.weight, std=1.0)
    with torch.no_grad():
        generator.head.bias[SPELL] = -1e4
    core = Core.read("*C.*O")
    prefix = encode(core.tree, vocabulary)

    def link(actions: tuple[int, ...]) -> list[tuple[int, ...]]:
        """The molecules with the second fragment at each place of a linker."""
        (grown,) = core.find_grown(decode(actions, vocabulary))
        assert core.inner is not None
        trees = [core.assemble([bind(grown, *place, core.inner)]) for place in vacancies(grown, bound=True)]
        return [tuple(encode(tree, vocabulary)) for tree in trees]

    found = Counter(sample.actions for sample in DecoratingGenerator(generator, core).sample(384, seed=5))
    linkers = [generator.sample(2000, seed=6, prefix=prefix, max_atoms=5, temperature=t) for t in (1.0, 3.0)]
    known = sorted({whole for sample in chain(*linkers) for whole in link(sample.actions)})
    at_random: Counter[tuple[int, ...]] = Counter()
    for sample in linkers[0]:
        wholes = link(sample.actions)
        at_random.update(dict.fromkeys(wholes, 1 / len(wholes)) if wholes else {})
    exact = generator.log_likelihood(known).detach().exp().numpy()
    exact /= exact.sum()

    def distance(counts: Mapping[tuple[int, ...], float]) -> float:
        share = np.array([counts.get(actions, 0) for actions in known]) / sum(counts.values())
        return float(abs(share - exact).sum() / 2)

    assert len(known) > 50 and set(found) <= set(known)
    assert distance(found) < 0.12 < 0.25 < distance(at_random)


def test_a_part_that_is_bound_later_counts_from_the_start(generator: MotifGenerator) -> None:
    """Linkers are shorter where the second fragment is large, and the first action already knows of it."""
    prefix = encode(Core.read("*C").tree, generator.vocabulary)
    assert FREE in prefix
    large = encode(cut(Chem.MolFromSmiles("c1ccc(CCCC)cc1")), generator.vocabulary)
    samples = generator.sample(200, seed=0, prefix=prefix, max_atoms=16, counted=large, targets={"mw": 200.0})
    sizes = [Chem.MolFromSmiles(sample.smiles).GetNumAtoms() for sample in samples]
    assert max(sizes) == 6
    free = generator.sample(200, seed=0, prefix=prefix, max_atoms=6, targets={"mw": 200.0})
    assert [sample.smiles for sample in free] != [sample.smiles for sample in samples]
    assert all(parse(sample.smiles).valid for sample in samples)
