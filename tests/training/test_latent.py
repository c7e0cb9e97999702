"""Autoencoder and flow of the latent generator."""

import math

import pytest
import torch

from molgan.graphs.dense import encode
from molgan.graphs.dense_data import DenseData
from molgan.models.oneshot import OneShotGenerator
from molgan.models.oneshot_settings import LatentSettings, OneShotSettings
from molgan.models.soft_graphs import SoftGraphs, harden, one_hot
from molgan.training.latent import autoencode, match_flow, reconstruction_loss
from molgan.training.oneshot_settings import AutoencodeSettings, FlowSettings

LATENT = LatentSettings(size=4, width=32, blocks=1, flow_width=32, flow_blocks=1, flow_steps=16)
SMILES = ["C", "CC", "CO", "C#N", "C=O", "CCC", "CCO", "C=CC", "NC=O", "O"]


@pytest.fixture(scope="module")
def data() -> DenseData:
    return DenseData(encode(SMILES, max_atoms=3), SMILES, {})


def fresh() -> OneShotGenerator:
    return OneShotGenerator(OneShotSettings(max_atoms=3, latent=LATENT))


AUTOENCODE = AutoencodeSettings(
    steps=200, batch_size=32, learning_rate=1e-2, warmup=5, kl_weight=0.05, bf16=False, checkpoint_every=50
)


def test_logits_without_knowledge_lose_the_entropy_of_all_categories() -> None:
    graphs = one_hot(encode(["CC"], max_atoms=3), torch.arange(1).numpy())
    logits = SoftGraphs(torch.zeros_like(graphs.nodes), torch.zeros_like(graphs.bonds))
    assert reconstruction_loss(logits, graphs).item() == pytest.approx(3 * math.log(9) + 3 * math.log(4), rel=1e-5)


def test_molecules_go_to_latents_and_back_and_noise_becomes_latents(data: DenseData) -> None:
    generator = fresh()
    autoencode(generator, data, AUTOENCODE, seed=0)
    real = one_hot(data.graphs, torch.arange(len(data)).numpy())
    with torch.no_grad():
        mean, log_variance = generator.encoder(real.flat())
        again = harden(generator.decode(mean), data.graphs.atoms)
    assert (again.nodes == data.graphs.nodes).all()
    assert (again.bonds == data.graphs.bonds).all()

    match_flow(generator, data, FlowSettings(steps=300, batch_size=64, learning_rate=5e-3, bf16=False), seed=0)
    with torch.no_grad():
        drawn = generator.flow(torch.randn(4000, 4, generator=torch.Generator().manual_seed(0)))
    spread = (mean.var(0, correction=0) + log_variance.exp().mean(0)).sqrt()
    assert torch.allclose(drawn.mean(0), mean.mean(0), atol=0.2)
    assert torch.allclose(drawn.std(0), spread, rtol=0.2)


@pytest.mark.parametrize("loop", ["autoencode", "flow"])
def test_an_interrupted_training_ends_as_an_undisturbed_one(data: DenseData, tmp_path, loop: str) -> None:
    flow = FlowSettings(steps=20, batch_size=8, checkpoint_every=6, bf16=False)
    wanted = AUTOENCODE.model_copy(update={"steps": 20, "checkpoint_every": 6}) if loop == "autoencode" else flow
    train = autoencode if loop == "autoencode" else match_flow

    def kill(metrics: dict[str, float], saved: object) -> None:
        if saved and metrics["step"] == 12:
            raise KeyboardInterrupt

    whole, broken, again = fresh(), fresh(), fresh()
    train(whole, data, wanted, seed=0)
    with pytest.raises(KeyboardInterrupt):
        train(broken, data, wanted, seed=0, checkpoint=tmp_path / "c", report=kill)
    train(again, data, wanted, seed=0, checkpoint=tmp_path / "c")
    for (name, a), b in zip(whole.state_dict().items(), again.state_dict().values(), strict=True):
        assert torch.equal(a, b), name
