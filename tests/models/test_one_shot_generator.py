"""One-shot generators and the critics of dense graphs."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from molgan.base.errors import WeightsError
from molgan.graphs.dense.dense_graph import encode
from molgan.models.critics.dense_critic import (
    DenseConvolution,
    DenseCritic,
    DenseRewardNetwork,
    chemistry,
    chemistry_width,
    normalise,
)
from molgan.models.loading import load_any
from molgan.models.one_shot.one_shot_generator import OneShotGenerator
from molgan.models.one_shot.settings import DenseCriticSettings, OneShotSettings, RowSettings
from molgan.models.one_shot.soft_graphs import SoftGraphs, draw, one_hot
from molgan.training.one_shot.gradient_penalties import gradient_penalty

ROWS = RowSettings(width=16, layers=1, embedding=8)
NETWORKS = [OneShotSettings(hidden=(16, 32)), OneShotSettings(rows=ROWS)]
MOLECULES = ["CCO", "c1cc[nH]c1", "C#N", "C[N+](=O)[O-]"]


def real() -> SoftGraphs:
    return one_hot(encode(MOLECULES, max_atoms=9), np.arange(4))


def test_the_network_of_the_paper() -> None:
    generator = OneShotGenerator(OneShotSettings(atoms=("C", "N", "O", "F")))
    widths = [tuple(layer.weight.shape) for layer in generator.body if hasattr(layer, "weight")]
    assert widths == [(128, 32), (256, 128), (512, 256)]
    logits = generator(torch.randn(3, 32))
    assert logits.nodes.shape == (3, 9, 5)
    assert logits.bonds.shape == (3, 9, 9, 4)
    assert torch.equal(logits.bonds, logits.bonds.transpose(1, 2))


@pytest.mark.parametrize("how", ["soft", "gumbel", "straight_through", "argmax"])
@pytest.mark.parametrize("network", NETWORKS, ids=["layers", "rows"])
def test_graphs_are_distributions_with_a_gradient(network: OneShotSettings, how: str) -> None:
    generator = OneShotGenerator(network.model_copy(update={"draw": how}))
    graphs = generator.graphs(4, torch.Generator().manual_seed(0))
    for part in graphs:
        assert torch.allclose(part.sum(-1), torch.ones(()))
        assert part.min() >= -1e-6
        if how in ("straight_through", "argmax"):
            assert torch.allclose(part, part.round(), atol=1e-6)
    assert torch.equal(graphs.bonds, graphs.bonds.transpose(1, 2))
    assert (graphs.bonds.diagonal(dim1=1, dim2=2)[:, 0] == 1).all()
    (graphs.nodes[..., 1].sum() + graphs.bonds[..., 1].sum()).backward()
    heads = [generator.nodes, generator.bonds] if network.rows is None else [generator.rows.out]
    assert all(head.weight.grad.abs().sum() > 0 for head in heads)


def test_straight_through_draws_by_the_logits_and_argmax_takes_the_likeliest() -> None:
    logits = SoftGraphs(torch.tensor([0.2, 0.5, 0.3]).log().expand(20_000, 2, 3), torch.zeros(20_000, 2, 2, 4))
    drawn = draw(logits, "straight_through", torch.Generator().manual_seed(0))
    assert drawn.nodes.mean((0, 1)).tolist() == pytest.approx([0.2, 0.5, 0.3], abs=0.02)
    assert draw(logits, "argmax").nodes[..., 1].min() == pytest.approx(1)


@pytest.mark.parametrize("network", NETWORKS, ids=["layers", "rows"])
def test_samples_depend_on_the_seed_alone_and_failures_have_a_reason(network: OneShotSettings, tmp_path: Path) -> None:
    generator = OneShotGenerator(network)
    drawn = generator.sample(70, seed=3, batch=32)
    assert len(drawn) == 70
    assert all((one.smiles is None) == bool(one.reason) for one in drawn)
    told = [(one.smiles, one.reason) for one in drawn]
    assert told[:10] == [(one.smiles, one.reason) for one in generator.sample(10, seed=3, batch=32)]
    generator.save(tmp_path / "weights", seed=0)
    loaded = load_any(tmp_path)
    assert isinstance(loaded, OneShotGenerator)
    assert told == [(one.smiles, one.reason) for one in loaded.sample(70, seed=3, batch=32)]


def test_damaged_or_foreign_weights_are_told(tmp_path: Path) -> None:
    OneShotGenerator(NETWORKS[0]).save(tmp_path / "weights")
    description = (tmp_path / "weights.json").read_text()
    (tmp_path / "weights.json").write_text(description.replace('"max_atoms": 9', '"max_atoms": 8'))
    with pytest.raises(WeightsError, match="another architecture"):
        load_any(tmp_path)
    with pytest.raises(WeightsError, match="no weights"):
        load_any(tmp_path / "nothing")


def permuted(graphs: SoftGraphs, order: Tensor) -> SoftGraphs:
    return SoftGraphs(graphs.nodes[:, order], graphs.bonds[:, order][:, :, order])


@pytest.mark.parametrize("out", [2, 5])  # fewer than the features, and more
def test_a_convolution_is_equation_5_of_the_paper(out: int) -> None:
    torch.manual_seed(0)
    layer, h, bonds = DenseConvolution(3, out), torch.randn(2, 4, 3)[1:], torch.rand(2, 4, 4, 4)[1:]
    got = layer(h, normalise(bonds))
    maps = layer.messages(h[0]).view(4, 4, out)  # atom, itself and three orders, features
    for i in range(4):
        number = max(1.0, bonds[0, i, :, 1:].sum().item())
        total = maps[i, 0].clone()
        for j in range(4):
            for order in (1, 2, 3):
                total += bonds[0, i, j, order] / number * maps[j, order]
        assert torch.allclose(got[0, i], torch.tanh(total), atol=1e-6)


def test_a_convolution_has_gradients_of_gradients() -> None:
    torch.manual_seed(0)
    layer, bonds = DenseConvolution(3, 5).double(), torch.rand(2, 4, 4, 4, dtype=torch.float64, requires_grad=True)
    h = torch.randn(2, 4, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradgradcheck(lambda h, bonds: layer(h, normalise(bonds)), (h, bonds))


def test_a_relational_critic_does_not_see_the_order_of_atoms_and_a_flat_one_does() -> None:
    order = torch.randperm(9, generator=torch.Generator().manual_seed(0))
    for kind, same in (("relational", True), ("flat", False), ("both", False)):
        critic = DenseCritic(OneShotSettings(), DenseCriticSettings(kind=kind, width=16))
        assert torch.allclose(critic(*real()), critic(*permuted(real(), order)), atol=1e-5) == same


def test_a_relational_critic_tells_bonds_of_different_order_apart() -> None:
    critic = DenseCritic(OneShotSettings(), DenseCriticSettings())
    single, double, turned = critic(*one_hot(encode(["CCC", "C=CC", "CC=C"], max_atoms=9), np.arange(3))).tolist()
    assert double == pytest.approx(turned, abs=1e-6)
    assert abs(single - double) > 1e-5


@pytest.mark.parametrize("kind", ["relational", "flat", "both"])
def test_packed_molecules_are_judged_together(kind: str) -> None:
    critic = DenseCritic(OneShotSettings(), DenseCriticSettings(kind=kind, pack=2, width=16))
    graphs = real()
    values = critic(*graphs)
    assert values.shape == (2,)
    swapped = critic(*SoftGraphs(*(part[[0, 2, 1, 3]] for part in graphs)))
    assert not torch.allclose(values, swapped)
    assert torch.isfinite(gradient_penalty(critic, graphs, graphs))


def test_minibatch_discrimination_sees_repeats() -> None:
    critic = DenseCritic(OneShotSettings(), DenseCriticSettings(minibatch_kernels=4))
    varied = critic(*real())
    repeated = critic(*SoftGraphs(*(part[:1].expand(4, *part.shape[1:]) for part in real())))
    assert abs(varied[0] - repeated[0]) > 1e-5


def test_the_gradient_penalty_trains_every_part_of_a_critic() -> None:
    critic = DenseCritic(OneShotSettings(), DenseCriticSettings(kind="both", width=16, minibatch_kernels=2))
    torch.nn.init.normal_(critic.flat.blocks[0].second.weight)
    gradient_penalty(critic, real(), permuted(real(), torch.arange(9).flip(0))).backward()
    without = {name for name, p in critic.named_parameters() if p.grad is None or not p.grad.abs().sum()}
    # A block starts as the identity, and a bias behind all else has no part in the slope.
    assert without <= {"flat.last.bias", "flat.norm.bias", "head.2.bias"} | {
        n for n in without if n.startswith("flat.blocks.1")
    }


def test_a_reward_network_judges_each_molecule_alone_between_0_and_1() -> None:
    network = DenseRewardNetwork(OneShotSettings(), DenseCriticSettings(pack=2, minibatch_kernels=3))
    values = network(*real())
    assert values.shape == (4,)
    assert ((values > 0) & (values < 1)).all()
    assert network.loss(real(), values.detach()).item() == pytest.approx(0)


def test_a_flat_critic_is_told_of_valences_and_fragments() -> None:
    graphs = one_hot(encode(["CCO", "C=CO"], max_atoms=4), np.arange(2))
    told = chemistry(graphs)
    assert told.shape == (2, chemistry_width(4, 9))
    above = told[:, : 4 * 9 * 5].view(2, 4, 9, 5)
    assert above[0, 1, 1].tolist() == [2, 1, 0, 0, 0]  # the carbon in the middle has two bonds
    assert above[1, 1, 1].tolist() == [3, 2, 1, 0, 0]
    assert above[0, 1, [0, 2, 3]].sum() == 0
    walks = told[:, 4 * 9 * 5 :].view(2, 4, 4)
    assert (walks[:, :3, :3] > 0).all()
    assert (walks[:, 3, :3] == 0).all()
