"""A campaign that aims at what is not handed out is refused before any work, and says so where the filter is off."""

import json
from pathlib import Path

import pandas
import pytest

from molgan.base.errors import ConfigError
from molgan.campaign import run
from molgan.campaign.check import check_campaign
from molgan.config import load_config

AGENT = "OCCSCCO"  # of schedule 2
CLEAN = "CCO"


def similar(smiles: str, how: str = "", scorer: str = "similarity", key: str = "smiles") -> str:
    return f"objective.components=[{{scorer: {scorer}, parameters: {{{key}: ['{smiles}']}}{how}}}, {{scorer: qed}}]"


@pytest.mark.parametrize("work", [run, check_campaign])
@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        ([similar(AGENT)], "objective: similarity rewards similarity to molecule 1 .*CWC schedule 2: B.13"),
        (
            [similar(AGENT, ", transform: {name: double_sigmoid, low: 0.3, high: 0.6}")],
            "objective: similarity rewards similarity",
        ),
        ([similar(AGENT, scorer="substructure", key="smarts")], "objective: substructure rewards similarity"),
        (["optimize={budget: 20, start: ['CCO', 'OCCSCCO']}", "sample="], "optimize.start: molecule 2"),
        (["optimize={budget: 20, analogues: {of: 'OCCSCCO'}}", "sample="], "optimize.analogues.of: molecule 1"),
    ],
)
def test_an_aim_at_an_agent_is_refused_with_the_reason(work, configure, overrides: list[str], told: str) -> None:
    config = configure(*overrides)
    with pytest.raises(ConfigError, match=told) as error:
        work(config)
    assert "\n" not in str(error.value) and AGENT not in str(error.value)
    assert not config.folder.exists()


def test_a_file_of_molecules_to_be_like_is_read(configure, tmp_path: Path) -> None:
    (tmp_path / "known.smi").write_text(f"{CLEAN}\n{AGENT}\n")
    part = f"{{scorer: applicability_domain, parameters: {{training: {tmp_path / 'known.smi'}}}}}"
    with pytest.raises(ConfigError, match="applicability_domain rewards similarity to molecule 2"):
        run(configure(f"objective.components=[{part}]"))


@pytest.mark.parametrize(
    "overrides",
    [
        [similar(CLEAN)],
        [similar(AGENT, ", transform: {name: reverse_sigmoid, low: 0.2, high: 0.5}")],
        [similar(AGENT, ", weight: 0, transform: {name: reverse_sigmoid, low: 0.2, high: 0.5}")],
        [similar(AGENT), "misuse=false"],
        [similar(AGENT), "filters=[{filter: misuse, lists: [schedule_1]}]"],
    ],
)
def test_another_aim_passes(configure, overrides: list[str]) -> None:
    from molgan.campaign.refuse_misuse import refuse_misuse

    refuse_misuse(configure(*overrides))


def test_what_is_rejected_is_counted_and_not_spelled_out(finished: Path) -> None:
    manifest = json.loads((finished / "manifest.json").read_text())
    assert manifest["misuse"]["filter"] is True and "schedule_1" in manifest["misuse"]["lists"]
    rejected = pandas.read_csv(finished / "rejected.csv")
    theirs = rejected[rejected["stage"] == "misuse"]
    counts = {row["stage"]: row for row in json.loads((finished / "funnel.json").read_text())}["misuse"]
    assert len(theirs) == counts["entered"] - counts["kept"] > 0
    assert theirs["smiles"].isna().all() and theirs["id"].notna().all()
    assert rejected[rejected["stage"] != "misuse"]["smiles"].notna().all()
    assert f"it rejected {len(theirs)}, which" in (finished / "report.html").read_text()


def test_a_run_without_the_filter_says_so(home: Path, tmp_path: Path) -> None:
    overrides = [f"out={tmp_path / 'run'}", "misuse=false", "adversarial=", "reinforce=", "sample={n: 10, round: 10}"]
    run(load_config(home / "mini.yaml", overrides))
    assert json.loads((tmp_path / "run" / "manifest.json").read_text())["misuse"] == {"filter": False, "lists": []}
    assert "switched off in the configuration" in (tmp_path / "run" / "report.html").read_text()
