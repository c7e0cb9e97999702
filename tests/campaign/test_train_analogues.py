"""`molgan train` with a section `analogues`: from a prior to weights that draw analogues."""

import json
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

import molgan
from molgan.base.errors import ConfigError
from molgan.base.progress import Silent
from molgan.campaign.stages.analogues_stage import encode_data
from molgan.campaign.train_prior import train_prior
from molgan.chem.settings import DataSettings
from molgan.cli import app
from molgan.config import TrainingConfig, load_training
from molgan.graphs.motif.motif_data import prepare
from molgan.models.loading import load_any
from molgan.models.motif.motif_generator import MotifGenerator
from molgan.models.settings import MotifNetworkSettings
from molgan.scoring.measure import Measure

NAMES = ("logp", "mw")
SERIES = [
    f"{left}c1ccc({right})cc1" for left in ("CO", "CC", "CN", "C", "CS", "FC") for right in ("C(N)=O", "F", "CC#N")
]


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with data, an untrained prior and a configuration."""
    monkeypatch.setenv("MOLGAN_CACHE", str(tmp_path / "cache"))
    (tmp_path / "data.smi").write_text("\n".join(SERIES))
    (tmp_path / "test.smi").write_text(SERIES[0])
    data = prepare(tmp_path / "data.smi", tmp_path / "cache", least_count=2, measure=Measure(NAMES))
    torch.manual_seed(0)
    network = MotifNetworkSettings(embedding=8, hidden=8, layers=1, condition=NAMES)
    prior = MotifGenerator(data.vocabulary, network, max_atoms=20)
    assert prior.conditions is not None and data.properties is not None
    prior.conditions.learn_scales(data.properties)
    prior.save(tmp_path / "prior" / "weights")
    (tmp_path / "config.yaml").write_text(
        "data: {train: data.smi}\n"
        "generator: {weights: ./prior}\n"
        f"out: {tmp_path / 'run'}\n"
        "analogues:\n"
        "  steps: 3\n  batch_size: 8\n  least_count: 2\n  network: {width: 8, layers: 1, heads: 1, query: 4}\n"
        "  pairs: {lowest: 0.2, highest: 0.95, held_out: [test.smi]}\n"
    )
    return tmp_path


def test_it_makes_weights_that_draw_analogues(start: Path) -> None:
    config = load_training(start / "config.yaml")
    assert isinstance(config, TrainingConfig)
    weights = train_prior(config)
    about = json.loads(weights.with_suffix(".json").read_text())["about"]
    assert about["pairs"]["held_out"] == 1 and about["pairs"]["pairs"] > 10
    assert set(about["ranges"]) == set(NAMES) and str(start) not in json.dumps(about)
    generator = load_any(weights, raw=True)
    assert isinstance(generator, MotifGenerator) and generator.source is not None
    assert generator.source.scale[2] > 1, "the scale of changes of weight is learned"
    table = molgan.analogues([SERIES[1]], n=3, similarity=None, weights=start / "run", budget=128)
    assert len(table) == 3 and table["error"].isna().all()
    before = weights.with_suffix(".safetensors").read_bytes()
    assert train_prior(config) == weights, "a finished training is not done again"
    assert weights.with_suffix(".safetensors").read_bytes() == before


def test_what_the_prior_has_left_in_the_cache_is_used(start: Path) -> None:
    generator = load_any(start / "prior", raw=True)
    assert isinstance(generator, MotifGenerator)
    before = sorted((start / "cache").iterdir())
    data = encode_data(generator, DataSettings(train=start / "data.smi"), 2, processes=1, progress=Silent())
    assert sorted((start / "cache").iterdir()) == before and data.vocabulary == generator.vocabulary
    other = encode_data(generator, DataSettings(train=start / "test.smi"), 2, processes=1, progress=Silent())
    assert len(other) == 1 and other.vocabulary == generator.vocabulary


def test_the_verbs_check_and_train(start: Path) -> None:
    for verb in ("check", "train"):
        done = CliRunner().invoke(app, [verb, str(start / "config.yaml")])
        assert done.exit_code == 0, done.output
    assert (start / "run" / "weights.safetensors").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("analogues.pairs.lowest=0.96", "is not below highest"),
        ("analogues.pairs.held_out=[nowhere.smi]", "no such file"),
        ("analogues.step=4", "did you mean 'steps'"),
    ],
)
def test_wrong_settings_are_one_line(start: Path, change: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load_training(start / "config.yaml", [change])
