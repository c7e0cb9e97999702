"""Compares models trained with and without synthetic molecules, on scaffolds that neither these nor the models saw."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from molgan.base.errors import InputError
from molgan.base.progress import Progress, Silent
from molgan.chem.fingerprints import murcko_scaffold
from molgan.evaluation.bootstrap import Interval
from molgan.evaluation.paired_interval import corrected_interval
from molgan.models.qsar.cross_validation import assign_folds
from molgan.models.qsar.fitting import describe_rows
from molgan.models.qsar.measurements import Measured
from molgan.models.qsar.settings import Target
from molgan.training.augmentation.held_out_figures import DECIDING, measure
from molgan.training.augmentation.rarity import count_wanted, find_rare, find_rare_class
from molgan.training.augmentation.remedies import PLAIN, REMEDIES, SYNTHETIC, Case, fit_rows
from molgan.training.augmentation.settings import AugmentSettings
from molgan.training.augmentation.split_file import SplitResult, read_split, write_split
from molgan.training.augmentation.synthesiser import drop_held_out
from molgan.training.augmentation.synthetic import Synthesis

Make = Callable[[Measured, int, int], Synthesis]
"""Makes synthetic molecules of a part of the data: how many are wanted, and a seed."""

TASK = "splits"


@dataclass(frozen=True)
class Compared:
    """The results of all held-out parts, and how many `folds` a split has."""

    task: Target
    folds: int
    splits: list[SplitResult]

    @property
    def names(self) -> list[str]:
        """The figures."""
        return list(self.splits[0].figures[PLAIN])

    @property
    def made(self) -> float:
        """Synthetic molecules with a label of a training part, on average."""
        return float(np.mean([split.made for split in self.splits]))

    @property
    def dropped(self) -> Counter[str]:
        """Drawn molecules that were not taken, by cause, over all parts."""
        total: Counter[str] = Counter()
        for split in self.splits:
            total.update(split.dropped)
        return +total

    @property
    def reasons(self) -> dict[str, str]:
        """Why something could not be trained on, by its name."""
        return {name: reason for split in self.splits for name, reason in split.reasons.items()}

    def values(self, remedy: str, figure: str) -> NDArray[np.float64]:
        """A figure in all held-out parts, NaN where it could not be computed, or nothing was trained."""
        found = [split.figures.get(remedy, {}).get(figure, np.nan) for split in self.splits]
        return np.array(found, dtype=np.float64)

    def mean(self, remedy: str, figure: str) -> float:
        """The mean over the held-out parts in which the figure could be computed; NaN for none."""
        values = self.values(remedy, figure)
        return float(np.nanmean(values)) if np.isfinite(values).any() else float("nan")

    def difference(self, remedy: str, figure: str, base: str = PLAIN) -> Interval:
        """A figure with a remedy less that of another, part by part, and its 95% interval."""
        return corrected_interval(self.values(remedy, figure) - self.values(base, figure), self.folds)


def check_splits(measured: Measured, settings: AugmentSettings) -> None:
    """Raises InputError where the folds cannot all have the rarer class, or a scaffold."""
    groups = np.array([murcko_scaffold(mol) or f"acyclic {i}" for i, mol in enumerate(measured.mols)])
    rare = find_rare(measured)
    count = len(set(groups.tolist() if rare is None else groups[rare].tolist()))
    if count >= settings.folds:
        return
    whose = (
        "the molecules have" if rare is None else f"the {int(rare.sum())} of class {find_rare_class(measured):g} have"
    )
    number = "one scaffold" if count == 1 else f"{count} scaffolds"
    mend = f"--folds {count}, or molecules" if count > 1 else "molecules"
    raise InputError(f"{whose} {number}, and {settings.folds} parts are to be held out; give {mend} of other scaffolds")


def compare(
    measured: Measured,
    settings: AugmentSettings,
    make: Make,
    *,
    folder: Path | None = None,
    key: str = "",
    progress: Progress | None = None,
) -> Compared:
    """Hold out each part of each split by scaffold once, and train on the rest in all ways.

    Synthetic molecules are made anew of each training part: `make` gets this part and nothing of the other. With a
    `folder` results are kept there, and those with the same `key` are not computed again.
    """
    progress = progress or Silent()
    features = describe_rows(measured.mols, settings.training(settings.seed))
    progress.start(TASK, settings.seeds * settings.folds)
    splits = []
    for seed, number, fold in _list_parts(measured, settings):
        result = None if folder is None else read_split(folder, key, seed, number)
        if result is None:
            result = _hold_out(measured, features, settings, make, seed, number, fold == number)
            if folder is not None:
                write_split(folder, key, result)
        splits.append(result)
        figure = DECIDING[measured.task]
        shown = {name: result.figures[way][figure] for name, way in (("without", PLAIN), ("with", SYNTHETIC))}
        progress.advance(TASK, 1, **{f"{figure}_{name}": value for name, value in shown.items()})
    progress.finish(TASK)
    return Compared(measured.task, settings.folds, splits)


def _list_parts(measured: Measured, settings: AugmentSettings) -> Iterator[tuple[int, int, NDArray[np.int64]]]:
    """Number of the seed, of the part, and the folds of that seed."""
    for seed in range(settings.seeds):
        drawn = int(np.random.SeedSequence([settings.seed, seed]).generate_state(1, np.uint32)[0]) >> 1
        fold = assign_folds(measured.mols, settings.folds, drawn, find_rare(measured))
        for number in range(settings.folds):
            yield seed, number, fold


def _hold_out(
    measured: Measured,
    features: NDArray[Any],
    settings: AugmentSettings,
    make: Make,
    seed: int,
    number: int,
    is_out: NDArray[np.bool_],
) -> SplitResult:
    known, left = np.flatnonzero(~is_out), np.flatnonzero(is_out)
    part, held_out = measured.take(known), measured.take(left)
    # One seed for all parts of a split: what a source makes of a molecule may then be kept.
    drawing, training_seed = (
        int(np.random.SeedSequence([settings.seed, seed, *more]).generate_state(1, np.uint32)[0]) >> 1
        for more in ((1000,), (1001, number))
    )
    wanted = count_wanted(part, settings, len(known) / len(measured.smiles))
    synthesis = drop_held_out(make(part, wanted, drawing), held_out)
    training = settings.training(training_seed)
    synthetic = describe_rows([each.mol for each in synthesis.labelled], training)
    case = Case(part, features[known], synthesis, synthetic, training_seed)
    figures: dict[str, dict[str, float]] = {}
    reasons: dict[str, str] = {}
    for name, remedy in REMEDIES.items():
        rows = remedy(case)
        if isinstance(rows, str):
            reasons[name] = rows
            continue
        answers = fit_rows(rows, training, measured.task).answer(features[left])
        truth = held_out.target
        if find_rare_class(measured) == 0:  # PR-AUC is that of the rarer class
            answers, truth = 1 - answers, 1 - truth
        found = measure(truth, answers.mean(axis=0), answers.std(axis=0, ddof=1), measured.task)
        figures[name] = {figure: round(value, 6) for figure, value in found.items()}
    return SplitResult(
        seed,
        number,
        len(known),
        len(left),
        wanted,
        len(synthesis.labelled),
        dict(sorted(synthesis.dropped.items())),
        figures,
        reasons,
    )
