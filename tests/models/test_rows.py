"""The generator that goes atom by atom: its rows, its probabilities and its valence."""

from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from molgan.graphs.dense.dense_graph import QM9_ATOMS, decode, encode
from molgan.models.one_shot.one_shot_generator import OneShotGenerator
from molgan.models.one_shot.rows import END, RowGenerator, RowVocabulary
from molgan.models.one_shot.settings import OneShotSettings, RowSettings
from molgan.models.one_shot.soft_graphs import harden

SMALL = RowSettings(width=16, layers=1, embedding=8)
QM9 = (Path(__file__).parents[1] / "graphs" / "qm9.smi").read_text().split()


def generator(**changes: object) -> OneShotGenerator:
    return OneShotGenerator(OneShotSettings(rows=SMALL.model_copy(update=changes)))


def test_every_molecule_of_qm9_has_rows_that_lead_back_to_it() -> None:
    graphs = encode(QM9, max_atoms=9)
    vocabulary = RowVocabulary(9, QM9_ATOMS)
    rows = vocabulary.encode(graphs)
    assert (rows >= 0).all()
    network = generator().rows
    back = harden(
        network._graphs(torch.nn.functional.one_hot(torch.from_numpy(rows), len(vocabulary)).float()), QM9_ATOMS
    )
    assert (back.nodes == graphs.nodes).all()
    assert (back.bonds == graphs.bonds).all()


def test_rows_keep_to_the_capacity_of_their_atom() -> None:
    vocabulary = RowVocabulary(6, ("C", "N", "O", "F", "N+", "O-", "S"))
    assert vocabulary.capacity.tolist() == [0, 4, 3, 2, 1, 4, 1, 6]
    assert (vocabulary.table[:, 1:].sum(1) <= vocabulary.capacity[vocabulary.table[:, 0]]).all()
    assert len(np.unique(vocabulary.table, axis=0)) == len(vocabulary)
    assert vocabulary.table[END].tolist() == [0] * 6


def test_a_graph_whose_atoms_do_not_hang_together_has_no_rows() -> None:
    graphs = encode(["CO", "CC"], max_atoms=3)
    graphs.bonds[0] = 0  # C.O
    rows = RowVocabulary(3, QM9_ATOMS).encode(graphs)
    assert (rows[0] >= 0).tolist() == [True, False, True]
    assert (rows[1] >= 0).all()


def test_probabilities_of_all_graphs_add_up_to_one_and_are_those_of_the_draws() -> None:
    torch.manual_seed(0)
    network = RowGenerator(3, ("C", "O"), SMALL)
    with torch.no_grad():
        network.bias.normal_()
        sequences = torch.tensor([each for each in product(range(len(network.vocabulary)), repeat=3)])
        ended = (sequences[:, :-1] == END) & (sequences[:, 1:] != END)
        sequences = sequences[~ended.any(1)]
        probabilities = network.log_likelihood(sequences).exp()
        assert probabilities.sum().item() == pytest.approx(1, abs=1e-5)
        drawn = harden(network(20_000, "straight_through", torch.Generator().manual_seed(0)), ("C", "O"))
    rows = torch.from_numpy(network.vocabulary.encode(drawn))
    likeliest = sequences[probabilities.argmax()]
    share = (rows == likeliest).all(1).float().mean().item()
    assert share == pytest.approx(probabilities.max().item(), abs=0.02)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**31))
def test_with_the_valence_rule_an_untrained_generator_draws_molecules_alone(seed: int) -> None:
    drawn = generator(valence=True).sample(64, seed=seed, batch=64)
    assert [each.reason for each in drawn if each.smiles is None] == []


def test_without_it_what_is_no_molecule_says_why() -> None:
    drawn = generator().sample(64, seed=0, batch=64)
    wrong = [each for each in drawn if each.smiles is None]
    assert wrong
    assert all(each.reason and "valence" in each.reason for each in wrong)


def test_drawn_graphs_are_those_that_the_sampler_reads() -> None:
    one = generator(valence=True)
    graphs = harden(one.graphs(16, torch.Generator().manual_seed(3)), QM9_ATOMS)
    assert [each.smiles for each in decode(graphs)] == [each.smiles for each in one.sample(16, seed=3, batch=16)]


def test_rows_are_for_small_molecules() -> None:
    with pytest.raises(ValueError, match="at most 16"):
        OneShotSettings(rows=SMALL, max_atoms=17)


def test_the_mean_entropy_of_draws_is_that_of_all_graphs() -> None:
    torch.manual_seed(1)
    network = RowGenerator(2, ("C", "O"), SMALL)
    with torch.no_grad():
        network.bias.normal_()
        sequences = torch.tensor([each for each in product(range(len(network.vocabulary)), repeat=2)])
        log_p = network.log_likelihood(sequences)
        possible = log_p.isfinite()
        wanted = -(log_p[possible].exp() * log_p[possible]).sum().item()
        mean = (log_p[possible].exp() * network.entropy(sequences[possible])).sum().item()
    assert mean == pytest.approx(wanted, abs=1e-5)
