"""The generator: every sample valid, likelihoods exact, the grammar the same in training and in sampling."""

import copy
import json
from collections import Counter
from pathlib import Path

import pytest
import torch
from rdkit import Chem

from molgan.base.errors import WeightsError
from molgan.chem.motifs import cut
from molgan.chem.shipped_sets import load_reference
from molgan.graphs.motif.actions import CLOSE, END, FIRST_ATOM, FIRST_MARK, FIRST_MOTIF, SPELL, Vocabulary, encode
from molgan.graphs.motif.grammar import GrammarState
from molgan.graphs.motif.motif_data import read_tree
from molgan.models.motif.forbid_stereo import forbid_stereo
from molgan.models.motif.motif_generator import MotifGenerator
from molgan.models.settings import MotifNetworkSettings

MOTIFS = ("C", "O", "N", "C=O", "c1ccccc1", "[nH]1cccc1", "n1ccccc1", "[SH2](=O)=O", "C1CCNCC1", "F", "C#N")
TINY = MotifNetworkSettings(embedding=8, hidden=8, layers=1)


@pytest.fixture(scope="module")
def generator() -> MotifGenerator:
    torch.manual_seed(0)
    return MotifGenerator(Vocabulary(MOTIFS), TINY, max_atoms=20)


@pytest.fixture(scope="module")
def speller() -> MotifGenerator:
    """An untrained generator that likes to spell, and to go on spelling."""
    torch.manual_seed(1)
    generator = MotifGenerator(Vocabulary(MOTIFS), TINY, max_atoms=20)
    with torch.no_grad():
        generator.head.bias[SPELL] += 5
        generator.head.bias[CLOSE] -= 2
    return generator


@pytest.fixture(scope="module")
def chiral() -> MotifGenerator:
    """An untrained generator that likes to set stereo marks."""
    torch.manual_seed(2)
    generator = MotifGenerator(Vocabulary(MOTIFS, stereo=True), TINY, max_atoms=20)
    with torch.no_grad():
        generator.head.bias[FIRST_MARK:FIRST_ATOM] += 2
        generator.head.bias[SPELL] += 3
        generator.head.bias[CLOSE] -= 1
    return generator


@pytest.mark.parametrize("name", ["generator", "speller", "chiral"])
def test_every_sample_is_a_valid_molecule_within_its_budget(name: str, request: pytest.FixtureRequest) -> None:
    drawn = request.getfixturevalue(name).sample(500, seed=0)
    mols = [Chem.MolFromSmiles(sample.smiles) for sample in drawn]
    assert all(mol is not None and 1 <= mol.GetNumAtoms() <= 20 for mol in mols)
    assert not any("." in sample.smiles for sample in drawn)
    assert len({Chem.MolToSmiles(mol) for mol in mols}) > 300


@pytest.mark.slow
@pytest.mark.parametrize("name", ["generator", "speller", "chiral"])
def test_no_invalid_molecule_in_100_000(name: str, request: pytest.FixtureRequest) -> None:
    drawn = request.getfixturevalue(name).sample(100_000, seed=1, max_atoms=30)
    assert sum(Chem.MolFromSmiles(sample.smiles) is None for sample in drawn) == 0


@pytest.mark.parametrize("name", ["generator", "speller", "chiral"])
def test_log_likelihood_is_the_log_probability_of_sampling(name: str, request: pytest.FixtureRequest) -> None:
    model = request.getfixturevalue(name)
    drawn = model.sample(100, seed=2, bf16=False)
    found = model.log_likelihood([sample.actions for sample in drawn])
    torch.testing.assert_close(found, torch.tensor([s.log_prob for s in drawn]), atol=1e-3, rtol=1e-4)


def test_probabilities_add_up_to_one() -> None:
    torch.manual_seed(0)
    generator = MotifGenerator(Vocabulary(("C", "F")), TINY, max_atoms=1)
    generator.head.bias.data[SPELL] -= 30  # leaves only the two motifs with any probability
    c, f = generator.vocabulary.index["C"], generator.vocabulary.index["F"]
    total = generator.log_likelihood([[c, 0], [f, 0]]).exp().sum()
    torch.testing.assert_close(total, torch.tensor(1.0), atol=1e-4, rtol=0)


def test_what_breaks_the_grammar_is_impossible(generator: MotifGenerator) -> None:
    index = generator.vocabulary.index
    legal = encode(read_tree("Cc1ccccc1"), generator.vocabulary)
    incomplete, too_long = legal[:-1], [*legal, 0]
    no_hydrogen_left = [index["F"], index["F"], index["F"]]
    found = generator.log_likelihood([legal, incomplete, too_long, no_hydrogen_left, [0]])
    assert torch.isfinite(found).tolist() == [True, False, False, False, False]
    assert generator.log_likelihood([legal], max_atoms=6).item() == -torch.inf


def test_real_molecules_keep_to_the_grammar(generator: MotifGenerator) -> None:
    trees = [read_tree(record.smiles) for record in load_reference("moses_reference_1000")[:100]]
    actions = [encode(tree, generator.vocabulary) for tree in trees]
    assert torch.isfinite(generator.log_likelihood(actions, max_atoms=30)).all()


def test_stereo_is_drawn_where_the_vocabulary_has_it_and_nowhere_else(
    generator: MotifGenerator, chiral: MotifGenerator
) -> None:
    assert not any("@" in sample.smiles or "/" in sample.smiles for sample in generator.sample(300, seed=0))
    drawn = [sample.smiles for sample in chiral.sample(300, seed=0)]
    assert sum("@" in smiles for smiles in drawn) > 30
    assert any("/" in smiles or "\\" in smiles for smiles in drawn)
    isomers = [
        encode(read_tree(s), chiral.vocabulary) for s in ("C[C@H](N)C=O", "C[C@@H](N)C=O", "C/C=C/C", "C/C=C\\C")
    ]
    assert len({tuple(actions) for actions in isomers}) == 4
    assert torch.isfinite(chiral.log_likelihood(isomers)).all()
    assert torch.isinf(generator.log_likelihood(isomers)).all()


def test_stereo_can_be_forbidden_after_molecules_were_drawn(chiral: MotifGenerator) -> None:
    flat = copy.deepcopy(chiral)
    assert any("@" in sample.smiles for sample in flat.sample(300, seed=0))
    assert not any("@" in sample.smiles for sample in forbid_stereo(flat).sample(300, seed=0))


def test_same_seed_same_molecules(generator: MotifGenerator) -> None:
    assert generator.sample(50, seed=3) == generator.sample(50, seed=3)
    assert generator.sample(50, seed=3) != generator.sample(50, seed=4)


def test_molecules_drawn_apart_are_those_drawn_together(generator: MotifGenerator) -> None:
    together = generator.sample(50, seed=3, batch_size=20, bf16=False)
    apart = [generator.sample(50, seed=3, batch_size=20, bf16=False, only=range(k, 50, 3)) for k in range(3)]
    for k, part in enumerate(apart):
        assert [sample.actions for sample in part] == [sample.actions for sample in together[k::3]]
    assert generator.sample(50, seed=3, only=[]) == []


@pytest.mark.parametrize("name", ["generator", "speller", "chiral"])
def test_rows_that_share_a_pass_are_those_that_do_not(name: str, request: pytest.FixtureRequest) -> None:
    model = request.getfixturevalue(name)
    shared = model.sample(300, seed=3, bf16=False)
    alone = model.sample(300, seed=3, bf16=False, prefixes=[()] * 300)
    assert [sample.actions for sample in shared] == [sample.actions for sample in alone]


def test_actions_come_as_often_as_they_are_likely(generator: MotifGenerator) -> None:
    n = 20_000
    first = Counter(sample.actions[0] for sample in generator.sample(n, seed=3, bf16=False))
    nothing = torch.full((1,), generator.grammar.start), torch.zeros(1, dtype=torch.long)
    inputs = generator.embed(nothing[0], nothing[0], nothing[1], nothing[1], torch.zeros(1))
    with torch.no_grad():
        logits = generator.head(generator.recurrent(inputs[:, None])[0][0, 0])
    logits[~GrammarState(generator.grammar, 1, generator.max_atoms).mask()[0]] = -torch.inf
    for action, probability in enumerate(logits.softmax(0).tolist()):
        assert first[action] / n == pytest.approx(probability, abs=5 * (probability * (1 - probability) / n) ** 0.5)


def test_a_temperature_can_be_made_the_generators_own(generator: MotifGenerator) -> None:
    flat = copy.deepcopy(generator)
    flat.divide_logits(2.0)
    warm, own = (g.sample(50, seed=3, temperature=t, bf16=False) for g, t in ((generator, 2.0), (flat, 1.0)))
    assert [sample.actions for sample in warm] == [sample.actions for sample in own]


def test_a_prefix_starts_every_molecule(generator: MotifGenerator) -> None:
    benzene = [generator.vocabulary.index["c1ccccc1"]]
    for sample in generator.sample(50, seed=5, prefix=benzene):
        assert sample.actions[:1] == tuple(benzene)
        assert Chem.MolFromSmiles(sample.smiles).HasSubstructMatch(Chem.MolFromSmarts("c1ccccc1"))
    with pytest.raises(ValueError, match="action 0 of the prefix"):
        generator.sample(1, seed=0, prefix=[0])


def test_gradients_flow_and_lower_the_loss() -> None:
    torch.manual_seed(0)
    generator = MotifGenerator(Vocabulary(MOTIFS), TINY)
    actions = [encode(cut(Chem.MolFromSmiles(s)), generator.vocabulary) for s in ("CCO", "Cc1ccccc1", "CC(N)=O")]
    optimizer = torch.optim.Adam(generator.parameters(), 0.05)
    losses = []
    for _ in range(60):
        loss = -generator.log_likelihood(actions).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 1.5 < losses[0]  # three molecules of equal weight: log 3 = 1.1 nats at best


def test_weights_come_back_and_foreign_ones_are_refused(generator: MotifGenerator, tmp_path: Path) -> None:
    generator.save(tmp_path / "weights", note="toy")
    loaded = MotifGenerator.load(tmp_path / "weights")
    assert loaded.max_atoms == 20
    assert loaded.sample(20, seed=0) == generator.sample(20, seed=0)
    description = json.loads((tmp_path / "weights.json").read_text())
    description["vocabulary"]["motifs"].append("Cl")
    (tmp_path / "weights.json").write_text(json.dumps(description))
    with pytest.raises(WeightsError, match="another architecture"):
        MotifGenerator.load(tmp_path / "weights")
    with pytest.raises(WeightsError, match="not_there"):
        MotifGenerator.load(tmp_path / "not_there")


def test_a_vocabulary_without_motifs_spells_everything() -> None:
    torch.manual_seed(0)
    generator = MotifGenerator(Vocabulary(()), TINY, max_atoms=10)
    drawn = generator.sample(20, seed=0, bf16=False)
    assert all(Chem.MolFromSmiles(sample.smiles) is not None for sample in drawn)
    found = generator.log_likelihood([sample.actions for sample in drawn])
    torch.testing.assert_close(found, torch.tensor([s.log_prob for s in drawn]), atol=1e-3, rtol=1e-4)


def test_motifs_come_behind_the_structural_actions() -> None:
    assert min(Vocabulary(MOTIFS).index.values()) == FIRST_MOTIF


def test_a_marked_centre_gets_its_neighbours_whatever_the_limit() -> None:
    torch.manual_seed(0)
    vocabulary = Vocabulary(("C", "O", "N", "C1CCNCC1", "c1ccccc1"), stereo=True)
    generator = MotifGenerator(vocabulary, MotifNetworkSettings(embedding=8, hidden=16, layers=1), max_atoms=7).eval()
    with torch.no_grad():
        generator.head.bias[SPELL] -= 5
        generator.head.bias[FIRST_MARK:FIRST_ATOM] += 2
    drawn = [sample for sample in generator.sample(300, seed=1) if SPELL not in sample.actions]
    marked = [sample for sample in drawn if any(FIRST_MARK <= action < FIRST_ATOM for action in sample.actions)]
    assert len(marked) > 50 and max(Chem.MolFromSmiles(sample.smiles).GetNumAtoms() for sample in marked) == 7
    # What the limit allows is allowed under any other.
    assert torch.isfinite(generator.log_likelihood([sample.actions for sample in drawn], max_atoms=40)).all()
    state = GrammarState(generator.grammar, 1, 7)
    for sample in marked[:40]:
        state = GrammarState(generator.grammar, 1, 7)
        for action in sample.actions:
            centre, free = state.centre[0, : int(state.depth) + 1], state.free[0, : int(state.depth) + 1]
            assert action != END or not (centre & (free >= 2))[-1].any()
            state.step(torch.tensor([action]))
        assert bool(state.complete) and int(state.reserved) == 0
