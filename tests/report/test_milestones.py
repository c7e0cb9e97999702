from pathlib import Path

from molgan.report import write_report
from molgan.report.milestones import milestones

from .page import read_page


def _row(step: int, best: float, smiles: str) -> dict[str, object]:
    return {"stage": "optimize", "step": step, "best": best, "best_smiles": smiles}


def test_only_what_was_better_than_all_before_is_a_milestone() -> None:
    rows = [_row(1, 0.2, "C"), _row(2, 0.2, "CC"), _row(3, 0.1, "CCC"), _row(4, 0.5, "CO"), {"step": 5, "best": 0.9}]
    assert [(one.step, one.score) for one in milestones(rows)] == [("1", "0.200"), ("4", "0.500")]
    assert all(one.drawing for one in milestones(rows))


def test_the_first_the_last_and_the_largest_gains_are_kept() -> None:
    scores = [0.1, 0.11, 0.5, 0.51, 0.52, 0.9, 0.91]
    rows = [_row(step, score, "C" * (step + 1)) for step, score in enumerate(scores)]
    assert [one.step for one in milestones(rows, most=4)] == ["0", "2", "5", "6"]


def test_the_report_draws_them(run: Path) -> None:
    import json

    with (run / "metrics.jsonl").open("a") as file:
        file.writelines(json.dumps(_row(step, step / 10, "C" * step)) + "\n" for step in (1, 2, 3))
    page = read_page(write_report(run))
    assert "The best molecule over time" in page.text
    assert "at 3 score 0.300" in page.text
