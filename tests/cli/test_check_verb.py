"""`molgan check` runs nothing of others, and finds what a run would die of."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from molgan.cli import app

EVIL = "from pathlib import Path\nPath({0!r}).write_text('run')\ndef s(smiles: str) -> float:\n    return 1.0\n"


def check(path: Path, *arguments: object) -> Result:
    return CliRunner().invoke(app, ["check", str(path), *map(str, arguments)])


@pytest.fixture
def campaign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MOLGAN_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.smi").write_text("c1ccccc1\n")
    path = tmp_path / "campaign.yaml"
    path.write_text(
        "data: {train: train.smi}\nobjective: {components: [{scorer: qed}]}\nsample: {n: 10}\nfilters: [valid]\n"
    )
    return path


def test_a_strangers_code_is_listed_with_its_hash_and_not_run(campaign: Path) -> None:
    mark = campaign.parent / "mark"
    (campaign.parent / "evil.py").write_text(EVIL.format(str(mark)))
    campaign.write_text(campaign.read_text().replace("{scorer: qed}", "{scorer: evil.py:s}"))
    result = check(campaign)
    assert result.exit_code == 0, result.output
    assert "valid as far as it goes without its code" in result.output
    assert "\n  evil.py\n    sha256 " in result.output and str(campaign.parent / "evil.py") in result.output
    assert not mark.exists()


def test_the_rest_is_checked_all_the_same(campaign: Path) -> None:
    text = campaign.read_text().replace("{scorer: qed}", "{scorer: evil.py:s}")
    (campaign.parent / "evil.py").write_text("raise SystemExit('imported')\n")
    campaign.write_text(text.replace("n: 10", "m: 10"))
    result = check(campaign)
    assert result.exit_code == 2 and "'m' is not a key here" in result.output
    campaign.write_text(text)
    (campaign.parent / "train.smi").write_text("nonsense\n")
    result = check(campaign)
    assert result.exit_code == 2 and "none of its first 1,000 rows is a molecule (line 1: not a SMILES" in result.output


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("out=/proc/x", "cannot be written"),
        ("out=$HOME/x", "variables such as $HOME are not put in"),
        ("out=ftp://127.0.0.1:9/x", "ftp://127.0.0.1:9/x: cannot be reached"),
        ("out=nothing://x", "nothing://x"),
        ("objective.components.0.weight=1e308", "less than or equal to 1000000"),
        ("objective.components.0.weight=true", "weight: input should be a number, not True"),
        ("sample.n=true", "sample.n: input should be a number, not True"),
        ("seed=true", "seed: input should be a number, not True"),
        (f"data.train={'a' * 5000}", "File name too long"),
        (f"out={'a' * 5000}", "cannot be written"),
        (f"generator.weights=x/{'a' * 5000}", "File name too long"),
    ],
)
def test_what_a_run_would_die_of_is_found(campaign: Path, override: str, told: str) -> None:
    result = check(campaign, override)
    assert result.exit_code == (4 if "reached" in told else 2), result.output  # 4: storage failed
    assert told in result.output and "Traceback" not in result.output


def test_a_home_is_put_in(campaign: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = campaign.parent / "home"
    home.mkdir()
    (home / "train.smi").write_text("CCO\n")
    monkeypatch.setenv("HOME", str(home))
    campaign.write_text(campaign.read_text().replace("train.smi", "~/train.smi"))
    from molgan.config import load_config

    config = load_config(campaign, ["out=~/run", "objective.cache=~/scores.sqlite"])
    assert config.data.train == home / "train.smi" and config.folder == home / "run"
    assert config.objective.cache == home / "scores.sqlite"


def test_nothing_is_left_by_a_check(campaign: Path) -> None:
    check(campaign, "out=/proc/x")
    (campaign.parent / "evil.py").write_text("")
    check(campaign, "objective.components.0.scorer=evil.py:s")
    assert sorted(path.name for path in campaign.parent.iterdir()) == ["campaign.yaml", "evil.py", "train.smi"]


def test_with_trust_it_runs_and_so_do_the_other_verbs_which_say_so(campaign: Path) -> None:
    mark = campaign.parent / "mark"
    (campaign.parent / "evil.py").write_text(EVIL.format(str(mark)))
    campaign.write_text(campaign.read_text().replace("{scorer: qed}", "{scorer: evil.py:s}"))
    result = check(campaign, "--trust")
    assert result.exit_code == 0 and "valid campaign" in result.output, result.output
    assert mark.exists()
    (campaign.parent / "a.smi").write_text("CCO\n")
    for arguments in (["score", "a.smi", "--config"], ["filter", "a.smi", "-o", "filtered", "--config"]):
        result = CliRunner().invoke(app, [*arguments, str(campaign)])
        assert result.exit_code == 0 and "runs code: evil.py\n" in result.stderr, result.output
