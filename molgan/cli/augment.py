"""The verb that makes labelled synthetic molecules for measurements, and decides whether they help."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from molgan.cli.bars import show_progress
from molgan.cli.molecules import MisuseFilter
from molgan.cli.output import name_folder, report_bad_rows


class Source(StrEnum):
    """Where synthetic molecules come from."""

    AUTO = "auto"
    GENETIC = "genetic"
    SAMPLES = "samples"
    TUNED = "tuned"
    ANALOGUES = "analogues"


class Label(StrEnum):
    """What gives a label."""

    NEIGHBOUR = "neighbour"
    TEACHER = "teacher"


class Model(StrEnum):
    """The models that are compared."""

    FOREST = "forest"
    BOOSTING = "boosting"


def augment(
    data: Annotated[str, typer.Argument(metavar="DATA", help="A .csv, .tsv (also .gz), .parquet or .sdf file.")],
    target: Annotated[str, typer.Option(help="The column with the measured values: numbers, or classes 0 and 1.")],
    smiles: Annotated[str | None, typer.Option(help="The SMILES column; found by its name by default.")] = None,
    output: Annotated[
        str | None, typer.Option("-o", "--output", help="Folder for the results; runs/augment/TARGET by default.")
    ] = None,
    source: Annotated[
        Source,
        typer.Option(
            help="Where molecules come from: genetic moves, samples that aim at properties, samples of a tuned prior, "
            "analogues by weights that read a molecule; auto: analogues where there are such weights, else genetic."
        ),
    ] = Source.AUTO,
    weights: Annotated[
        str | None, typer.Option(help="Shipped weights by name, or a folder that `molgan train` wrote.")
    ] = None,
    number: Annotated[
        int | None,
        typer.Option(
            "-n", "--number", min=1, help="Synthetic molecules; four for each of a rare class, else one for each row."
        ),
    ] = None,
    label: Annotated[
        Label, typer.Option(help="What gives a label: the nearest measured molecule, or a model of all (teacher).")
    ] = Label.NEIGHBOUR,
    similarity: Annotated[
        float, typer.Option(help="Least Tanimoto similarity (ECFP4) to the measured molecule that gives a label.")
    ] = 0.6,
    most_uncertain: Annotated[
        float | None,
        typer.Option(help="Largest expected error of a label; .3 for classes, half a standard deviation for numbers."),
    ] = None,
    unlabelled: Annotated[
        bool, typer.Option("--unlabelled", help="Write molecules whose evidence is too weak, too, without a label.")
    ] = False,
    model: Annotated[Model, typer.Option(help="The models that are compared.")] = Model.FOREST,
    trees: Annotated[int, typer.Option(min=2, max=5000, help="Trees of a forest.")] = 100,
    rounds: Annotated[int, typer.Option(min=2, max=5000, help="Trees of a boosted model.")] = 200,
    seeds: Annotated[int, typer.Option(min=1, max=100, help="How often the scaffolds are split anew.")] = 5,
    folds: Annotated[int, typer.Option(min=2, max=20, help="Parts of a split, each of which is held out once.")] = 5,
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Seed; the same seed gives the same bytes.")] = 0,
    drop_censored: Annotated[
        bool, typer.Option("--drop-censored", help="Leave out values that are bounds (>5), and go on.")
    ] = False,
    check: Annotated[bool, typer.Option("--check", help="Read the data, say what would be done, and end.")] = False,
    misuse_filter: MisuseFilter = True,
) -> None:
    """Make labelled synthetic molecules for a small or imbalanced set, and decide whether they help.

    Models are trained with and without them, and with oversampling, class weights and SMOTE, and tested on scaffolds
    that neither they nor the synthetic molecules come from. Leaves synthetic.csv with provenance, augment.json and
    augment.md; the same command goes on after an interruption.

    Example: `molgan augment data/admet/herg.csv.gz --target herg -o runs/augment/herg`
    """
    from molgan.scoring.parameters import validate_section
    from molgan.training.augmentation.augment_file import augment_file, describe_plan, read_augmentable
    from molgan.training.augmentation.settings import AugmentSettings

    given = {
        "source": source.value,
        "weights": weights,
        "number": number,
        "label": label.value,
        "similarity": similarity,
        "most_uncertain": most_uncertain,
        "unlabelled": unlabelled,
        "model": model.value,
        "trees": trees,
        "rounds": rounds,
        "seeds": seeds,
        "folds": folds,
        "seed": seed,
        "misuse_filter": misuse_filter,
    }
    settings = validate_section(AugmentSettings, given, "augment")
    folder = Path("runs") / "augment" / target if output is None else name_folder(output)
    with report_bad_rows(data) as on_bad:
        if check:
            measured = read_augmentable(
                data, target, settings, smiles=smiles, drop_censored=drop_censored, on_bad=on_bad
            )
            print(f"{data}: {describe_plan(measured, settings, target)}")
            return
        with show_progress() as progress:
            found = augment_file(
                data,
                target,
                settings,
                smiles=smiles,
                drop_censored=drop_censored,
                folder=folder,
                on_bad=on_bad,
                progress=progress,
            )
    print(found.table)
    for way in found.figures["ways"]:
        if "reason" in way:
            print(f"{way['name']}: {way['reason']}")
    print(f"written: {folder}")
    print(found.verdict)
