"""The verbs on molecules: sample, score, standardize, filter, evaluate."""

import json
import math
from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from molgan.base.errors import InputError
from molgan.base.parallel import cores
from molgan.cli.bars import show_progress
from molgan.cli.output import bad_rows, written

if TYPE_CHECKING:
    from molgan.chem.reading import Record

_CHUNK = 2048  # molecules that are worked on at a time

Molecules = Annotated[
    str, typer.Argument(metavar="FILE", help=".smi, .csv, .tsv (also .gz), .sdf or .parquet; - reads from stdin.")
]
Column = Annotated[str | None, typer.Option(help="The SMILES column; found by its name when left out.")]

Standardize = Annotated[
    bool, typer.Option("--standardize", help="Without salts, charges and solvents first, as `molgan standardize` does.")
]
ProcessCount = Annotated[int | None, typer.Option(min=1, help="All cores when left out; the output is the same.")]


def sample(
    number: Annotated[int, typer.Option("-n", "--number", min=1, help="How many molecules.")],
    output: Annotated[str, typer.Option("-o", "--output", help="SMILES, one a line; - writes to stdout.")] = "-",
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same molecules.")] = 0,
    weights: Annotated[str, typer.Option(help="Shipped weights by name, or what `molgan train` wrote.")] = "moses",
    raw: Annotated[bool, typer.Option("--raw", help="Without the critic that was trained for the weights.")] = False,
    target: Annotated[
        list[str] | None, typer.Option(help="Property that a conditional generator aims at: logp=2.5; may be repeated.")
    ] = None,
) -> None:
    """Draw molecules from a generator; its critic, where it has one, lets through what looks real and is not known.

    A line with ? is a sample of a one-shot generator that is no molecule.

    Example: `molgan sample -n 1000 --seed 7 -o samples.smi`
    """
    from molgan import api

    targets = dict(pairs := [_target(text) for text in target or []])
    if len(targets) < len(pairs):
        raise InputError("--target: a property is given twice")
    with show_progress() as progress, written(output) as handle:
        progress.start("sample", number)
        on_batch = partial(progress.advance, "sample")
        drawn = api.sample(number, seed=seed, weights=weights, raw=raw, targets=targets, on_batch=on_batch)
        handle.writelines(f"{smiles or '?'}\n" for smiles in drawn)
        progress.finish("sample")


def _target(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    try:
        return name.strip(), float(value)
    except ValueError:
        raise InputError(f"--target {text}: not a property and its value; write --target logp=2.5") from None


def score(
    file: Molecules,
    scorers: Annotated[str, typer.Option(help="Names, separated by commas; see `molgan list scorers`.")],
    output: Annotated[str, typer.Option("-o", "--output", help="CSV; - writes to stdout.")] = "-",
    column: Column = None,
    processes: ProcessCount = None,
    standardize: Standardize = False,
) -> None:
    """Score molecules: raw values, one row a molecule, in order; what failed is empty, with the reason in `error`.

    A file may be of any length. After an interruption the same command goes on where it stopped.

    Example: `molgan score molecules.smi --scorers qed,sa,pains -o scores.csv`
    """
    from molgan.bulk.score_file import score_records
    from molgan.chem.settings import StandardizeSettings

    names = [name.strip() for name in scorers.split(",")]
    first = StandardizeSettings() if standardize else None
    beside, count = _find_parts(output), processes or cores()
    with show_progress() as progress, written(output) as handle:
        chunks = _chunks(file, column)
        handle.writelines(score_records(chunks, names, beside, progress, processes=count, standardize=first))


def standardize(
    file: Molecules,
    output: Annotated[str, typer.Option("-o", "--output", help="CSV; - writes to stdout.")] = "-",
    tautomers: Annotated[
        bool, typer.Option("--tautomers", help="RDKit's canonical tautomer in place of the one given.")
    ] = False,
    drop_stereo: Annotated[bool, typer.Option("--drop-stereo", help="Without stereo.")] = False,
    column: Column = None,
    processes: ProcessCount = None,
) -> None:
    """Molecules as a chemist would register them, one row a molecule, in order: salts, solvents and charges go.

    `smiles` is the standard form, `original` the text as given, `changes` what was done, `error` why there is none.

    A file may be of any length. After an interruption the same command goes on where it stopped. Also spelled
    standardise.

    Example: `molgan standardize molecules.smi -o standard.csv`
    """
    from molgan.bulk.standardise_file import standardise_records
    from molgan.chem.settings import StandardizeSettings

    settings = StandardizeSettings(tautomers=tautomers, keep_stereo=not drop_stereo)
    beside, count = _find_parts(output), processes or cores()
    with show_progress() as progress, written(output) as handle:
        handle.writelines(standardise_records(_chunks(file, column), settings, beside, progress, processes=count))


def filter_(
    file: Molecules,
    config: Annotated[Path, typer.Option(help="A campaign; its `filters` and `objective` are used.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder for the library and the rejected molecules.")],
    column: Column = None,
    processes: ProcessCount = None,
    standardize: Standardize = False,
) -> None:
    """Pass molecules through a campaign's filters: library.csv, .smi, .sdf, .parquet, rejected.csv and funnel.json.

    A file may be of any length. After an interruption the same command goes on where it stopped.

    Example: `molgan filter molecules.smi --config configs/quickstart.yaml -o filtered/`
    """
    from molgan.bulk.filter_file import filter_records
    from molgan.config import load_config

    settings = load_config(config)
    if standardize and settings.standardize is None:
        settings = load_config(config, ["standardize=true"])
    with show_progress() as progress:
        counts = filter_records(_chunks(file, column), settings, output, progress, processes=processes or cores())
    for count in counts:
        print(f"{count.stage:<24} {count.entered:>10,} in {count.kept:>10,} kept")
    print(f"{counts[-1].kept:,} molecules in {output / 'library.csv'}")


def evaluate(
    file: Molecules,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON; what cannot be computed is null.")] = False,
    train: Annotated[Path | None, typer.Option(help="Training set, for novelty; MOSES's when left out.")] = None,
    test: Annotated[Path | None, typer.Option(help="Test set; MOSES's test and scaffold test when left out.")] = None,
    reference: Annotated[
        str | None, typer.Option(help="qm9, or a file: figures for small molecules, one-shot, in place of MOSES's.")
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Processes.")] = 1,
    column: Column = None,
) -> None:
    """Compare samples with real molecules by the metrics of MOSES: valid, unique, FCD, SNN, Frag, Scaf, IntDiv, ….

    With --reference qm9: valid, unique, novel, their product, and FCD to 10,000 molecules that training leaves alone.

    Give raw samples in the order drawn, invalid ones included; published FCDs are of 30,000. A blank line is no sample.

    Example: `molgan sample -n 30000 | molgan evaluate - --json`
    """
    from molgan.chem.reading import read_smiles
    from molgan.evaluation.comparison_sets import Moses
    from molgan.evaluation.metrics import evaluate as measure
    from molgan.evaluation.small_molecules import evaluate_small as measure_small
    from molgan.evaluation.small_molecules import small_reference

    samples: list[str | None] = []
    with bad_rows(file) as tell:

        def count_bad(line: int, reason: str) -> None:
            samples.append(None)  # a sample that is no row is an invalid one
            tell(line, reason)

        for record in read_smiles(file, column=column, on_bad=count_bad):
            samples.append(record.smiles)
    with show_progress() as progress:
        if reference is not None:
            values = measure_small(
                samples, small_reference(reference, n_jobs=jobs, progress=progress), progress=progress
            )
        else:
            values = measure(
                samples,
                train=train or Moses.TRAIN,
                test=test or Moses.TEST,
                test_scaffolds=None if test else Moses.TEST_SCAFFOLDS,
                n_jobs=jobs,
                progress=progress,
            )
    if as_json:
        print(json.dumps({name: None if math.isnan(value) else value for name, value in values.items()}, indent=2))
    else:
        for name, value in values.items():
            print(f"{name:<21} {value:.4f}")


def _find_parts(output: str) -> Path | None:
    """The folder for what is done of a file, beside the output."""
    return None if output == "-" else Path(output).with_name(f".{Path(output).name}.parts")


def _chunks(file: str, column: str | None) -> "Iterator[tuple[Record, ...]]":
    from molgan.chem.reading import read_smiles

    with bad_rows(file) as on_bad:
        records = read_smiles(file, column=column, on_bad=on_bad)
        while chunk := tuple(islice(records, _CHUNK)):
            yield chunk
