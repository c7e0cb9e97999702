"""Rounds: components that cost little are asked first, and costly ones only about molecules that no veto has met.

REINVENT4 masks molecules so: H. H. Loeffler et al., J. Cheminform. 16, 20 (2024).
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from molgan.scoring.base import NotAsked, Scores
from molgan.scoring.batch import Batch
from molgan.scoring.component import Component
from molgan.scoring.cost_class import Cost

Floats = NDArray[np.float64]
Ask = Callable[[Sequence[Component], Batch], dict[str, Scores]]
"""A function that asks some components about some molecules: the scores by component."""


def plan_rounds(components: Iterable[Component], vetoing: Collection[str]) -> list[list[Component]]:
    """The components in the order in which they are asked, those of one round together.

    What this process computes comes first, then what can veto, by the class of its cost and the order given, then the
    rest. A round ends where a veto can save the next one calls. Components that read one call are asked together.
    """
    ordered = sorted(components, key=lambda c: (c.cost > Cost.COMPUTED and c.name not in vetoing, c.cost))
    rounds: list[list[Component]] = []
    for component in ordered:
        if (shared := _find_shared(component, rounds)) is not None:
            shared.append(component)
        elif rounds and _need_not_wait(component, rounds[-1], vetoing):
            rounds[-1].append(component)
        else:
            rounds.append([component])
    return rounds


def ask_in_rounds(
    rounds: Sequence[Sequence[Component]], vetoing: Collection[str], batch: Batch, ask: Ask
) -> tuple[dict[str, Scores], dict[str, Floats]]:
    """The scores and the transformed values [n] of the components, by their names, of all rows of `batch`.

    A component is not asked about a molecule for which a component of an earlier round has made the total 0: its value
    is NaN, also where a cache has it, with the reason `not asked: <component> is 0`.
    """
    scores: dict[str, Scores] = {}
    transformed: dict[str, Floats] = {}
    causes: list[str | None] = [None] * len(batch.distinct)
    for components in rounds:
        left = np.array([cause is None for cause in causes], dtype=np.bool_)
        asked = batch.find_rows(left)
        found = ask(components, batch if left.all() else batch.take_rows(asked))
        for component in components:
            name = component.name
            scores[name] = found[name] if left.all() else _spread(batch, asked, found[name], causes)
            transformed[name] = np.where(asked, component.transform_values(scores[name].values, batch), np.nan)
            if name in vetoing:
                for position in batch.place[transformed[name] == 0].tolist():
                    causes[position] = causes[position] or name
    return scores, transformed


def _find_shared(component: Component, rounds: Iterable[list[Component]]) -> list[Component] | None:
    """The round with a component that reads the same call."""
    key = component.scorer.call_key
    return next((each for each in rounds if key is not None and any(c.scorer.call_key == key for c in each)), None)


def _need_not_wait(component: Component, earlier: Iterable[Component], vetoing: Collection[str]) -> bool:
    """Whether an earlier round can save the component no call, or its calls cost next to nothing."""
    return component.cost == Cost.COMPUTED or not any(each.name in vetoing for each in earlier)


def _spread(batch: Batch, asked: NDArray[np.bool_], part: Scores, causes: Sequence[str | None]) -> Scores:
    """The scores of all rows from those of the rows that were `asked` [n] about."""
    count = len(batch.molecules)
    values = np.full(count, np.nan)
    values[asked] = part.values
    errors: list[str | None] = [None] * count
    notes: list[str | None] = [None] * count
    for row, error, note in zip(np.flatnonzero(asked).tolist(), part.errors, part.notes, strict=True):
        errors[row], notes[row] = error, note
    left_out = np.flatnonzero(~asked)
    for row, position in zip(left_out.tolist(), batch.place[left_out].tolist(), strict=True):
        errors[row] = NotAsked.because(str(causes[position]))
    distinct = len(set(batch.place[left_out].tolist()))
    repeated = part.counts.repeated + len(left_out) - distinct
    return Scores(values, errors, notes, replace(part.counts, given=count, repeated=repeated, not_asked=distinct))
