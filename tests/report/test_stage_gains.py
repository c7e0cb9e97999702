"""What the stages have bought, as rows of text."""

import json
from pathlib import Path
from typing import Any

import pytest

from molgan.report import write_report
from molgan.report.stage_gains import COLUMNS, read_gains

from .page import read_page

PRIOR = {"passed": 0.5, "score": 0.25, "fcd": 1.25, "diversity": 0.875, "plausible": 1, "distinct": 1}
STAGES: dict[str, Any] = {
    "adversarial": {"seconds": 30.0, "critic": {"auc": 0.6123}},
    "reinforce": {"seconds": 300.0},
    "evaluation": {
        "seconds": 1.0,
        "samples": 1000,
        "sets": {"data": PRIOR | {"fcd": None}, "prior": PRIOR, "adversarial": PRIOR, "reinforce": PRIOR},
    },
}


def test_a_row_for_each_set_with_the_time_of_its_stage() -> None:
    gains = read_gains(STAGES)
    assert gains is not None and (gains.samples, gains.critic) == (1000, "0.612")
    rows = dict(gains.rows)
    assert rows["Generator at the start"] == ["50.0 %", "0.250", "1.25", "0.875", "100.0 %", "100.0 %", ""]
    assert rows["Training data"][COLUMNS.index("FCD to the data")] == "\N{EN DASH}"
    assert [cells[-1] for _, cells in gains.rows] == ["", "", "30 s", "5.0 min"]


@pytest.mark.parametrize(
    "damaged",
    [{}, {"evaluation": None}, {"evaluation": {"samples": 0, "sets": {}}}, {"evaluation": {"sets": {"a": 1}}}],
)
def test_without_figures_there_are_none(damaged: dict[str, Any]) -> None:
    assert read_gains(damaged) is None


def test_the_page_has_a_section_only_where_there_is_something_to_say(run: Path) -> None:
    assert "What each stage has bought" not in read_page(write_report(run)).text
    manifest = json.loads((run / "manifest.json").read_text())
    (run / "manifest.json").write_text(json.dumps(manifest | {"stages": STAGES}))
    text = read_page(write_report(run)).text
    assert "After reinforcement learning 50.0 % 0.250 1.25 0.875 100.0 % 100.0 % 5.0 min" in text
    assert "area under the ROC curve of 0.612" in text and "up to 3.2 %" in text
