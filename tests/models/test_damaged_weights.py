"""Weights that another has written, or that a training has spoilt, are told in one line, and take no memory first."""

import json
import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

import molgan
from molgan.base.errors import MolganError, WeightsError
from molgan.graphs.motif.actions import Vocabulary
from molgan.models.critics.discriminator import Discriminator
from molgan.models.motif.motif_generator import MotifGenerator
from molgan.models.one_shot.one_shot_generator import OneShotGenerator
from molgan.models.one_shot.settings import OneShotSettings
from molgan.models.settings import DiscriminatorSettings, MotifNetworkSettings

Description = dict[str, Any]


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    network = MotifNetworkSettings(embedding=8, hidden=8, layers=1)
    MotifGenerator(Vocabulary(("C", "O", "N", "C=O", "c1ccccc1")), network, max_atoms=14).save(tmp_path / "weights")
    return tmp_path


def motif(text: object) -> Callable[[Description], None]:
    return lambda content: content["vocabulary"]["motifs"].__setitem__(4, text)


@pytest.mark.parametrize(
    "edit",
    [
        *(lambda content, most=most: content.update(max_atoms=most) for most in (0, -5, "x", None, 10**6, 10**30, [1])),
        *map(motif, ("xx", "", "C" * 100, 5, None, "C")),
        lambda content: content["network"].update(hidden=8192, layers=8, embedding=4096, most_daltons=8192),
        lambda content: content["network"].update(condition=["os:system"]),
        lambda content: content["network"].update(hidden=True),
        lambda content: content["vocabulary"].update(motifs="CON"),
        lambda content: content["vocabulary"].update(alphabet=[1]),
        lambda content: content.update(aim={"targets": {"logp": 1}, "guidance": "x"}),
        lambda content: content.update(kind=["motif generator"]),
        lambda content: content.pop("network"),
    ],
)
def test_a_description_that_does_not_fit_is_refused(weights: Path, edit: Callable[[Description], object]) -> None:
    content = json.loads((weights / "weights.json").read_text())
    edit(content)
    (weights / "weights.json").write_text(json.dumps(content))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(MolganError) as caught:
        molgan.sample(20, weights=weights, raw=True)
    assert len(str(caught.value).splitlines()) == 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # kB; the network of 8192 takes 13 GB


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e38])
def test_numbers_that_no_training_leaves_are_told(weights: Path, value: float) -> None:
    tensors = load_file(weights / "weights.safetensors")
    tensors["head.weight"][3, 3] = value
    save_file(tensors, weights / "weights.safetensors")
    with pytest.raises(WeightsError, match=r"head.weight holds a number that is not finite, or beyond 1e\+06"):
        molgan.load_generator(weights)


def test_a_network_that_broke_in_training_is_told_when_it_draws(weights: Path) -> None:
    generator = molgan.load_generator(weights)
    parameter: Tensor = next(generator.parameters())  # type: ignore[attr-defined]
    parameter.data.fill_(float("nan"))
    with pytest.raises(WeightsError, match="the network gives no probabilities"):
        generator.sample(10, seed=0)


def test_critics_and_one_shot_generators_are_compared_first_too(tmp_path: Path) -> None:
    Discriminator(DiscriminatorSettings(width=8, layers=1, readout=8)).save(tmp_path / "critic")
    settings = OneShotSettings.model_validate({"max_atoms": 4, "atoms": ["C", "O"], "hidden": [8]})
    OneShotGenerator(settings).save(tmp_path / "one")
    for name, key, kind in (("critic", "settings", Discriminator), ("one", "network", OneShotGenerator)):
        kind.load(tmp_path / name)
        content = json.loads((tmp_path / f"{name}.json").read_text())
        content[key] |= {"width": 1024} if name == "critic" else {"hidden": [4096] * 8}
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
        with pytest.raises(WeightsError, match="belong to another architecture"):
            kind.load(tmp_path / name)
