"""The verbs on sets of molecules: adapt a generator to a few of them, translate the molecules of one into another."""

from pathlib import Path
from typing import Annotated

import typer

from molgan.base.default_weights import DEFAULT_WEIGHTS
from molgan.base.stopping import stop_on_sigterm
from molgan.cli.analogues import ChangePage, write_found
from molgan.cli.bars import show_progress
from molgan.cli.molecules import Column, MisuseFilter, Molecules, Plausible, TableOutput, Weights
from molgan.cli.output import find_format

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


def translate(
    file: Molecules,
    weights: Annotated[str, typer.Option(help="A folder that `molgan train configs/translate.yaml` wrote.")],
    number: Annotated[int, typer.Option("-n", "--number", min=1, help="Translations of each molecule, at most.")] = 20,
    output: TableOutput = "-",
    similarity: Annotated[
        str | None, typer.Option(help="Lowest and highest Tanimoto similarity (ECFP4): 0.4:0.9; any by default.")
    ] = None,
    keep: Annotated[
        str | None, typer.Option(help="SMILES of a part that all translations keep: 'c1ccc2[nH]ncc2c1'.")
    ] = None,
    properties: Annotated[
        str | None, typer.Option(help="Scorers, separated by commas, whose values are told before and after.")
    ] = None,
    temperature: Annotated[float, typer.Option(help="Above 1 translations vary more, below 1 less.")] = 1.0,
    max_atoms: Annotated[int | None, typer.Option(help="Most heavy atoms; those of the weights by default.")] = None,
    budget: Annotated[
        int | None, typer.Option(help="Most molecules drawn for each; twenty for each translation by default.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed; the same seed gives the same translations.")] = 0,
    report: ChangePage = None,
    column: Column = None,
    misuse_filter: MisuseFilter = True,
    plausible: Plausible = True,
) -> None:
    """Translate molecules into such as the training's `data.to` has, keeping what can be kept of each.

    Some rows for each molecule, best first by the critic of the target set, which saw no property, and one with the
    reason where there are none. The columns are those of `molgan analogues`.

    Example: `molgan translate molecules.smi --weights runs/translate -n 20 -o out.csv`
    """
    from molgan.models.analogues.request import AnalogueRequest, read_range
    from molgan.models.analogues.translation_search import TranslationSearch

    request = AnalogueRequest(
        n=number,
        similarity=None if similarity is None else read_range(similarity),
        keep=keep,
        temperature=temperature,
        max_atoms=max_atoms,
        budget=budget,
        properties=[name.strip() for name in properties.split(",")] if properties else [],
        misuse_filter=misuse_filter,
        plausible=plausible,
    )
    find_format(output, ".csv")
    search = TranslationSearch.load(weights, request, seed=seed)
    write_found(file, search, "translations", output, report, column)
