"""A process that scores: its setup names the scorers, `{column: [name, parameters]}`.

A question is `[texts, SMILES, columns]`, of molecules as they are written and their canonical SMILES; the answer is
`{column: [[value or null, error or null, note or null], …]}`.
"""

import math
from collections.abc import Callable
from typing import Any

from molgan.base.serve import serve
from molgan.scoring.base import spread
from molgan.scoring.registry import get_scorer
from molgan.scoring.scoring_job import read_batch

Row = tuple[float | None, str | None, str | None]


def main() -> None:
    """Answer until stdin ends."""
    serve(prepare)


def prepare(setup: dict[str, tuple[str, dict[str, Any]]]) -> Callable[[Any], dict[str, list[Row]]]:
    """A function that answers questions with the scorers. Raises ConfigError for a scorer that cannot be built."""
    scorers = {column: get_scorer(name, **parameters) for column, (name, parameters) in setup.items()}

    def answer(question: tuple[list[str], list[str], list[str]]) -> dict[str, list[Row]]:
        texts, smiles, columns = question
        batch = read_batch(texts, smiles)
        scores = {column: spread(batch, scorers[column].score_fresh(batch.distinct)) for column in columns}
        return {column: [_row(*score) for score in rows] for column, rows in scores.items()}

    return answer


def _row(value: float, error: str | None, note: str | None) -> Row:
    return (None if math.isnan(value) else value), error, note


if __name__ == "__main__":
    main()
