"""The verb qsar: trains a model for the scorer `qsar` of campaigns."""

import csv
import io
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from molgan.cli.bars import show_progress
from molgan.cli.output import name_folder, report_bad_rows

if TYPE_CHECKING:
    from molgan.models.qsar.fitting import Trained
    from molgan.models.qsar.measurements import Measured

app = typer.Typer(help="Train models of measured properties, for the scorer `qsar`.", no_args_is_help=True)


class Kind(StrEnum):
    """The kinds of models."""

    BEST = "best"
    FINGERPRINT = "fingerprint"
    DMPNN = "dmpnn"
    FOREST = "forest"
    BOOSTING = "boosting"


Data = Annotated[str, typer.Argument(metavar="DATA", help="A .csv, .tsv (also .gz), .parquet or .sdf file.")]


@app.command()
def train(
    data: Data,
    target: Annotated[str, typer.Option(help="The column with the measured values: numbers, or classes 0 and 1.")],
    smiles: Annotated[str | None, typer.Option(help="The SMILES column; found by its name by default.")] = None,
    output: Annotated[
        str | None, typer.Option("-o", "--output", help="Folder for the model; runs/qsar/TARGET by default.")
    ] = None,
    model: Annotated[
        Kind,
        typer.Option(
            help="A forest, boosted trees, dense layers on fingerprints, the best of the three, or message passing."
        ),
    ] = Kind.BEST,
    members: Annotated[int, typer.Option(min=2, max=50, help="Networks, or boosted models, in the ensemble.")] = 5,
    trees: Annotated[int, typer.Option(min=2, max=5000, help="Trees of the forest.")] = 100,
    rounds: Annotated[int, typer.Option(min=2, max=5000, help="Trees of each boosted model.")] = 200,
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the training molecules.")] = 40,
    hidden: Annotated[int, typer.Option(min=4, max=8192, help="Width of the hidden layers.")] = 256,
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Seed; the same seed gives the same model.")] = 0,
    standardize: Annotated[
        bool, typer.Option("--standardize", help="Remove salts, charges and solvents, in predictions, too.")
    ] = False,
    limit: Annotated[
        float | None,
        typer.Option(min=0, help="Largest difference between measurements of a molecule that is not listed."),
    ] = None,
) -> None:
    """Train a model on a scaffold split, and print its metrics on molecules that it never saw.

    Leaves the model (no pickle), predictions.csv, fit.svg, and disagreements.csv where measurements of a molecule
    differ.

    Example: `molgan qsar train data/solubility.csv.gz --smiles smiles --target logS`
    """
    from molgan.chem.settings import StandardizeSettings
    from molgan.models.qsar.fitting import train as fit_model
    from molgan.models.qsar.measurements import read_measured
    from molgan.models.qsar.settings import QSARTraining

    first = StandardizeSettings() if standardize else None
    settings = QSARTraining(
        kind=model.value,
        members=members,
        trees=trees,
        rounds=rounds,
        epochs=epochs,
        hidden=hidden,
        seed=seed,
        standardize=first,
    )
    folder = Path("runs") / "qsar" / target if output is None else name_folder(output)
    with report_bad_rows(data) as on_bad:
        measured = read_measured(data, target, smiles=smiles, on_bad=on_bad, standardize=first, limit=limit)
    _print_causes(measured)
    with show_progress() as progress:
        unit = f" in {measured.unit}" if measured.unit else ""
        progress.message(f"{len(measured.smiles):,} molecules, {measured.task} of {target}{unit}")
        trained = fit_model(measured, settings, target=target, progress=progress)
    trained.model.save(folder)
    _write_predictions(folder, measured, trained, target)
    _print_metrics(measured, trained, folder)


def _print_causes(measured: "Measured") -> None:
    """What was skipped, changed and averaged, by cause, on stderr."""
    for text, count in measured.causes.most_common():
        print(f"skipped: {count:,} rows, {text}", file=sys.stderr)
    for text, count in measured.notes.most_common():
        print(f"read: {count:,} rows, {text}", file=sys.stderr)
    if measured.disagreements:
        fate = "their mean counts" if measured.task == "regression" else "they are left out"
        count = len(measured.disagreements)
        print(f"disagree: {count:,} molecules, {fate}; see disagreements.csv", file=sys.stderr)


def _format_disagreements(measured: "Measured") -> bytes:
    rows = [
        (each.smiles, " ".join(f"{value:g}" for value in each.values), " ".join(map(str, each.lines)))
        for each in measured.disagreements
    ]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([("smiles", "values", "lines"), *rows])
    return text.getvalue().encode()


def _write_predictions(folder: Path, measured: "Measured", trained: "Trained", target: str) -> None:
    import numpy as np
    import pandas

    from molgan.base.files import write_files
    from molgan.report.fit import fit_chart, roc_chart

    predicted = trained.prediction
    table = pandas.DataFrame(
        {
            "smiles": measured.smiles,
            target: measured.target,
            "part": trained.part,
            "prediction": predicted.value,
            "spread": predicted.spread,
            "similarity": predicted.similarity,
            "error": predicted.error,
        }
    )
    chart = fit_chart if measured.task == "regression" else roc_chart
    svg = chart(measured.target, predicted.value, np.array([part == "test" for part in trained.part]), title=target)
    text = table.to_csv(index=False, lineterminator="\n", float_format="%.6g")
    files = {"predictions.csv": [text.encode()], "fit.svg": [svg.encode()]}
    if measured.disagreements:
        files["disagreements.csv"] = [_format_disagreements(measured)]
    write_files(folder, files)


def _print_metrics(measured: "Measured", trained: "Trained", folder: Path) -> None:
    import numpy as np

    description = trained.model.description
    counts = ", ".join(f"{number:,} {name}" for name, number in description.molecules.items())
    print(f"{description.target}: {counts} (scaffold split); metrics on the test part")
    names = list(next(iter(trained.metrics.values())))
    print(f"  {'':<14}" + "".join(f"{name:>9}" for name in names))
    for model, values in trained.metrics.items():
        figures = "".join(f"{value:>9.3f}" for value in values.values() if value is not None)
        print(f"  {model:<14}{figures}")
    if trained.choice:
        print(f"chosen: {trained.choice}")
    a, b, c = description.error
    print(f"expected error: {a:.3g} + {b:.3g} spread + {c:.3g} (1 - similarity)")
    test = np.array([part == "test" for part in trained.part])
    if description.task == "regression":
        residual = np.abs(trained.prediction.value - measured.target)[test]
        within = (residual <= trained.prediction.error[test]).mean()
        print(f"  {within:.0%} of the test molecules are within the expected error")
    print(f"model: {folder}")
