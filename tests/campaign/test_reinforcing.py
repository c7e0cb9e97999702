"""Reinforcement learning in a campaign: easier objectives first, own molecules in replay; a kill changes nothing."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from molgan.base.errors import ConfigError, InputError
from molgan.campaign import run
from molgan.campaign.check import check_campaign
from molgan.config import CampaignConfig

from .progress import Kill, Killed, Told

Configure = Callable[..., CampaignConfig]
HEAVY = "{components: [{scorer: mw, transform: {name: sigmoid, low: 50, high: 250}}]}"
LESSONS = (
    "adversarial=null",
    "reinforce.steps=2",
    "reinforce.checkpoint_every=1",
    f"reinforce.curriculum=[{{objective: {HEAVY}, steps: 3, carry: 2}}, {{objective: {HEAVY}, target: 0}}]",
    "reinforce.replay_start=['NC(=O)c1ccccc1', 'NCC1CCNCC1', 'NCCCCCCCCCCCCCCCN']",
    "sample.n=12",
)


def test_lessons_come_first_and_a_killed_run_ends_with_the_same_library(configure: Configure, tmp_path: Path) -> None:
    told = Told()
    whole = run(configure(*LESSONS, f"out={tmp_path / 'whole'}"), progress=told).folder
    rows = [json.loads(line) for line in (whole / "metrics.jsonl").read_text().splitlines()]
    steps = [(row["stage"], row["step"]) for row in rows]
    assert steps == [
        *(("reinforce 1", step) for step in (1, 2, 3)), ("reinforce 2", 1), ("reinforce", 1), ("reinforce", 2),
    ]  # fmt: skip
    messages = [text for text in told.messages if text.startswith(("reinforce", "replay"))]
    assert messages[0].startswith("reinforce.replay_start: left out: NCCCCCCCCCCCCCCCN: 17 heavy atoms")
    assert messages[1] == "replay: starts with 2 of 2 molecules, which have a score above 0"
    assert messages[2].endswith("end: steps") and messages[4].endswith("molecules scored, end: target")
    assert messages[3].startswith("replay: starts with") and messages[5].startswith("replay: starts with")

    killed = configure(*LESSONS, f"out={tmp_path / 'killed'}")
    for task in ("reinforce 1", "reinforce 2", "reinforce"):
        with pytest.raises(Killed):
            run(killed, progress=Kill(task, 1))
    run(killed)
    for name in ("library.csv", "rejected.csv", "metrics.jsonl"):
        assert (killed.folder / name).read_bytes() == (whole / name).read_bytes(), name
    run(configure(*LESSONS, "reinforce.steps=1", f"out={tmp_path / 'killed'}"))
    rows = [json.loads(line) for line in (killed.folder / "metrics.jsonl").read_text().splitlines()]
    assert [(row["stage"], row["step"]) for row in rows] == steps[:-1]


def test_own_molecules_that_cannot_be_used_end_a_run_before_any_work(configure: Configure, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"replay_start: 'CCN.Cl': 'CCN.Cl' is a salt"):
        run(configure("reinforce.replay_start=[CCN.Cl]"))
    assert not (tmp_path / "run").exists()
    with pytest.raises(ConfigError, match=r"'c1cc' is not a molecule"):
        configure("reinforce.replay_start=[c1cc]")
    with pytest.raises(ConfigError, match=r"replay_start: has no say with `replay: 0`"):
        configure("reinforce.replay_start=[CCN]", "reinforce.replay=0")


def test_check_names_own_molecules_that_the_generator_cannot_draw(configure: Configure) -> None:
    told = Told()
    check_campaign(configure(*LESSONS), progress=told)
    (left_out,) = [text for text in told.messages if "left out" in text]
    assert left_out.startswith("reinforce.replay_start: left out: NCCCCCCCCCCCCCCCN: 17 heavy atoms")
