"""Runs the easier stages of a curriculum before the campaign's own objective."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from molgan.campaign.stages.stage import Stage
from molgan.campaign.watched_objective import WatchedObjective
from molgan.training.reporter import Reporter
from molgan.training.settings import CurriculumStageSettings

S = TypeVar("S", bound=CurriculumStageSettings)
M = TypeVar("M")

Lesson = Callable[[int, S, WatchedObjective, list[M], Reporter], list[M]]
"""Called with the number of a lesson, from 1, its settings, its objective, the molecules that the lesson before hands
over, and a reporter; returns the molecules of this one, best first."""


def run_curriculum(stage: Stage, lessons: Sequence[S], teach: Lesson[S, M]) -> list[M]:
    """Run the lessons of a stage in order; returns what the last one hands over, at most `carry` molecules.

    The rows of a lesson in metrics.jsonl have the name of the stage with the lesson's number, "reinforce 1".
    """
    work, carried = stage.work, list[M]()
    if lessons:
        work.objective.close()  # whose actors make room for those of the lessons
    for number, lesson in enumerate(lessons, 1):
        with work.open_objective(lesson.objective) as objective:
            watched = WatchedObjective(objective, work.progress.message)
            with stage.report(f"{stage.name} {number}", components=watched.components) as report:
                carried = teach(number, lesson, watched, carried, report)[: lesson.carry]
    if lessons:
        work.objective.open()
    return carried
