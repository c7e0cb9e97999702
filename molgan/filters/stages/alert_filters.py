"""Filters of structural alerts, by the alert scorers. The reason is the alert's name."""

from collections.abc import Sequence
from typing import ClassVar

from molgan.chem.molecule import Molecule
from molgan.filters.filter import Filter, Verdict, decide
from molgan.filters.shared_descriptors import make_batch
from molgan.scoring.base import Scorer
from molgan.scoring.scorers.alerts import BRENK, PAINS


class Alerts(Filter):
    """Keeps molecules without a hit of an alert scorer."""

    scorer: ClassVar[type[Scorer]]

    def _accept(self, molecules: Sequence[Molecule]) -> Verdict:
        scores = self.scorer()(make_batch(molecules))
        reasons = [
            f"no {self.name}: {error}" if error is not None else (note or "alert") if value else None
            for value, error, note in zip(scores.values.tolist(), scores.errors, scores.notes, strict=True)
        ]
        return decide(reasons)


class PAINSFilter(Alerts):
    name = "pains"
    summary = "No pan-assay interference alert (PAINS A, B and C)"
    scorer = PAINS


class BRENKFilter(Alerts):
    name = "brenk"
    summary = "No unwanted functionality (Brenk)"
    scorer = BRENK
