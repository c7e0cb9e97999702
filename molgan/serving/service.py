"""Scores, filters and samples for the clients of a server: a row of JSON values for each molecule."""

from __future__ import annotations

import math
import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from molgan.chem.molecule import Molecule, parse
from molgan.filters.funnel import Funnel
from molgan.filters.passage import Passage
from molgan.filters.stages.novelty import open_secret_lists
from molgan.scoring.batch import Batch
from molgan.scoring.crew import Crew
from molgan.scoring.objective import Objective
from molgan.serving.served import Served

Row = dict[str, Any]
"""The values of a molecule by column; None for what is missing."""


class Service:
    """Answers requests by what is `served`. One thread may score and filter while another samples.

    `close`, or the end of a `with` block, ends the processes that score. `components` are names and units of the
    columns of scores.
    """

    def __init__(self, served: Served, crew: Crew | None = None) -> None:
        """Raises ConfigError for a scorer or filter that cannot be built."""
        self.served = served
        self.objective = Objective(served.objective, crew)
        self.funnel = None if served.filters is None else Funnel(served.filters)
        open_secret_lists([] if self.funnel is None else self.funnel.filters)

    def __enter__(self) -> Service:
        """Load the reference sets of the filters, which may take minutes when they are not in the cache on disk."""
        self.objective.__enter__()
        if self.funnel is not None:
            passage = self.funnel.begin_passage()
            passage.add(["OCCc1ccccc1"], self._compute_no_scores)
            passage.collect_result()
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def close(self) -> None:
        """End the processes that score."""
        self.objective.close()

    @property
    def is_relative(self) -> bool:
        """Whether the score of a molecule depends on those that are scored with it."""
        return self.served.objective.aggregation == "pareto"

    @property
    def components(self) -> dict[str, str]:
        return {component.name: component.scorer.unit for component in self.objective.components}

    def score(self, items: Sequence[object]) -> list[Row]:
        """A row for each item, which is a SMILES where it is text: `smiles` as given, `score`, the raw and the
        transformed value of each component, `error`. Raises RunError where the crew or the cache cannot go on."""
        table = self.objective([_as_input(item) for item in items])
        columns: dict[str, Sequence[Any]] = {"smiles": [_as_given(item) for item in items]}
        columns["score"] = _as_json(table.total)
        columns |= {name: _as_json(values) for name, values in table.raw.items()}
        columns |= {f"{name}_score": _as_json(values) for name, values in table.transformed.items()}
        columns["error"] = table.errors
        return _as_rows(columns)

    def begin_filter(self) -> Passage:
        """A passage for the molecules of one request; they are compared with each other alone."""
        assert self.funnel is not None  # only a campaign has the route
        return self.funnel.begin_passage()

    def judge(self, passage: Passage, items: Sequence[object]) -> None:
        """Pass items on through the filters. Raises RunError as `score` does."""
        passage.add([self._standardise(item) for item in items], lambda some: self.objective(some).to_frame())

    def tell(self, passage: Passage, items: Sequence[object], late: str) -> dict[str, Any]:
        """`rows`, one for each item: `smiles` as given, `kept`, `stage` and `reason` of a rejection, `duplicate_of`,
        the number of the row that a duplicate equals; and `stages`, the counts. Items that have not been judged have
        `kept` None and the reason `late`."""
        result = passage.collect_result()
        judged = len(result.kept) + len(result.rejected)
        rows: list[Row] = [
            {"smiles": _as_given(item), "kept": True, "stage": None, "reason": None, "duplicate_of": None}
            for item in items
        ]
        for each in result.rejected:
            rows[each.index] |= {"kept": False, "stage": each.stage, "reason": each.reason}
            rows[each.index]["duplicate_of"] = each.duplicate_of
        for row in rows[judged:]:
            row |= {"kept": None, "reason": late}
        stages = [{"stage": count.stage, "entered": count.entered, "kept": count.kept} for count in result.counts]
        return {"rows": rows, "stages": stages}

    def sample(self, n: int, seed: int | None, options: Mapping[str, Any]) -> dict[str, Any]:
        """`rows` with `smiles`, or `error` where there is none; `seed`; `withheld`, the number of molecules that the
        filter `misuse` has rejected. `options` are those of `molgan.sample` that a client may set.

        Raises InputError for what the generator cannot do, WeightsError where its critic accepts hardly any molecule.
        """
        from molgan.models.drawing import draw_molecules

        assert self.served.generator is not None  # only a campaign has the route
        generator = self.served.generator
        seed = secrets.randbelow(2**32) if seed is None else seed
        withheld: Counter[str] = Counter()
        aim = {"targets": generator.targets, "guidance": generator.guidance} if generator.targets else {}
        drawn = draw_molecules(
            n,
            seed=seed,
            weights=generator.weights,
            misuse_filter=self.served.misuse,
            withheld=withheld,
            **{**aim, **options},
        )
        invalid = "an invalid graph of a one-shot generator, or withheld by the filter 'misuse'"
        rows = [{"smiles": smiles, "error": None if smiles is not None else invalid} for smiles in drawn]
        return {"rows": rows, "seed": seed, "withheld": withheld.total()}

    def _standardise(self, item: object) -> Molecule:
        standardize = self.served.standardize
        text = _as_input(item)
        if isinstance(text, Molecule) or standardize is None:
            return text if isinstance(text, Molecule) else parse(text)
        return standardize.standardise(text)

    def _compute_no_scores(self, molecules: Sequence[Molecule]) -> Any:
        """Scores of nothing in the columns of a table, so that no scorer is asked before a client does."""
        table = self.objective([]).to_frame()
        return table.reindex(range(len(molecules)))


def make_late_rows(service: Service, items: Sequence[object], late: str) -> list[Row]:
    """The rows of items that have not been scored, with this reason."""
    names = service.components
    columns = ["smiles", "score", *names, *(f"{name}_score" for name in names), "error"]
    return [dict.fromkeys(columns) | {"smiles": _as_given(item), "error": late} for item in items]


def _as_input(item: object) -> str | Molecule | None:
    """What the scorers get of an item: a molecule with a reason where it is no text."""
    return item if isinstance(item, str) or item is None else Batch.of([item]).molecules[0]


def _as_given(item: object) -> str | None:
    return item if isinstance(item, str) else None


def _as_json(values: np.ndarray) -> list[float | None]:
    return [value if math.isfinite(value) else None for value in values.tolist()]


def _as_rows(columns: Mapping[str, Sequence[Any]]) -> list[Row]:
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
