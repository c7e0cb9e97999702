import json
from pathlib import Path

import pytest

from molgan.campaign.train_prior import train_prior
from molgan.chem.molecule import parse
from molgan.config import load_training
from molgan.models.loading import load_any, load_generator
from molgan.models.motif.motif_generator import MotifGenerator
from molgan.models.motif.refined import RefinedGenerator

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
        patch.setattr("molgan.training.loop.save_checkpoint", _killing(at=40))
        with pytest.raises(Killed):
            train_prior(broken)
    again = train_prior(broken)

    assert again.with_suffix(".safetensors").read_bytes() == whole.with_suffix(".safetensors").read_bytes()
    steps = [json.loads(line)["step"] for line in (tmp_path / "broken" / "metrics.jsonl").read_text().splitlines()]
    assert steps == list(range(5, 81, 5))
    assert load_generator(again.parent).sample(3, seed=0) == load_generator(whole).sample(3, seed=0)


def test_a_critic_for_sampling_leaves_the_weights_as_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOLGAN_CACHE", str(tmp_path / "cache"))
    smiles = [f"{ring}{'C' * n}{end}" for ring in ("c1ccccc1", "C1CCCC1") for n in range(1, 13) for end in "ONFS"]
    (tmp_path / "train.smi").write_text("\n".join(smiles) + "\n")
    (tmp_path / "prior.yaml").write_text(TRAINING)
    weights = train_prior(load_training(tmp_path / "prior.yaml", [f"out={tmp_path / 'prior'}"]))
    (tmp_path / "critic.yaml").write_text(
        f"data: {{train: train.smi}}\ngenerator: {{weights: {tmp_path / 'prior'}}}\n"
        "rejection: {reference: 40, real: 50, fake: 3000, candidates: 3000, critic: {epochs: 2, batch_size: 16}}\n"
    )
    critic = train_prior(load_training(tmp_path / "critic.yaml", [f"out={tmp_path / 'critic'}"]))
    raw, refined = load_any(critic.parent, raw=True), load_any(critic.parent)
    assert isinstance(refined, RefinedGenerator) and isinstance(raw, MotifGenerator)
    assert raw.sample(50, seed=1) == load_generator(weights).sample(50, seed=1)
    drawn = [parse(one.smiles) for one in refined.sample(50, seed=1)]
    assert not {one.smiles for one in drawn} & {parse(one).smiles for one in smiles}
    assert refined.support is not None and refined.support.contains(refined.critic.describe(drawn)).all()


def _killing(at: int) -> object:
    from molgan.training.checkpoint import save_checkpoint

    def save(folder: Path, tensors: dict[str, object], state: dict[str, int]) -> None:
        if state["step"] == at:
            raise Killed
        save_checkpoint(folder, tensors, state)  # type: ignore[arg-type]

    return save
