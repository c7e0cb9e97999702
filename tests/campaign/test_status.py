"""How far a run has come: campaigns and trainings, of this version and the last."""

import json
import shutil
from pathlib import Path

import pytest

from molgan.base.errors import InputError, WeightsError
from molgan.campaign.run_folder.status import read_status
from molgan.campaign.train_prior import train_prior
from molgan.config import TrainingConfig, load_training, write_config
from molgan.models.loading import load_generator
from molgan.models.motif.motif_generator import MotifGenerator

PRIOR = """\
data: {train: train.smi}
network: {embedding: 8, hidden: 8, layers: 1}
pretrain: {epochs: 1, batch_size: 4, warmup: 2, report_every: 1, checkpoint_every: 2, least_count: 1}
rejection: {real: 40, reference: 40, fake: 40, candidates: 40, novel: false, critic: {epochs: 1, batch_size: 8}}
"""


class Crash(Exception):
    pass


@pytest.fixture
def config(tmp_path: Path) -> TrainingConfig:
    """A prior that is trained, and then gets a critic for sampling."""
    (tmp_path / "train.smi").write_text("".join(f"{'C' * n}{end}\n" for n in range(1, 13) for end in "ONFS"))
    (tmp_path / "prior.yaml").write_text(PRIOR)
    config = load_training(tmp_path / "prior.yaml", [f"out={tmp_path / 'run'}"])
    assert isinstance(config, TrainingConfig)
    return config


def states(run: Path) -> dict[str, str]:
    return {stage.name: stage.state for stage in read_status(str(run)).stages}


def crash(*arguments: object, **options: object) -> None:
    raise Crash


def test_a_finished_campaign_is_done(finished: Path) -> None:
    status = read_status(str(finished))
    assert status.done and [stage.name for stage in status.stages][-2:] == ["reference", "report"]
    assert status.library == len((finished / "library.csv").read_text().splitlines()) - 1


def test_a_training_is_done_when_all_its_stages_are(
    config: TrainingConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "run"
    with monkeypatch.context() as patch, pytest.raises(Crash):
        patch.setattr("molgan.training.prior.rejection.train_rejection", crash)
        train_prior(config)
    assert states(run) == {"pretrain": "done", "rejection": "at work"}
    assert not read_status(str(run)).done
    with pytest.raises(WeightsError, match=r"another training \(pretrain.epochs is 2.0, was 1.0\)"):
        train_prior(config.model_copy(update={"pretrain": config.pretrain.model_copy(update={"epochs": 2.0})}))


def test_a_training_of_an_earlier_version_is_done_by_its_files_and_goes_on_from_its_checkpoint(
    config: TrainingConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = config.model_copy(update={"rejection": None})
    weights, run = train_prior(config), tmp_path / "run"
    checkpoint, old = run / "checkpoints" / "pretrain" / "checkpoint", tmp_path / "old" / "checkpoints" / "pretrain"
    shutil.copytree(checkpoint, old)
    write_config(config, tmp_path / "old" / "config.yaml")
    shutil.copy(run / "metrics.jsonl", tmp_path / "old")
    assert states(tmp_path / "old") == {"pretrain": "at work"}
    shutil.copy(run / "weights.json", tmp_path / "old")
    assert states(tmp_path / "old") == {"pretrain": "done"}
    nothing_left = "molgan.training.prior.pretrain.shuffle_batches"
    monkeypatch.setattr(nothing_left, lambda *arguments: iter(()))
    again = train_prior(config.model_copy(update={"out": str(tmp_path / "old")}))
    assert again.with_suffix(".safetensors").read_bytes() == weights.with_suffix(".safetensors").read_bytes()
    assert states(tmp_path / "old") == {"pretrain": "done"}
    assert (tmp_path / "old" / "metrics.jsonl").read_text() == (run / "metrics.jsonl").read_text()


def test_a_rejection_training_of_an_earlier_version_is_not_done_without_its_critic(
    config: TrainingConfig, home: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    run.mkdir()
    write_config(config.model_copy(update={"pretrain": None}), run / "config.yaml")
    generator = load_generator(home, MotifGenerator)
    generator.save(run / "weights")
    assert states(run) == {"rejection": "waiting"}
    (run / "weights_refinement.json").write_text(json.dumps({}))
    assert states(run) == {"rejection": "done"}


def test_a_damaged_configuration_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("a: [\n")
    with pytest.raises(InputError, match=r"config\.yaml is damaged"):
        read_status(str(tmp_path))
