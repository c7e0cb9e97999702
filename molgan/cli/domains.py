"""The verbs on sets of molecules: adapt a generator to a few of them, translate the molecules of one into another."""

from pathlib import Path
from typing import Annotated

import typer

from molgan.base.default_weights import DEFAULT_WEIGHTS
from molgan.base.stopping import stop_on_sigterm
from molgan.cli.bars import show_progress
from molgan.cli.molecules import Column, Weights

Few = Annotated[
    Path, typer.Argument(metavar="FILE", help="20 to 1,000 molecules: .smi, .csv, .tsv (also .gz), .sdf or .parquet.")
]


def adapt(
    file: Few,
    overrides: Annotated[
        list[str] | None,
        typer.Argument(metavar="[KEY=VALUE]…", help="Values of the section `adapt`: adapt.folds=5 adapt.patience=10."),
    ] = None,
    output: Annotated[Path, typer.Option("-o", "--output", help="The run folder that gets the weights.")] = Path(
        "runs/adapted"
    ),
    weights: Weights = DEFAULT_WEIGHTS,
    method: Annotated[
        str | None,
        typer.Option(
            help="likelihood (of the molecules), adversarial (of samples that a critic takes for them) or both; the "
            "default is what docs/adaptation.md found best."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed; the same seed gives the same weights.")] = 0,
    column: Column = None,
) -> None:
    """Adapt a generator to a few molecules, such as known actives; training stops before it learns them by heart.

    The weights go wherever weights are taken: `molgan sample --weights runs/adapted`, `generator.weights`. Molecules
    that they cannot write are left out and named. The same command goes on where it stopped; `molgan train` with a
    section `adapt` does the same from a configuration.

    Example: `molgan adapt actives.smi -o runs/adapted`
    """
    from molgan.config import TrainingConfig, load_training

    given = {
        "name": "adapted",
        "out": str(output),
        "seed": seed,
        "data": {"train": str(file), "column": column},
        "generator": {"weights": weights},
        "adapt": {} if method is None else {"method": method},
    }
    config = load_training(given, overrides or [])
    assert isinstance(config, TrainingConfig)  # the section `adapt` says so
    from molgan.campaign.train_prior import train_prior

    with stop_on_sigterm(), show_progress() as progress:
        path = train_prior(config, progress=progress)
    print(f"weights: {path}")
