import json
from pathlib import Path

import pytest

from molgan.config import load_training
from molgan.models.motif import load_generator
from molgan.prior import train_prior

TRAINING = """\
data: {train: train.smi}
network: {embedding: 8, hidden: 8, layers: 1}
pretrain: {epochs: 2, batch_size: 2, checkpoint_every: 10, report_every: 5, warmup: 5}
"""


class Killed(Exception):
    pass


def test_an_interrupted_training_ends_as_an_undisturbed_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOLGAN_CACHE", str(tmp_path / "cache"))
    (tmp_path / "train.smi").write_text("CCO\nc1ccccc1O\nCCN\nCC(=O)N\n" * 20)
    (tmp_path / "prior.yaml").write_text(TRAINING)
    whole = train_prior(load_training(tmp_path / "prior.yaml", [f"out={tmp_path / 'whole'}"]))

    broken = load_training(tmp_path / "prior.yaml", [f"out={tmp_path / 'broken'}"])
    with monkeypatch.context() as patch:
        patch.setattr("molgan.training.pretrain.save_checkpoint", _killing(at=40))
        with pytest.raises(Killed):
            train_prior(broken)
    again = train_prior(broken)

    assert again.with_suffix(".safetensors").read_bytes() == whole.with_suffix(".safetensors").read_bytes()
    steps = [json.loads(line)["step"] for line in (tmp_path / "broken" / "metrics.jsonl").read_text().splitlines()]
    assert steps == list(range(5, 81, 5))
    assert load_generator(again.parent).sample(3, seed=0) == load_generator(whole).sample(3, seed=0)


def _killing(at: int) -> object:
    from molgan.training.checkpoint import save_checkpoint

    def save(folder: Path, tensors: dict[str, object], state: dict[str, int]) -> None:
        if state["step"] == at:
            raise Killed
        save_checkpoint(folder, tensors, state)  # type: ignore[arg-type]

    return save
