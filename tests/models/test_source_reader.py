"""A generator that reads a source: without one it is the prior, and sampling and likelihood agree."""

from pathlib import Path

import numpy as np
import pytest
import torch
from rdkit import Chem

from molgan.base.errors import ConfigError, WeightsError
from molgan.graphs.motif.actions import Vocabulary, encode
from molgan.graphs.motif.core import Core
from molgan.graphs.motif.motif_data import read_tree
from molgan.graphs.motif.tree_graphs import COLUMNS, TreeGraphs
from molgan.models.loading import load_any
from molgan.models.motif.growth import grow
from molgan.models.motif.motif_generator import MotifGenerator
from molgan.models.motif.motif_network import Aim
from molgan.models.settings import MotifNetworkSettings, SourceSettings

MOTIFS = ("C", "O", "N", "C=O", "c1ccccc1", "c1ccncc1", "c1ccccn1", "F", "Cl", "C=C", "[NH4+]")
NAMES = ("logp", "mw")
TINY = MotifNetworkSettings(embedding=8, hidden=8, layers=2, readout=8, condition=NAMES)
SOURCE = SourceSettings(width=16, layers=2, heads=2, query=4)
VOCABULARY = Vocabulary(MOTIFS, stereo=True)
SOURCES = ("CC(N)c1ccncc1", "C[C@H](F)Cl", "OC1CC1", "C/C=C/C")
ASKED = np.array([[0.6, -1.0, np.nan], [np.nan, 0.5, 20.0], [0.8, np.nan, np.nan], [np.nan] * 3], dtype=np.float32)


def make(seed: int = 0, *, source: SourceSettings | None = SOURCE, trained: bool = True) -> MotifGenerator:
    torch.manual_seed(seed)
    generator = MotifGenerator(VOCABULARY, TINY, max_atoms=20, source=source).eval()
    if trained and generator.source is not None:
        for parameter in generator.source.parameters():
            torch.nn.init.normal_(parameter, std=0.3)
    return generator


def actions(smiles: str) -> list[int]:
    return encode(read_tree(smiles), VOCABULARY)


def read(generator: MotifGenerator, *smiles: str | None, asked: np.ndarray | None = None) -> Aim:
    with torch.no_grad():
        source = generator.read_sources([None if text is None else actions(text) for text in smiles], asked)
    return Aim(source=source)


def test_a_graph_has_the_atoms_and_bonds_of_the_molecule() -> None:
    graphs = TreeGraphs(VOCABULARY)
    for smiles in (*SOURCES, "C[NH2+]Cc1ccc(C(=O)O)cc1", "OC1CCC2(CC1)CC2"):
        mol = Chem.MolFromSmiles(smiles)
        graph = graphs.batch([actions(smiles)])
        hydrogens = graph.x[:, list(COLUMNS).index("hydrogens")]
        assert sorted(hydrogens.tolist()) == sorted(min(atom.GetTotalNumHs(), 4) for atom in mol.GetAtoms())
        rings = graph.x[:, list(COLUMNS).index("rings")]
        assert int((rings > 0).sum()) == sum(atom.IsInRing() for atom in mol.GetAtoms())
        assert graph.edge_index.shape[1] == 2 * mol.GetNumBonds()
        assert sorted(graph.edge_type.bincount(minlength=4).tolist()) == sorted(
            2 * sum(bond.GetBondType() == kind for bond in mol.GetBonds())
            for kind in (Chem.BondType.SINGLE, Chem.BondType.DOUBLE, Chem.BondType.TRIPLE, Chem.BondType.AROMATIC)
        )


def test_a_graph_tells_stereoisomers_apart_and_names_the_motif_at_each_atom() -> None:
    graphs = TreeGraphs(VOCABULARY)
    both = graphs.batch([actions("C[C@H](F)Cl"), actions("C[C@@H](F)Cl")])
    assert (both.x[:4] != both.x[4:]).sum() == 1
    pyridine = graphs.batch([actions("Cc1ccncc1")])
    # Bound at the nitrogen's other neighbours it is another motif, which is in the vocabulary, too.
    names = {MOTIFS[number - VOCABULARY.index["C"]] for number in pyridine.rooted.tolist() if number >= 0}
    assert names == {"C", "c1ccncc1", "c1ccccn1"}


def test_many_graphs_are_those_of_each() -> None:
    graphs = TreeGraphs(VOCABULARY)
    together = graphs.batch([actions(SOURCES[0]), None, actions(SOURCES[1])])
    assert together.ptr.tolist() == [0, 9, 9, 13]
    assert torch.equal(together.x[9:], graphs.batch([actions(SOURCES[1])]).x)


def test_an_untrained_reader_changes_nothing() -> None:
    plain, reading = make(source=None), make(trained=False)
    reading.load_state_dict({**reading.state_dict(), **plain.state_dict()})
    drawn = plain.sample(40, seed=3, bf16=False)
    assert reading.sample(40, seed=3, bf16=False) == drawn
    assert reading.sample(40, seed=3, bf16=False, aim=read(reading, SOURCES[0])) == drawn
    sequences = [sample.actions for sample in drawn]
    assert torch.equal(plain.log_likelihood(sequences), reading.log_likelihood(sequences))


def test_a_row_without_a_source_is_the_prior() -> None:
    generator = make()
    sequences = [actions(smiles) for smiles in SOURCES]
    plain = generator.log_likelihood(sequences)
    nothing = generator.log_likelihood(sequences, aim=read(generator, *[None] * 4, asked=ASKED))
    torch.testing.assert_close(nothing, plain)
    mixed = generator.log_likelihood(sequences, aim=read(generator, SOURCES[0], None, SOURCES[2], None))
    torch.testing.assert_close(mixed[[1, 3]], plain[[1, 3]])
    assert (mixed[[0, 2]] - plain[[0, 2]]).abs().min() > 1e-3


@pytest.mark.parametrize("guidance", [0.0, 1.0, 2.0])
def test_likelihood_is_that_of_sampling(guidance: float) -> None:
    generator = make()
    source = read(generator, SOURCES[0], asked=ASKED[:1]).source
    aim = Aim(torch.tensor([[1.0, np.nan]]), guidance, source)
    drawn = generator.sample(60, seed=1, bf16=False, aim=aim)
    found = generator.log_likelihood([sample.actions for sample in drawn], aim=aim)
    torch.testing.assert_close(found, torch.tensor([s.log_prob for s in drawn]), atol=1e-3, rtol=1e-4)


def test_guidance_0_leaves_the_source() -> None:
    generator = make()
    asked, bare = read(generator, SOURCES[0], asked=ASKED[:1]).source, read(generator, SOURCES[0]).source
    drawn = generator.sample(40, seed=3, bf16=False, aim=Aim(None, 0.0, asked))
    plain = generator.sample(40, seed=3, bf16=False, aim=Aim(None, 1.0, bare))
    assert [s.actions for s in drawn] == [s.actions for s in plain]


def test_each_row_may_have_its_own_source() -> None:
    generator = make()
    aims = read(generator, *[SOURCES[0]] * 4, *[SOURCES[1]] * 4, asked=ASKED[[0] * 4 + [1] * 4])
    drawn = generator.sample(8, seed=5, bf16=False, aim=aims)
    found = generator.log_likelihood([sample.actions for sample in drawn], aim=aims)
    torch.testing.assert_close(found, torch.tensor([s.log_prob for s in drawn]), atol=1e-3, rtol=1e-4)
    for place, row in ((0, 0), (4, 1)):
        same = generator.sample(8, seed=5, bf16=False, aim=read(generator, SOURCES[row], asked=ASKED[[row]]))
        rows = slice(place, place + 4)
        assert [s.actions for s in drawn[rows]] == [s.actions for s in same[rows]]


def test_a_core_is_kept_with_a_source() -> None:
    generator = make()
    prefix = encode(Core.read("*c1ccncc1").tree, VOCABULARY)
    drawn = generator.sample(30, seed=0, bf16=False, prefix=prefix, aim=read(generator, SOURCES[0]))
    pattern = Chem.MolFromSmarts("[!#1]c1ccncc1")
    assert all(Chem.MolFromSmiles(sample.smiles).HasSubstructMatch(pattern) for sample in drawn)


def test_it_learns_to_copy() -> None:
    """The likelihood of a molecule given itself, and not given another one, rises with training."""
    generator = make(trained=False).train()
    sequences = [actions(smiles) for smiles in SOURCES]
    optimizer = torch.optim.Adam(generator.parameters(), 0.03)
    for step in range(60):
        order = np.roll(np.arange(4), step)
        optimizer.zero_grad()
        aim = Aim(source=generator.read_sources([sequences[i] for i in order]))
        (-generator.log_likelihood([sequences[i] for i in order], aim=aim).sum()).backward()
        optimizer.step()
    generator.eval()
    own = generator.log_likelihood(sequences, aim=read(generator, *SOURCES))
    other = generator.log_likelihood(sequences, aim=read(generator, *SOURCES[1:], SOURCES[0]))
    assert (own - other).min() > 3


def test_saved_weights_draw_the_same(tmp_path: Path) -> None:
    generator = make()
    generator.save(tmp_path / "weights")
    again = load_any(tmp_path / "weights", raw=True)
    assert isinstance(again, MotifGenerator) and again.source is not None
    assert again.source.settings == SOURCE
    drawn = generator.sample(20, seed=0, bf16=False, aim=read(generator, SOURCES[1]))
    assert again.sample(20, seed=0, bf16=False, aim=read(again, SOURCES[1])) == drawn
    text = (tmp_path / "weights.json").read_text()
    (tmp_path / "weights.json").write_text(text.replace('"heads": 2', '"heads": 3'))
    with pytest.raises(WeightsError, match="another architecture"):
        load_any(tmp_path / "weights", raw=True)


def test_weights_without_a_reader_say_so(tmp_path: Path) -> None:
    plain = make(source=None)
    with pytest.raises(ConfigError, match="not trained with source molecules"):
        plain.read_sources([actions(SOURCES[0])])
    plain.save(tmp_path / "weights")
    assert '"source"' not in (tmp_path / "weights.json").read_text()


def test_a_reader_grows_with_the_vocabulary() -> None:
    generator = make()
    larger = grow(generator, Vocabulary((*MOTIFS, "C1CC1", "Br"), stereo=True), max_atoms=25, seed=0)
    assert larger.source is not None and generator.source is not None
    for name, tensor in generator.source.state_dict().items():
        assert torch.equal(tensor, larger.source.state_dict()[name])
