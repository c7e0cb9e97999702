"""A campaign whose scores stay 0 says so."""

from molgan.campaign.watched_objective import WatchedObjective
from molgan.scoring.objective import Objective
from molgan.scoring.settings import ObjectiveSettings


def watch(high: float) -> tuple[WatchedObjective, list[str]]:
    transform = {"name": "right_step", "high": high}
    settings = ObjectiveSettings.model_validate({"components": [{"scorer": "mw", "transform": transform}]})
    messages: list[str] = []
    return WatchedObjective(Objective(settings), messages.append), messages


def test_scores_that_stay_0_are_told_now_and_then() -> None:
    objective, messages = watch(high=900)
    for _ in range(6):
        assert objective.reward(["CCO", "CCN", None] * 100).tolist() == [0.0] * 300
    assert len(messages) == 1
    assert messages[0].startswith("none of 600 molecules has a score above 0 (means of the last by component: mw 0.00)")
    for _ in range(2):
        objective.reward(["CCO"] * 300)
    assert len(messages) == 2


def test_a_score_above_0_is_no_news() -> None:
    objective, messages = watch(high=46)
    objective.reward(["CCO", *["CCN"] * 2000])
    objective.reward(["CCN"] * 2000)
    assert messages == []
