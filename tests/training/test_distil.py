"""Distilling the critic: the generator moves to the real molecules, and goes on where it stopped."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from molgan.chem.molecule import parse
from molgan.graphs.motif.actions import SPELL, Vocabulary
from molgan.models.critics.discriminator import Discriminator
from molgan.models.motif.motif_generator import MotifGenerator
from molgan.models.settings import DiscriminatorSettings, MotifNetworkSettings
from molgan.training.prior.distil import distil
from molgan.training.settings import CriticSettings, DistilSettings, PretrainSettings

REAL = ["CO"] * 300 + ["CCO"] * 100
SETTINGS = DistilSettings(
    real=400,
    fake=400,
    candidates=1000,
    cap_quantile=1,
    critic=CriticSettings(epochs=15, batch_size=64, learning_rate=5e-3, evaluate_every=20),
    fit=PretrainSettings(epochs=20, batch_size=32, learning_rate=0.02, warmup=5),
)


def fresh() -> MotifGenerator:
    torch.manual_seed(0)
    made = MotifGenerator(Vocabulary(("C", "O")), MotifNetworkSettings(embedding=8, hidden=16, layers=1), max_atoms=3)
    made.head.bias.data[SPELL] -= 4
    return made.eval()


def small_critic() -> Discriminator:
    return Discriminator(DiscriminatorSettings(width=16, layers=2, readout=16), seed=0)


def share_of_real(generator: MotifGenerator) -> float:
    drawn = [parse(sample.smiles).smiles for sample in generator.sample(1000, seed=9, bf16=False)]
    return sum(smiles in ("CO", "CCO") for smiles in drawn) / len(drawn)


@pytest.fixture(scope="module")
def distilled(tmp_path_factory: pytest.TempPathFactory) -> tuple[MotifGenerator, Path, list[dict[str, Any]]]:
    folder = tmp_path_factory.mktemp("distil")
    agent, told = fresh(), list[dict[str, Any]]()
    distil(agent, small_critic(), REAL, SETTINGS, seed=0, checkpoint=folder, report=lambda m, _: told.append(m))
    return agent, folder, told


def test_the_generator_moves_to_the_real_ones(distilled: tuple[MotifGenerator, Path, list[dict[str, Any]]]) -> None:
    agent, _, told = distilled
    assert share_of_real(fresh()) < 0.4
    assert share_of_real(agent) > 0.75
    [accepted] = [metrics for metrics in told if metrics["phase"] == "accepted"]
    assert 0 < accepted["acceptance"] < 0.6
    assert {metrics["phase"] for metrics in told} == {"critic", "accepted", "generator"}


def test_what_is_done_is_not_done_again(distilled: tuple[MotifGenerator, Path, list[dict[str, Any]]]) -> None:
    agent, folder, _ = distilled
    again, told = fresh(), list[dict[str, Any]]()
    distil(again, small_critic(), REAL, SETTINGS, seed=0, checkpoint=folder, report=lambda m, _: told.append(m))
    # The last row of the fit is told again, in case that a kill has lost it.
    assert [metrics["phase"] for metrics in told] == ["accepted", "generator"]
    for name, tensor in agent.state_dict().items():
        torch.testing.assert_close(again.state_dict()[name], tensor)


def test_what_is_known_is_not_learned(tmp_path: Path) -> None:
    def known(smiles: Sequence[str]) -> np.ndarray:
        return np.array([parse(one).smiles == "CO" for one in smiles])

    def share_of_methanol(generator: MotifGenerator) -> float:
        drawn = [parse(sample.smiles).smiles for sample in generator.sample(1000, seed=9, bf16=False)]
        return drawn.count("CO") / len(drawn)

    agent = fresh()
    [figures] = distil(agent, small_critic(), REAL, SETTINGS, seed=0, checkpoint=tmp_path, known=known)
    assert figures["novelty"] == pytest.approx(1 - share_of_methanol(fresh()), abs=0.05)
    assert share_of_methanol(agent) < 0.05 < share_of_methanol(fresh())
