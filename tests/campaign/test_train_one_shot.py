"""One-shot generators from the command line: train, sample, evaluate."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from molgan.base.errors import ConfigError, WeightsError
from molgan.campaign.train_one_shot import train_one_shot
from molgan.cli import app
from molgan.config import OneShotConfig, load, load_training

SMALL = Path(__file__).parents[1] / "graphs" / "qm9.smi"

PAPER = """\
data: {train: train.smi}
network: {hidden: [16, 32]}
critic: {convolutions: [8], readout: 8, head: [8]}
oneshot: {steps: 6, batch_size: 8, gradient_penalty: 10, critic_steps: 2, gan_weight: 0.5, checkpoint_every: 5}
objective: {components: [{scorer: qed}]}
held_out: 20
"""

ROWS = """\
data: {train: train.smi}
network: {rows: {width: 16, layers: 1, embedding: 8}}
critic: {kind: both, width: 16, blocks: 1, pack: 2}
likelihood: {steps: 10, batch_size: 16}
oneshot: {steps: 6, batch_size: 8, loss: relativistic, r1: 1, r2: 1, critic_steps: 1, anchor: 0.1, ema: 0.9}
held_out: 20
"""


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOLGAN_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.smi").write_text(SMALL.read_text())


def molgan(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.mark.parametrize("text", [PAPER, ROWS], ids=["paper", "rows"])
def test_train_sample_and_evaluate(text: str, tmp_path: Path) -> None:
    (tmp_path / "small.yaml").write_text(text)
    trained = molgan("train", "small.yaml")
    assert trained.exit_code == 0, trained.output
    stages = {json.loads(line)["stage"] for line in Path("runs/small/metrics.jsonl").read_text().splitlines()}
    assert stages == ({"oneshot"} if text is PAPER else {"likelihood", "oneshot"})
    assert molgan("sample", "-n", 50, "--weights", "runs/small", "-o", "samples.smi").exit_code == 0
    lines = Path("samples.smi").read_text().splitlines()
    assert len(lines) == 50
    assert all(line == "?" or "." not in line for line in lines)
    result = molgan("evaluate", "samples.smi", "--reference", "train.smi", "--json")
    assert result.exit_code == 0, result.output
    figures = json.loads(result.stdout)
    assert figures["samples"] == 50
    assert figures["valid"] == pytest.approx(1 - lines.count("?") / 50)


def test_a_conditional_generator_is_trained_and_aimed(tmp_path: Path) -> None:
    (tmp_path / "aimed.yaml").write_text(
        ROWS.replace("network: {", "network: {condition: [logp, qed], ").replace(", pack: 2", "")
    )
    trained = molgan("train", "aimed.yaml", "likelihood.steps=400")
    assert trained.exit_code == 0, trained.output
    draw = ("sample", "-n", 200, "--weights", "runs/aimed", "-o", "aimed.smi")
    drawn = []
    for targets in ((), ("--target", "logp=3"), ("--target", "logp=-3", "--target", "qed=0.4")):
        assert molgan(*draw, *targets).exit_code == 0
        drawn.append(Path("aimed.smi").read_text())
    assert len(set(drawn)) == 3
    with pytest.raises(WeightsError, match="of another training"):
        train_one_shot(load_training("aimed.yaml", ["network.condition=[tpsa, qed]", "likelihood.steps=400"]))
    for target, told in (
        ("qed=nan", "not a finite number"),
        ("tpsa=60", "no target 'tpsa': the weights have the targets logp, qed"),
        ("logp", "--target logp=2.5"),
    ):
        refused = molgan(*draw, "--target", target)
        assert refused.exit_code == 2
        assert told in refused.output
    refused = molgan("sample", "-n", 1, "--weights", "moses", "--target", "logp=2")
    assert "no target 'logp': the weights were trained without `network.condition`" in refused.output


def test_an_interrupted_training_ends_as_an_undisturbed_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "small.yaml").write_text(ROWS)

    def train(out: str) -> Path:
        config = load_training(
            "small.yaml", [f"out={out}", "oneshot.checkpoint_every=2", "likelihood.checkpoint_every=4"]
        )
        assert isinstance(config, OneShotConfig)
        return train_one_shot(config)

    whole = train("whole")
    with monkeypatch.context() as patch:
        patch.setattr("molgan.campaign.stages.one_shot_stage.OneShot.perform", None)
        with pytest.raises(TypeError):
            train("broken")
    assert train("broken").with_suffix(".safetensors").read_bytes() == whole.with_suffix(".safetensors").read_bytes()


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("objective=null", "oneshot.gan_weight below 1 needs an `objective`"),
        ("oneshot.gradient_penalty=0", "loss wasserstein needs gradient_penalty"),
        ("critic.pack=3", "must be a multiple of critic.pack, which is 3"),
        ("network.rows={width: 8}", "a network with `rows` needs the section `likelihood`"),
        ("likelihood={steps: 5}", "a network with `rows` needs the section `likelihood`"),
        ("oneshot.policy={scale: 5}", "only a network with `rows`"),
        ("oneshot.anchor=0.1", "only a network with `rows`"),
        ("oneshot.gan_wieght=0.5", "did you mean 'gan_weight'?"),
        ("oneshot.loss=wgan", "oneshot.loss"),
        ("network.condition=[lgop]", "did you mean 'logp'?"),
        ("network.condition=[qed, qed]", "a scorer is given twice"),
        ("critic.pack=2", "judged one by one; set pack to 1"),
    ],
)
def test_mistakes_are_told(tmp_path: Path, override: str, told: str) -> None:
    conditional = "condition: [qed], " if "one by one" in told else ""
    (tmp_path / "small.yaml").write_text(PAPER.replace("{hidden", "{" + conditional + "hidden"))
    with pytest.raises(ConfigError) as caught:
        load("small.yaml", [override])
    assert told in str(caught.value)


@pytest.mark.parametrize("name", ["molgan_paper_qm9", "qm9", "qm9_conditional", "qm9_rl"])
def test_shipped_configurations_load(name: str) -> None:
    config = load(Path(__file__).parents[2] / "configs" / f"{name}.yaml")
    assert isinstance(config, OneShotConfig)
    assert config.held_out == 10_000


def test_weights_without_rows_take_no_section_for_rows(tmp_path: Path) -> None:
    (tmp_path / "small.yaml").write_text(PAPER)
    assert molgan("train", "small.yaml").exit_code == 0
    head = "data: {train: train.smi}\ngenerator: {weights: runs/small}\n"
    (tmp_path / "more.yaml").write_text(
        head + "held_out: 20\noneshot: {steps: 2, batch_size: 8, loss: hinge, anchor: 0.1}\n"
    )
    refused = molgan("train", "more.yaml")
    assert refused.exit_code == 2
    assert "need the weights of a network with `rows`" in refused.output
