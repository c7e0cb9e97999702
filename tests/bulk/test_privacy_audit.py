"""An audit of an over-fitted generator finds what it leaks, resumes, and refuses what it cannot compare."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from molgan.base.errors import InputError
from molgan.bulk import privacy_audit
from molgan.bulk.planted_file import plant
from molgan.bulk.privacy_audit import AuditRequest, audit
from molgan.chem.molecule import parse
from molgan.cli import app
from molgan.evaluation.exposure import CHANCE
from molgan.evaluation.privacy_figures import Audit, AuditLimits
from molgan.graphs.motif.actions import Vocabulary
from molgan.graphs.motif.motif_data import prepare
from molgan.models.motif.motif_generator import MotifGenerator
from molgan.models.settings import MotifNetworkSettings
from molgan.training.prior.pretrain import pretrain
from molgan.training.settings import PretrainSettings

MOTIFS = ("C", "O", "N", "F", "c1ccccc1", "C1CCNCC1")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights `start`, a hundred molecules of theirs to train on with four canaries, a hundred others, and weights
    `learned`, trained on the former far too long."""
    folder = tmp_path_factory.mktemp("audited")
    torch.manual_seed(0)
    start = MotifGenerator(Vocabulary(MOTIFS), MotifNetworkSettings(embedding=16, hidden=48, layers=1), max_atoms=14)
    start.eval().save(folder / "start" / "weights")
    canonical = [str(parse(one.smiles).smiles) for one in start.sample(900, seed=1) if len(one.smiles) > 4]
    drawn = list(dict.fromkeys(canonical))[:200]
    (folder / "members.smi").write_text("\n".join(drawn[:100]) + "\n")
    (folder / "others.smi").write_text("\n".join(drawn[100:]) + "\n")
    plant(
        folder / "members.smi", folder / "planted", column=None, number=4, times=[8], references=60,
        weights=folder / "start", seed=3,
    )  # fmt: skip
    data = prepare(folder / "planted" / "train.smi", folder / "cache", least_count=10**9, vocabulary=start.vocabulary)
    settings = PretrainSettings(epochs=40, batch_size=20, learning_rate=0.01, warmup=5, bf16=False)
    pretrain(start, data, settings, seed=0)
    start.save(folder / "learned" / "weights")
    return folder


def request(folder: Path, **changes: object) -> AuditRequest:
    fields = {
        "weights": folder / "learned",
        "training": folder / "planted" / "train.smi",
        "holdout": folder / "others.smi",
        "base": folder / "start",
        "canaries": folder / "planted" / "canaries.csv",
        "samples": 150,
        "molecules": 100,
        "references": 100,
    }
    return AuditRequest(**{**fields, **changes})  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def found(folder: Path) -> Audit:
    """The audit by the command line, which ends with 3 where a limit is broken."""
    given = request(folder)
    words = ["audit", "--weights", str(given.weights), "--train", str(given.training), "--base", str(given.base)]
    words += ["--holdout", str(given.holdout), "--canaries", str(given.canaries), "-n", "150", "--molecules", "100"]
    words += ["--references", "100", "--most-auc", "0.6", "--most-exposure", "20", "-o", str(folder / "out")]
    ended = CliRunner().invoke(app, words)
    assert ended.exit_code == 3, ended.output
    assert "Limit broken: AUC of the best attack" in ended.output
    assert sorted(each.name for each in (folder / "out").iterdir()) == ["audit.html", "audit.json"]
    return audit(given, AuditLimits(auc=0.6, exposure=20), folder / "again")


def test_an_overfitted_generator_fails(found: Audit) -> None:
    attacks = {attack.name: attack for attack in found.attacks}
    for name in ("likelihood", "likelihood_ratio"):
        area = attacks[name].auc
        assert area is not None and area.low > 0.7
    assert attacks["critic"].auc is None and attacks["critic"].note
    assert found.near.excess is not None and found.near.excess.low > 0
    assert found.exact.ratio is not None and found.exact.ratio.low > 1
    assert [(limit.option, limit.is_broken) for limit in found.limits] == [
        ("--most-auc", True),
        ("--most-exposure", False),
    ]


def test_its_canaries_are_exposed(found: Audit) -> None:
    by_likelihood, by_ratio = found.canaries
    (planted,) = by_likelihood.exposures
    assert (planted.times, planted.canaries) == (8, 4) and planted.mean.value > 0.7 * by_likelihood.highest
    assert by_ratio.exposures[0].mean.value > CHANCE


def test_the_same_seed_gives_the_same_figures_and_the_page_tells_them(found: Audit, folder: Path) -> None:
    told = json.loads((folder / "out" / "audit.json").read_text())
    assert told == json.loads(json.dumps(found.to_json()))
    page = (folder / "out" / "audit.html").read_text()
    assert "broken" in page and "likelihood ratio to the base" in page and "Canaries" in page


def test_weights_that_have_not_seen_the_data_keep_the_limits(folder: Path) -> None:
    innocent = request(folder, weights=folder / "start", base=folder / "learned", canaries=None, samples=60)
    kept = audit(innocent, AuditLimits(auc=1.0), folder / "innocent")
    area = next(attack.auc for attack in kept.attacks if attack.name == "likelihood")
    assert area is not None and area.low < 0.5 < area.high


def test_an_interrupted_audit_goes_on_where_it_stopped(
    found: Audit, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = AuditLimits(auc=0.6, exposure=20)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(privacy_audit, "open_critic_score", _interrupt)
        audit(request(folder), limits, folder / "broken")
    monkeypatch.setattr(MotifGenerator, "sample", _interrupt)  # all samples are there already
    monkeypatch.setattr("molgan.models.nll.NllMeter.__call__", _interrupt)
    assert audit(request(folder), limits, folder / "broken").to_json() == found.to_json()
    assert not (folder / "broken").exists()


def _interrupt(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def _write_few(folder: Path) -> AuditRequest:
    (folder / "few.smi").write_text("CCO\nCCN\n")
    return request(folder, holdout=folder / "few.smi")


def _write_overlap(folder: Path) -> AuditRequest:
    both = (folder / "others.smi").read_text() + "\n".join((folder / "members.smi").read_text().split()[:5])
    (folder / "both.smi").write_text(both + "\n")
    return request(folder, holdout=folder / "both.smi", references=200)


@pytest.mark.parametrize(
    ("make", "fault"),
    [
        (_write_few, "2 distinct molecules; an audit needs at least 20"),
        (_write_overlap, "5 of 105 molecules looked at are in the training file.*--drop-overlap"),
        (lambda folder: request(folder, base=folder / "learned"), "are the audited weights"),
        (lambda folder: request(folder, canaries=folder / "members.smi"), "canar"),
        (lambda folder: request(folder, holdout=None), "give --holdout"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_one_line(
    folder: Path, tmp_path: Path, make: Callable[[Path], AuditRequest], fault: str
) -> None:
    with pytest.raises(InputError, match=fault) as caught:
        audit(make(folder), AuditLimits(auc=0.6), tmp_path / "parts")
    assert "\n" not in str(caught.value)
