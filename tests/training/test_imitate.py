import pytest
import torch

from molgan.graphs.dense import decode, encode
from molgan.graphs.dense_data import DenseData
from molgan.models.oneshot import OneShotGenerator
from molgan.models.oneshot_settings import LatentSettings, OneShotSettings
from molgan.models.soft_graphs import harden, one_hot
from molgan.training.imitate import imitate
from molgan.training.latent import autoencode
from molgan.training.oneshot_settings import AutoencodeSettings, ImitateSettings

LATENT = LatentSettings(size=4, width=32, blocks=1, flow_width=32, flow_blocks=1, flow_steps=2)
SMILES = ["C", "CC", "CO", "C#N", "C=O", "CCC", "CCO", "C=CC", "NC=O", "O"]


def validity(generator: OneShotGenerator) -> float:
    with torch.no_grad():
        latents = generator.flow(torch.randn(1000, 4, generator=torch.Generator().manual_seed(7)))
        said = decode(harden(generator.decode(latents), generator.settings.atoms))
    return sum(molecule.valid for molecule in said) / len(said)


def test_the_decoder_says_a_valid_molecule_where_it_said_none() -> None:
    data = DenseData(encode(SMILES, max_atoms=3), SMILES, {})
    generator = OneShotGenerator(OneShotSettings(max_atoms=3, latent=LATENT))
    autoencode(generator, data, AutoencodeSettings(steps=150, batch_size=32, learning_rate=1e-2, bf16=False), seed=0)
    # A flow that was not trained leaves noise as it is, about, most of which lies between the molecules.
    before, flow = validity(generator), {name: one.clone() for name, one in generator.flow.state_dict().items()}
    figures: list[dict[str, float]] = []
    settings = ImitateSettings(steps=60, batch_size=64, learning_rate=3e-3, ema=0.9, tries=8, jitter=2, bf16=False)
    imitate(generator, data, settings, seed=0, report=lambda metrics, saved: figures.append(metrics))
    assert before < 0.9 and validity(generator) > before + (1 - before) / 2
    assert all(row["targets"] >= row["validity"] for row in figures)
    assert all(torch.equal(one, flow[name]) for name, one in generator.flow.state_dict().items())
    with torch.no_grad():
        mean, _ = generator.encoder(one_hot(data.graphs, torch.arange(10).numpy()).flat())
        again = harden(generator.decode(mean), data.graphs.atoms)
    assert (again.nodes == data.graphs.nodes).all() and (again.bonds == data.graphs.bonds).all()


@pytest.mark.parametrize("tries", [0, 4])
def test_what_has_no_target_is_left_out(tries: int) -> None:
    data = DenseData(encode(SMILES, max_atoms=3), SMILES, {})
    generator = OneShotGenerator(OneShotSettings(max_atoms=3, latent=LATENT))
    figures: list[dict[str, float]] = []
    settings = ImitateSettings(steps=2, batch_size=16, tries=tries, report_every=1, bf16=False)
    imitate(generator, data, settings, seed=0, report=lambda metrics, saved: figures.append(metrics))
    assert len(figures) == 2 and all(0 <= row["validity"] <= row["targets"] <= 1 for row in figures)
    assert tries or all(row["validity"] == row["targets"] for row in figures)
