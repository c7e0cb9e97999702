"""Generators of any kind by their weights, and what is asked of them."""

from pathlib import Path

import pytest

from molgan.base.errors import ConfigError, WeightsError
from molgan.graphs.motif.actions import Vocabulary
from molgan.models.critics.discriminator import Discriminator
from molgan.models.loading import load_any, load_generator
from molgan.models.motif.motif_generator import MotifGenerator
from molgan.models.one_shot.one_shot_generator import OneShotGenerator
from molgan.models.one_shot.settings import OneShotSettings
from molgan.models.protocols import ConditionalGenerator, MotifTreeGenerator
from molgan.models.registry import GENERATORS, register
from molgan.models.settings import DiscriminatorSettings, MotifNetworkSettings


def save_one_shot(folder: Path) -> None:
    OneShotGenerator(OneShotSettings(max_atoms=3, hidden=(8,))).save(folder / "weights")


def save_motif(folder: Path) -> None:
    network = MotifNetworkSettings(embedding=8, hidden=8, layers=1)
    MotifGenerator(Vocabulary(("C", "O")), network, max_atoms=3).save(folder / "weights")


def test_weights_load_as_the_kind_that_they_were_saved_as(tmp_path: Path) -> None:
    save_one_shot(tmp_path / "a")
    save_motif(tmp_path / "b")
    assert type(load_any(tmp_path / "a")) is OneShotGenerator
    assert type(load_any(tmp_path / "b")) is MotifGenerator
    assert type(load_generator(tmp_path / "b", MotifTreeGenerator)) is MotifGenerator


def test_a_campaign_refuses_a_generator_without_likelihoods(tmp_path: Path) -> None:
    save_one_shot(tmp_path)
    with pytest.raises(ConfigError, match=r"generator\.weights: .* belongs to a one-shot generator; give weights of"):
        load_generator(tmp_path)


def test_generators_of_both_kinds_may_be_conditional(tmp_path: Path) -> None:
    save_one_shot(tmp_path / "a")
    save_motif(tmp_path / "b")
    assert isinstance(load_any(tmp_path / "a"), ConditionalGenerator)
    assert isinstance(load_any(tmp_path / "b"), ConditionalGenerator)


def test_weights_of_a_critic_are_no_generator(tmp_path: Path) -> None:
    Discriminator(DiscriminatorSettings(width=8, layers=1, readout=8)).save(tmp_path / "critic")
    with pytest.raises(WeightsError, match="to a discriminator, which is not a generator"):
        load_any(tmp_path / "critic")


def test_another_kind_of_generator_registers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(GENERATORS, "methane generator", MotifGenerator)
    del GENERATORS["methane generator"]

    @register
    class Methane(MotifGenerator):
        kind = "methane generator"

    network = MotifNetworkSettings(embedding=8, hidden=8, layers=1)
    Methane(Vocabulary(("C",)), network, max_atoms=1).save(tmp_path / "weights")
    assert type(load_generator(tmp_path)) is Methane
    with pytest.raises(ValueError, match="already"):
        register(type("Other", (MotifGenerator,), {"kind": "methane generator"}))
