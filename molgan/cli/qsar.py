"""The verb qsar: trains a model for the scorer `qsar` of campaigns."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from molgan.cli.bars import show_progress
from molgan.cli.output import report_bad_rows

if TYPE_CHECKING:
    from molgan.models.qsar.fitting import Trained
    from molgan.models.qsar.measurements import Measured

app = typer.Typer(help="Train models of measured properties, for the scorer `qsar`.", no_args_is_help=True)


class Kind(StrEnum):
    """The kinds of networks."""

    FINGERPRINT = "fingerprint"
    DMPNN = "dmpnn"


Data = Annotated[str, typer.Argument(metavar="DATA", help="A .csv, .tsv (also .gz), .parquet or .sdf file.")]


@app.command()
def train(
    data: Data,
    target: Annotated[str, typer.Option(help="The column with the measured values: numbers, or classes 0 and 1.")],
    smiles: Annotated[str | None, typer.Option(help="The SMILES column; found by its name by default.")] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Folder for the model; runs/qsar/TARGET by default.")
    ] = None,
    model: Annotated[
        Kind, typer.Option(help="Network: dense layers on fingerprints, or message passing on graphs.")
    ] = (Kind.FINGERPRINT),
    members: Annotated[int, typer.Option(min=2, max=50, help="Networks in the ensemble.")] = 5,
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the training molecules.")] = 40,
    hidden: Annotated[int, typer.Option(min=4, max=8192, help="Width of the hidden layers.")] = 256,
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Seed; the same seed gives the same model.")] = 0,
) -> None:
    """Train a DeepChem ensemble on a scaffold split, and print its metrics on molecules that it never saw.

    Leaves the model (no pickle), predictions.csv and fit.svg.

    Example: `molgan qsar train data/solubility.csv.gz --smiles smiles --target logS`
    """
    from molgan.models.qsar.fitting import train as train_ensemble
    from molgan.models.qsar.measurements import read_measured
    from molgan.models.qsar.settings import QSARTraining

    settings = QSARTraining(kind=model.value, members=members, epochs=epochs, hidden=hidden, seed=seed)
    folder = output or Path("runs") / "qsar" / target
    with report_bad_rows(data) as on_bad:
        measured = read_measured(data, target, smiles=smiles, on_bad=on_bad)
    with show_progress() as progress:
        progress.message(f"{len(measured.smiles):,} molecules, {measured.task} of {target}")
        trained = train_ensemble(measured, settings, target=target, progress=progress)
    trained.model.save(folder)
    _write_predictions(folder, measured, trained, target)
    _print_metrics(measured, trained, folder)


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
    csv = table.to_csv(index=False, lineterminator="\n", float_format="%.6g")
    write_files(folder, {"predictions.csv": [csv.encode()], "fit.svg": [svg.encode()]})


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
    a, b, c = description.error
    print(f"expected error: {a:.3g} + {b:.3g} spread + {c:.3g} (1 - similarity)")
    test = np.array([part == "test" for part in trained.part])
    if description.task == "regression":
        residual = np.abs(trained.prediction.value - measured.target)[test]
        within = (residual <= trained.prediction.error[test]).mean()
        print(f"  {within:.0%} of the test molecules are within the expected error")
    print(f"model: {folder}")
