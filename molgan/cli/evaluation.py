"""The verb that compares samples with real molecules: evaluate."""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from molgan.base.errors import InputError
from molgan.cli.bars import show_progress
from molgan.cli.output import report_bad_rows, report_note

if TYPE_CHECKING:
    from molgan.base.progress import Progress

Files = Annotated[
    list[str],
    typer.Argument(
        metavar="FILE...",
        help="A .smi, .csv, .tsv (also .gz), .sdf or .parquet file, or a run folder, whose library is read; - reads "
        "stdin. Several are set side by side.",
    ),
]


def evaluate(
    files: Files,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON; a figure that cannot be computed is null.")
    ] = False,
    compare: Annotated[
        Path | None,
        typer.Option(help="An HTML page to write: bias and coverage of each file, with plots and drawings."),
    ] = None,
    train: Annotated[Path | None, typer.Option(help="Training set, for novelty; that of MOSES by default.")] = None,
    test: Annotated[
        Path | None, typer.Option(help="Test set; the test and scaffold test sets of MOSES by default.")
    ] = None,
    reference: Annotated[
        str | None, typer.Option(help="qm9, or a file: the metrics of small molecules in place of those of MOSES.")
    ] = None,
    tier: Annotated[
        str,
        typer.Option(help="Column of the test set by which --compare tells recall apart; ignored where there is none."),
    ] = "tier",
    jobs: Annotated[int, typer.Option(min=1, help="Processes.")] = 1,
    column: Annotated[str | None, typer.Option(help="The SMILES column; found by its name by default.")] = None,
) -> None:
    """Compare samples with real molecules by the metrics of MOSES: valid, unique, FCD, SNN, Frag, Scaf, IntDiv, ….

    Precision, recall, density and coverage say how samples and test set lie among each other. With --compare the page
    has them with intervals, the distributions of properties, the ring systems, functional groups and scaffolds that are
    too frequent or too rare, and recall and coverage by cluster and tier of the test set.

    With --reference qm9: valid, unique, novel, their product, and FCD to 10,000 molecules that training does not use.

    Give raw samples in the order drawn, invalid ones included; published FCDs are those of 30,000 samples.

    Example: `molgan sample -n 30000 | molgan evaluate - --json`
    """
    twice = sorted({name for name in files if files.count(name) > 1})
    if twice:
        raise InputError(f"{twice[0]}: given twice")
    samples = {name: _read_samples(name, column) for name in files}
    with show_progress() as progress:
        values = {name: _measure(given, train, test, reference, jobs, progress) for name, given in samples.items()}
        if compare is not None:
            _write_page(compare, samples, values, _find_data(test, reference), tier, jobs, progress)
    if as_json:
        plain = {name: {key: _make_plain(value) for key, value in each.items()} for name, each in values.items()}
        print(json.dumps(plain if len(plain) > 1 else next(iter(plain.values())), indent=2))
    else:
        _print_table(values)
    if compare is not None and not as_json:
        print(f"page: {compare}")


def _read_samples(file: str, column: str | None) -> list[str | None]:
    from molgan.chem.reading import read_rows

    path = str(Path(file) / "library.csv") if Path(file).is_dir() else file
    samples: list[str | None] = []
    with report_bad_rows(path, "an invalid sample") as on_bad:
        for record in read_rows(path, column=column, on_note=report_note(path)):
            if record.reason is not None:
                on_bad(record.line, record.reason)
            samples.append(record.smiles if record.reason is None else None)
    return samples


def _measure(
    samples: list[str | None],
    train: Path | None,
    test: Path | None,
    reference: str | None,
    jobs: int,
    progress: "Progress",
) -> dict[str, float]:
    from molgan.evaluation.comparison_sets import Moses
    from molgan.evaluation.metrics import evaluate as measure
    from molgan.evaluation.small_molecules import evaluate_small as measure_small
    from molgan.evaluation.small_molecules import small_reference

    if reference is not None:
        known = small_reference(reference, n_jobs=jobs, progress=progress)
        return measure_small(samples, known, progress=progress)
    return measure(
        samples,
        train=train or Moses.TRAIN,
        test=test or Moses.TEST,
        test_scaffolds=None if test else Moses.TEST_SCAFFOLDS,
        n_jobs=jobs,
        progress=progress,
    )


def _find_data(test: Path | None, reference: str | None) -> Path:
    """The file of real molecules to compare with. Raises InputError where it is missing."""
    from molgan.evaluation.comparison_sets import Moses, find_data_file, find_moses_file

    if reference is not None:
        found = find_data_file("qm9.*") if reference == "qm9" else Path(reference)
    else:
        found = test or find_moses_file(Moses.TEST)
    if found is None:
        raise InputError("--compare needs the molecules of a test set: give --test, or set MOLGAN_DATA to their folder")
    return found


def _write_page(
    page: Path,
    samples: Mapping[str, Sequence[str | None]],
    values: Mapping[str, Mapping[str, float]],
    data: Path,
    tier: str,
    jobs: int,
    progress: "Progress",
) -> None:
    from molgan.evaluation.drawn_sets import compare_smiles, read_tiers
    from molgan.report.comparison_page import write_comparison

    known, tiers = read_tiers(data, tier)
    comparison, sets = compare_smiles(dict(samples), known, tiers, n_jobs=jobs, progress=progress)
    write_comparison(page, comparison, sets, values, data_name=data.name)


def _make_plain(value: float) -> float | None:
    return None if math.isnan(value) else value


def _print_table(values: Mapping[str, Mapping[str, float]]) -> None:
    """A line for each figure, with a column for each set; the names above where there are several."""
    names = list(values)
    if len(names) > 1:
        print(" " * 21 + "".join(f" {name:>16}" for name in names))
    for figure in dict.fromkeys(figure for each in values.values() for figure in each):
        cells = [values[name].get(figure, math.nan) for name in names]
        print(
            f"{figure:<21}" + "".join(f" {cell:16.4f}" for cell in cells)
            if len(names) > 1
            else _write(figure, cells[0])
        )


def _write(figure: str, value: float) -> str:
    return f"{figure:<21} {value:.4f}"
