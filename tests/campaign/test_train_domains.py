"""`molgan adapt`, and `molgan train` with a section `adapt` or `translate`: to weights that are taken everywhere."""

import json
from pathlib import Path

import numpy as np
import pandas
import pytest
import torch
from typer.testing import CliRunner

import molgan
from molgan.base.errors import ConfigError
from molgan.cli import app
from molgan.config import TranslationConfig, load, load_training
from molgan.graphs.motif.actions import Vocabulary
from molgan.models.loading import load_any
from molgan.models.motif.motif_generator import MotifGenerator
from molgan.models.settings import MotifNetworkSettings, SourceSettings

MOTIFS = ("C", "O", "N", "C=O", "c1ccccc1", "c1ccncc1", "F", "Cl")
ENDS = ("C", "F", "Cl", "N", "OC", "CC", "CN", "CO", "CF", "NC")
ORIGIN = [f"{left}c1ccc({end})cc1" for left in ("CC", "CCC", "CCCC", "CCCCC", "FCC") for end in ENDS]
TARGET = [f"{left}c1ccc({end})nc1" for left in ("NC", "NCC", "NCCC", "NCCCC", "OCC") for end in ENDS]


def make(*, source: bool) -> MotifGenerator:
    torch.manual_seed(0)
    network = MotifNetworkSettings(embedding=8, hidden=12, layers=1)
    reader = SourceSettings(width=8, layers=1, heads=1, query=4) if source else None
    return MotifGenerator(Vocabulary(MOTIFS), network, max_atoms=12, source=reader).eval()


def call(*arguments: object) -> str:
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert done.exit_code == 0, f"{done.output}\n{done.exception!r}"
    return done.output


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MOLGAN_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    make(source=False).save(tmp_path / "prior" / "weights")
    make(source=True).save(tmp_path / "reader" / "weights")
    (tmp_path / "actives.smi").write_text("\n".join([*ORIGIN[:12], ORIGIN[0], "C[Pt]C", "nothing", "CCCCCCCCCCCCCC"]))
    (tmp_path / "from.smi").write_text("\n".join(ORIGIN))
    (tmp_path / "to.smi").write_text("\n".join(TARGET))
    (tmp_path / "translate.yaml").write_text(
        "data: {from: from.smi, to: to.smi}\n"
        "generator: {weights: reader}\n"
        f"out: {tmp_path / 'translated'}\n"
        "translate:\n"
        "  rounds: 1\n  real: 40\n  fake: 40\n  sources: 8\n  draws: 8\n  similarity: 0.0\n"
        "  critic: {epochs: 1, batch_size: 16}\n  fit: {steps: 2, batch_size: 4}\n"
    )
    return tmp_path


def test_adapted_weights_are_taken_like_any_other(folder: Path) -> None:
    said = call("adapt", "actives.smi", "adapt.epochs=2", "-o", "adapted", "--weights", "prior")
    assert "2 cannot be written by these weights" in said and "C[Pt]C (" in said and "nothing (" in said
    assert "weights: adapted/weights" in said
    about = json.loads((folder / "adapted" / "weights.json").read_text())["about"]
    assert about["adapted"]["learned"] == 13 and about["adapted"]["repeated"] == 1
    assert sum(about["adapted"]["unsaid"].values()) == 2 and about["adapt"]["method"] == "likelihood"
    generator = load_any(folder / "adapted", raw=True)
    assert isinstance(generator, MotifGenerator) and generator.max_atoms == 14, "that of the largest molecule"
    call("sample", "-n", 3, "--weights", "adapted", "-o", "samples.smi")
    assert len((folder / "samples.smi").read_text().splitlines()) == 3
    before = (folder / "adapted" / "weights.safetensors").read_bytes()
    (folder / "adapt.yaml").write_text(
        "data: {train: actives.smi}\ngenerator: {weights: prior}\nadapt: {epochs: 2}\nout: again\n"
    )
    call("train", "adapt.yaml")
    assert (folder / "again" / "weights.safetensors").read_bytes() == before, "the configuration does the same"


def test_what_adaptation_is_not_for_is_one_line(folder: Path) -> None:
    (folder / "adapt.yaml").write_text("data: {train: actives.smi}\ngenerator: {weights: prior}\nadapt: {}\n")
    with pytest.raises(ConfigError, match=r"adapt: takes the few molecules of `data\.train`; do `pretrain`"):
        load_training(folder / "adapt.yaml", ["pretrain={}"])
    with pytest.raises(ConfigError, match=r"adapt\.method: input should be 'likelihood', 'adversarial' or 'both'"):
        load_training(folder / "adapt.yaml", ["adapt.method=gan"])
    (folder / "few.smi").write_text("CCO\nCCN\n")
    done = CliRunner().invoke(app, ["adapt", "few.smi", "--weights", "prior"])
    assert done.exit_code == 2 and "at least 5 distinct ones are needed" in done.output
    (folder / "bad.smi").write_text("\n".join([*ORIGIN[:6], "CC(C)OP(C)(F)=O"]))
    done = CliRunner().invoke(app, ["adapt", "bad.smi", "--weights", "prior"])
    assert done.exit_code == 2 and "molecule 7, which the filter 'misuse' rejects" in done.output


def test_a_translation_is_trained_and_translates(folder: Path) -> None:
    config = load(folder / "translate.yaml")
    assert isinstance(config, TranslationConfig) and config.data.origin == folder / "from.smi"
    assert "valid training of a generator" in call("check", "translate.yaml")
    call("train", "translate.yaml")
    again = load(folder / "translated" / "config.yaml")
    assert again.data == config.data, "what is written loads as the same"
    about = json.loads((folder / "translated" / "weights.json").read_text())["about"]
    assert len(about["rounds"]) == 1 and about["rounds"][0]["taught"] > 0
    assert str(folder) not in json.dumps(about)
    text = "\n".join([f"{ORIGIN[0]} first", f"{ORIGIN[1]}.Cl salt", "C[Pt]C metal"])
    (folder / "molecules.smi").write_text(text)
    options = ["--weights", "translated", "--budget", 128]
    call("translate", "molecules.smi", "-n", 4, *options, "-o", "out.csv", "--report", "out.html")
    table = pandas.read_csv("out.csv")
    assert table["source"].tolist() == ["first"] * 4 + ["salt", "metal"]
    assert table["error"].isna().tolist() == [True] * 4 + [False] * 2
    assert (folder / "out.html").stat().st_size > 1000
    found = molgan.translate([ORIGIN[0]], folder / "translated", n=4, budget=128)
    assert found["smiles"].tolist() == table["smiles"].tolist()[:4]
    from molgan.models.critics.critic_kinds import load_critic

    logits = load_critic(folder / "translated" / "critic").score(found["smiles"].tolist())
    assert (np.diff(logits) <= 1e-4).all(), "best first by the critic"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("data.from=few.smi", "data.from: 3 molecules; a critic needs at least 40"),
        ("data.to=from.smi", "50 molecules are in both, such as"),
        ("generator.weights=prior", "they cannot read a molecule"),
    ],
)
def test_what_cannot_be_translated_is_refused_with_the_reason(folder: Path, change: str, message: str) -> None:
    (folder / "few.smi").write_text("CCO\nCCN\nCCC\n")
    done = CliRunner().invoke(app, ["train", "translate.yaml", change])
    assert done.exit_code == 2 and message in done.output


def test_weights_that_were_not_taught_to_translate_are_refused(folder: Path) -> None:
    done = CliRunner().invoke(app, ["translate", "from.smi", "--weights", "reader"])
    assert done.exit_code == 2 and "they have not learned to translate" in done.output
    with pytest.raises(ConfigError, match=r"'form' is not a key here, did you mean 'from'"):
        load(folder / "translate.yaml", ["data.form=x.smi"])
