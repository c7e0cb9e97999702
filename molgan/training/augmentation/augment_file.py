"""Reads measurements, makes synthetic molecules of them, decides whether they help, and writes all of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from molgan.base.content import digest, hash_file, hash_files
from molgan.base.errors import ConfigError, InputError, WeightsError
from molgan.base.files import write_files
from molgan.base.progress import Progress, Silent
from molgan.models.qsar.measurements import BOUND, Measured, read_measured
from molgan.models.weights import find_weights
from molgan.training.augmentation.comparison import Compared, check_splits, compare
from molgan.training.augmentation.held_out_figures import DECIDING
from molgan.training.augmentation.molecule_sources import open_source
from molgan.training.augmentation.rarity import count_wanted, find_rare_class, is_imbalanced
from molgan.training.augmentation.settings import AugmentSettings
from molgan.training.augmentation.split_file import clean
from molgan.training.augmentation.synthesiser import Synthesiser
from molgan.training.augmentation.synthetic import Synthesis, tabulate
from molgan.training.augmentation.verdict import describe_verdict, does_help, format_table, list_rows

if TYPE_CHECKING:
    import pandas

LEAST = 20
"""Fewest molecules with a value."""

SYNTHETIC_FILE, FIGURES_FILE, TABLE_FILE, SPLITS = "synthetic.csv", "augment.json", "augment.md", "splits"
_PACKAGES = ("molgan", "rdkit", "scikit-learn", "imbalanced-learn")

OnBad = Callable[[int, str], None]


@dataclass(frozen=True)
class Augmentation:
    """Synthetic molecules and whether they help. `synthetic` is the table of them with their provenance; `table` that
    of the comparison, in Markdown; `figures` all of it as JSON values; `folder` where they were written, if anywhere.
    """

    verdict: str
    helps: bool
    synthetic: pandas.DataFrame
    table: str
    figures: dict[str, Any]
    folder: Path | None = None


def read_augmentable(
    path: str | Path,
    target: str,
    settings: AugmentSettings,
    *,
    smiles: str | None = None,
    drop_censored: bool = False,
    on_bad: OnBad | None = None,
) -> Measured:
    """Read measurements, and refuse what cannot be augmented or tested.

    Raises InputError for a missing column, a column with one class or value, fewer than 20 molecules, values that are
    bounds unless these are dropped, and scaffolds too few for the folds; ConfigError without scikit-learn.
    """
    bounds: list[int] = []

    def tell(line: int, reason: str) -> None:
        if reason.endswith(BOUND):
            bounds.append(line)
        if on_bad is not None:
            on_bad(line, reason)

    _require_learner()
    measured = read_measured(path, target, smiles=smiles, on_bad=tell, least=LEAST)
    if bounds and not drop_censored:
        raise InputError(
            f"{path}:{bounds[0]}: {len(bounds):,} of the values of {target} are bounds (< or >), without which what is "
            "left may be biased; measure them, or leave them out with --drop-censored"
        )
    if measured.task == "classification" and len(set(measured.target.tolist())) < 2:
        raise InputError(f"{path}: all molecules are of one class of {target}; add some of the other one")
    check_splits(measured, settings)
    return measured


def describe_plan(measured: Measured, settings: AugmentSettings, target: str) -> str:
    """What will be done, in one line."""
    count, wanted = len(measured.smiles), count_wanted(measured, settings)
    if measured.task == "regression":
        what = f"{count:,} molecules with a number"
    else:
        rare = find_rare_class(measured)
        few = int((measured.target == rare).sum())
        drawn = "which is drawn from" if is_imbalanced(measured) else "all are drawn from"
        what = f"{count:,} molecules, {few:,} of class {rare:g}, {drawn}"
    parts = f"{settings.seeds} times {settings.folds} held-out parts by scaffold"
    source = open_source(settings).name
    return f"{target}: {what}; {wanted:,} synthetic molecules by {source}, labelled by {settings.label}; {parts}"


def augment_file(
    path: str | Path,
    target: str,
    settings: AugmentSettings,
    *,
    smiles: str | None = None,
    drop_censored: bool = False,
    folder: Path | None = None,
    on_bad: OnBad | None = None,
    progress: Progress | None = None,
) -> Augmentation:
    """Make labelled synthetic molecules for a file of measurements, and decide whether they help.

    With a `folder` its synthetic.csv, augment.json and augment.md are written, and what is in splits/ of the same data
    and settings is not computed again. Raises as `read_augmentable` and `open_source`, and RunError.
    """
    progress = progress or Silent()
    measured = read_augmentable(path, target, settings, smiles=smiles, drop_censored=drop_censored, on_bad=on_bad)
    progress.message(describe_plan(measured, settings, target))
    make = Synthesiser(open_source(settings), settings)
    key = _find_key(path, target, settings, smiles)
    splits = None if folder is None else folder / SPLITS
    compared = compare(measured, settings, make, folder=splits, key=key, progress=progress)
    progress.start("synthetic molecules")
    synthesis = make(measured, count_wanted(measured, settings), settings.seed)
    progress.finish("synthetic molecules")
    figures = _describe(measured, settings, compared, synthesis, target, make.source.name)
    table = tabulate(synthesis.molecules, measured, target)
    found = Augmentation(
        describe_verdict(compared), does_help(compared), table, format_table(compared), figures, folder
    )
    if folder is not None:
        _write(folder, found)
    return found


def _require_learner() -> None:
    try:
        import sklearn  # noqa: F401
    except ImportError:
        raise ConfigError("models need scikit-learn: pip install 'molgan[augment]'") from None


def _find_key(path: str | Path, target: str, settings: AugmentSettings, smiles: str | None) -> str:
    """The key of all that decides the result of a held-out part; how many seeds there are does not."""
    given = settings.model_dump(exclude={"seeds", "unlabelled"})
    weights = {}
    if settings.weights is not None:
        try:
            place = find_weights(settings.weights)
            weights = hash_files([str(file.resolve()) for file in sorted(place.parent.glob(f"{place.name}*"))])
        except WeightsError as error:
            raise ConfigError(f"--weights: {error}") from None
    return digest([given, list(weights.values()), hash_file(path), target, smiles, list_versions()])


def list_versions() -> dict[str, str | None]:
    """The versions of the packages that decide the figures; None for what is not installed."""
    found: dict[str, str | None] = {}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = None
    return found


def _describe(
    measured: Measured, settings: AugmentSettings, compared: Compared, synthesis: Synthesis, target: str, source: str
) -> dict[str, Any]:
    rare = find_rare_class(measured)
    found = {
        "verdict": describe_verdict(compared),
        "helps": does_help(compared),
        "deciding": DECIDING[measured.task],
        "target": target,
        "task": measured.task,
        "unit": measured.unit,
        "molecules": len(measured.smiles),
        "rare": None if rare is None else {"class": rare, "molecules": int((measured.target == rare).sum())},
        "skipped": dict(sorted(measured.causes.items())),
        "settings": {**settings.model_dump(), "source": source},
        "ways": list_rows(compared),
        "synthetic": {
            "wanted": synthesis.wanted,
            "labelled": len(synthesis.labelled),
            "unlabelled": len(synthesis.molecules) - len(synthesis.labelled),
            "drawn": synthesis.drawn,
            "dropped": dict(sorted(synthesis.dropped.items())),
        },
        "held_out_parts": {
            "number": len(compared.splits),
            "synthetic": compared.made,
            "dropped": dict(sorted(compared.dropped.items())),
        },
        "versions": list_versions(),
    }
    content = clean(found)
    assert isinstance(content, dict)
    return content


def _write(folder: Path, found: Augmentation) -> None:
    table = found.synthetic.to_csv(index=False, lineterminator="\n", float_format="%.5g")
    files = {
        SYNTHETIC_FILE: [table.encode()],
        FIGURES_FILE: [json.dumps(found.figures, indent=1, ensure_ascii=False).encode(), b"\n"],
        TABLE_FILE: [f"{found.verdict}\n\n{found.table}".encode()],
    }
    write_files(folder, files)
