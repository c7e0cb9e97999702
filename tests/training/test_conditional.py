"""Conditional generation: both ways to train it hit what they aim at, on molecules of two to four atoms."""

from itertools import product

import numpy as np
import pytest
import torch
from rdkit import Chem
from rdkit.Chem.Descriptors import MolWt

from molgan.graphs.dense.dense_data import DenseData, flat_smiles
from molgan.graphs.dense.dense_graph import encode
from molgan.models.critics.dense_critic import DenseCritic
from molgan.models.one_shot.one_shot_generator import OneShotGenerator
from molgan.models.one_shot.settings import DenseCriticSettings, OneShotSettings, RowSettings
from molgan.training.one_shot.likelihood import learn_rows
from molgan.training.one_shot.one_shot_training import train_oneshot
from molgan.training.one_shot.settings import LikelihoodSettings, OneShotTrainingSettings

ROWS = RowSettings(width=48, layers=1, embedding=16)
NETWORK = OneShotSettings(max_atoms=4, atoms=("C", "N", "O"), condition=("mw",))
GRID = (32, 47, 60)  # daltons: molecules of two, three and four atoms


def data_for(generator: OneShotGenerator) -> DenseData:
    texts = {flat_smiles("".join(atoms)) for n in (2, 3, 4) for atoms in product("CNO", repeat=n)}
    smiles = sorted(text for text in texts if text is not None)
    graphs = encode(smiles, max_atoms=4, atoms=NETWORK.atoms)
    weights = np.array([[MolWt(Chem.MolFromSmiles(text))] for text in smiles])
    shuffled = np.random.default_rng(0).permutation(len(smiles))
    data = DenseData(graphs, smiles, {}).rows(shuffled)
    return data.with_targets(generator.targets.learn(weights[shuffled]))


def control_error(generator: OneShotGenerator, *, aim: bool) -> float:
    """Mean distance from the targets of the grid in daltons, of what is valid."""
    distances = []
    for wanted in GRID:
        drawn = generator.sample(200, seed=1, targets={"mw": wanted} if aim else None)
        distances += [abs(MolWt(one.mol) - wanted) for one in drawn if one.mol is not None]
    assert len(distances) > 200
    return float(np.mean(distances))


def test_likelihood_aims() -> None:
    generator = OneShotGenerator(NETWORK.model_copy(update={"rows": ROWS}))
    data = data_for(generator)
    steps = LikelihoodSettings(steps=200, batch_size=64, learning_rate=1e-2, warmup=10, bf16=False, ema=0.9)
    learn_rows(generator, data, steps, seed=0)
    assert control_error(generator, aim=True) < 0.5 * control_error(generator, aim=False)


def test_a_generator_learns_to_aim_from_the_critic() -> None:
    generator = OneShotGenerator(NETWORK.model_copy(update={"hidden": (64, 64), "noise": 16}))
    critic = DenseCritic(generator.settings, DenseCriticSettings(kind="flat", width=64, blocks=1))
    settings = OneShotTrainingSettings(
        steps=500, batch_size=64, loss="relativistic", critic_steps=1, r1=0.3, r2=0.3, learning_rate=2e-3, ema=0.98
    )
    train_oneshot(generator, critic, data_for(generator), settings, seed=0)
    assert control_error(generator, aim=True) < 0.6 * control_error(generator, aim=False)


def test_without_a_condition_there_are_no_targets() -> None:
    generator = OneShotGenerator(OneShotSettings(max_atoms=4, hidden=(8,)))
    assert generator.targets is None
    with torch.no_grad():
        assert generator(torch.zeros(3, generator.settings.noise)).nodes.shape == (3, 4, 9)


@pytest.mark.parametrize("loss", ["wasserstein", "hinge"])
def test_every_penalty_takes_targets(loss: str) -> None:
    generator = OneShotGenerator(NETWORK.model_copy(update={"hidden": (8,)}))
    critic = DenseCritic(generator.settings, DenseCriticSettings(convolutions=(8,), readout=8, head=(8,)))
    settings = OneShotTrainingSettings(
        steps=2, batch_size=8, loss=loss, critic_steps=1, gradient_penalty=10, r1=1, r2=1, report_every=1
    )
    losses: list[float] = []
    train_oneshot(
        generator,
        critic,
        data_for(generator),
        settings,
        seed=0,
        report=lambda metrics, saved: losses.append(metrics["critic_loss"]),
    )
    assert len(losses) == 2
    assert np.isfinite(losses).all()
