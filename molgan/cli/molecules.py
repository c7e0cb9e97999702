"""The verbs on molecules: sample, score, standardize, likelihood, filter."""

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from molgan.base.default_weights import DEFAULT_WEIGHTS
from molgan.base.errors import InputError
from molgan.base.parallel import cores
from molgan.base.remote_files import is_url
from molgan.cli.bars import print_foreign, show_progress
from molgan.cli.output import (
    find_format,
    find_regular_file,
    name_folder,
    open_output,
    place_output,
    report_bad_rows,
    report_note,
)

if TYPE_CHECKING:
    import pandas

    from molgan.base.progress import Progress
    from molgan.bulk.score_file import Scoring
    from molgan.chem.reading import Record

_CHUNK = 2048  # molecules in a chunk
_CHUNK_CHARACTERS = 8_000_000  # characters after which a chunk of long rows ends
_CELL_CHARACTERS = 50  # characters that take the room of an empty cell

Molecules = Annotated[
    str,
    typer.Argument(
        metavar="FILE", help="A .smi, .csv, .tsv (also .gz), .sdf or .parquet file, or its URL (s3://…); - reads stdin."
    ),
]
Column = Annotated[str | None, typer.Option(help="The SMILES column; found by its name by default.")]

Standardize = Annotated[
    bool, typer.Option("--standardize", help="Remove salts, charges and solvents first, as `molgan standardize` does.")
]
Weights = Annotated[str, typer.Option(help="Shipped weights by name, or a folder that `molgan train` wrote.")]
Targets = Annotated[
    list[str] | None,
    typer.Option("--target", help="Property to aim at, with its value: logp=2.5; may be repeated for others."),
]
TableOutput = Annotated[
    str,
    typer.Option(
        "-o",
        "--output",
        help="A .csv, .tsv, .smi (also .gz), .sdf or .parquet file, or its URL (s3://…); - is CSV to stdout.",
    ),
]
MisuseFilter = Annotated[
    bool, typer.Option("--misuse-filter/--no-misuse-filter", help="Leave out what the filter `misuse` rejects.")
]
Plausible = Annotated[
    bool,
    typer.Option(
        "--plausible/--no-plausible",
        help="Leave out what the filter `plausible` rejects, unless the molecule itself has it.",
    ),
]
ProcessCount = Annotated[
    int | None, typer.Option(min=1, help="Processes; one for each core by default. The output is the same.")
]


def sample(
    number: Annotated[int, typer.Option("-n", "--number", min=1, help="Number of molecules.")],
    output: Annotated[
        str, typer.Option("-o", "--output", help="A .smi, .csv, .tsv (also .gz), .sdf or .parquet file; - is stdout.")
    ] = "-",
    seed: Annotated[int, typer.Option(min=0, help="Seed; the same seed gives the same molecules.")] = 0,
    weights: Weights = DEFAULT_WEIGHTS,
    raw: Annotated[bool, typer.Option("--raw", help="Do not use the critic of the weights.")] = False,
    target: Targets = None,
    guidance: Annotated[
        float,
        typer.Option(help="How strongly to aim at the targets: 1 as in the data; more is nearer, less varied."),
    ] = 1.0,
    candidates: Annotated[
        int | None,
        typer.Option(
            help="Molecules drawn for each one; the nearest to the targets is kept. 8 by default with targets."
        ),
    ] = None,
    core: Annotated[
        str | None,
        typer.Option(
            help="Part of every molecule, which grows at its marks alone: '*c1ccc(N*)cc1'; or two fragments to link: "
            "'c1ccccc1*.*N1CCCCC1'."
        ),
    ] = None,
    temperature: Annotated[float, typer.Option(help="Above 1 molecules vary more, below 1 less.")] = 1.0,
    max_atoms: Annotated[
        int | None, typer.Option(help="Most heavy atoms of a molecule; those of the training data by default.")
    ] = None,
    plausible: Annotated[
        bool,
        typer.Option(
            "--plausible/--no-plausible",
            help="Hold samples to the chemistry of the training data, where the weights bring an index of it.",
        ),
    ] = True,
    misuse_filter: Annotated[
        bool, typer.Option("--misuse-filter/--no-misuse-filter", help="Draw anew what the filter `misuse` rejects.")
    ] = True,
) -> None:
    """Draw molecules from a generator. Its critic, if it has one, keeps those that look real and are not known.

    Where the weights bring an index of their data's chemistry, no molecule has a ring system that the data lacks, nor,
    with the critic, anything else that the filter `plausible` rejects.

    The output has one SMILES a line, unless its suffix says otherwise. A line with ? is an invalid sample of a one-shot
    generator. What the filter `misuse` rejects (chemical weapons, their precursors, explosives) is drawn anew.

    Example: `molgan sample -n 1000 --seed 7 -o samples.smi`
    """
    from molgan.chem.writing import encode_samples
    from molgan.models.drawing import draw_molecules
    from molgan.models.withholding import describe_withheld

    targets = _read_targets(target)
    suffix = find_format(output, ".smi")
    with place_output(output) as place, show_progress() as progress, open_output(place) as file:
        progress.start("sample", number)
        on_batch = partial(progress.advance, "sample")
        withheld: Counter[str] = Counter()
        drawn = draw_molecules(
            number,
            seed=seed,
            weights=weights,
            raw=raw,
            targets=targets,
            guidance=guidance,
            candidates=candidates,
            core=core,
            temperature=temperature,
            max_atoms=max_atoms,
            plausible=plausible,
            misuse_filter=misuse_filter,
            on_batch=on_batch,
            withheld=withheld,
        )
        if withheld or not misuse_filter:
            progress.message(describe_withheld(withheld) if misuse_filter else "the filter 'misuse' is off")
        file.writelines(encode_samples(drawn, suffix))
        progress.finish("sample")


def _read_targets(texts: list[str] | None) -> dict[str, float]:
    targets: dict[str, float] = {}
    for text in texts or []:
        name, _, value = text.partition("=")
        if (name := name.strip()) in targets:
            raise InputError(f"--target: {name} is given twice")
        try:
            targets[name] = float(value)
        except ValueError:
            raise InputError(f"--target {text}: not of the form property=number; write --target logp=2.5") from None
    return targets


def score(
    file: Molecules,
    scorers: Annotated[
        str | None, typer.Option(help="Names of scorers, separated by commas; see `molgan list scorers`.")
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="A campaign, or a file with an `objective` alone, in place of --scorers.")
    ] = None,
    output: TableOutput = "-",
    column: Column = None,
    processes: ProcessCount = None,
    standardize: Standardize = False,
) -> None:
    """Score molecules: raw values, one row for each molecule, in order; a failure is empty, with a reason in `error`.

    With --config the columns are those of the campaign's objective: `score`, the total, and the raw and the transformed
    value of each component, such as `qed` and `qed_score`. A row that cannot be used is kept, with the reason. All rows
    have the other columns of the file and their `line` in it. A file may have any length. After an interruption the
    same command continues where it stopped.

    Example: `molgan score molecules.smi --scorers qed,sa,pains -o scores.csv`
    """
    from molgan.bulk.score_file import score_records, score_tables
    from molgan.chem.settings import StandardizeSettings

    form = StandardizeSettings() if standardize else None
    chunks, scoring = read_chunks(file, column, "no score"), read_scoring(scorers, config)
    make_pieces = partial(score_records, chunks, scoring, processes=processes or cores(), standardize=form)
    make_tables = partial(score_tables, chunks, scoring, processes=processes or cores(), standardize=form)
    write_table(output, make_pieces, make_tables)


def read_scoring(scorers: str | None, config: Path | None) -> "Scoring":
    """What --scorers or --config ask for. Raises InputError where both or neither is given, ConfigError."""
    from molgan.scoring.settings import load_objective

    if (scorers is None) == (config is None):
        raise InputError("give either --scorers, such as --scorers qed,sa, or --config campaign.yaml")
    return (
        load_objective(config, print_foreign)
        if config is not None
        else [name.strip() for name in str(scorers).split(",")]
    )


def standardize(
    file: Molecules,
    output: TableOutput = "-",
    tautomers: Annotated[
        bool, typer.Option("--tautomers", help="Replace molecules by RDKit's canonical tautomer.")
    ] = False,
    drop_stereo: Annotated[bool, typer.Option("--drop-stereo", help="Remove stereo.")] = False,
    column: Column = None,
    processes: ProcessCount = None,
) -> None:
    """Standardise molecules: salts, solvents and charges are removed; one row for each molecule, in order.

    `smiles` is the standard form, `original` the text as given, `changes` lists the changes, and `error` is the reason
    where there is no standard form. All rows have the other columns of the file and their `line` in it. A file may have
    any length. After an interruption the same command continues where it stopped. Also spelled standardise.

    Example: `molgan standardize molecules.smi -o standard.csv`
    """
    from molgan.bulk.standardise_file import standardise_records, standardise_tables
    from molgan.chem.settings import StandardizeSettings

    settings = StandardizeSettings(tautomers=tautomers, keep_stereo=not drop_stereo)
    chunks, count = read_chunks(file, column, "no standard form"), processes or cores()
    make_pieces = partial(standardise_records, chunks, settings, processes=count)
    write_table(output, make_pieces, partial(standardise_tables, chunks, settings, processes=count))


def likelihood(
    file: Molecules,
    output: TableOutput = "-",
    weights: Weights = DEFAULT_WEIGHTS,
    target: Targets = None,
    column: Column = None,
    processes: ProcessCount = None,
) -> None:
    """Tell how likely molecules are under a generator: one row for each molecule, in order.

    `nll` is the negative log-likelihood in nats, `nll_per_atom` the same per heavy atom, `rank` the share of molecules
    of the training data that are less likely per atom (empty with targets, and where the weights do not know), and
    `error` the reason where there are no values. All rows have the other columns of the file and their `line` in it. A
    file may have any length. After an interruption the same command continues where it stopped.

    Example: `molgan likelihood molecules.smi -o nll.csv`
    """
    from molgan.bulk.likelihood_file import likelihood_records, likelihood_tables

    targets, count = _read_targets(target), processes or cores()
    chunks = read_chunks(file, column, "no likelihood")
    make_pieces = partial(likelihood_records, chunks, weights, targets, processes=count)
    write_table(output, make_pieces, partial(likelihood_tables, chunks, weights, targets, processes=count))


def write_table(
    output: str,
    make_pieces: "Callable[[Path | None, Progress], Iterator[str]]",
    make_tables: "Callable[[Path | None, Progress], Iterator[pandas.DataFrame]]",
) -> None:
    """Write the table of a file: from pieces of CSV, or from tables for another format. Both get the folder for
    finished chunks, beside the output."""
    from molgan.chem.writing import encode_table

    suffix = find_format(output, ".csv")
    with place_output(output) as place:
        target = find_regular_file(place)
        parts = target and target.with_name(f".{target.name}.parts")
        with show_progress() as progress, open_output(place) as stream:
            if suffix == ".csv":
                stream.writelines(map(str.encode, make_pieces(parts, progress)))
            else:
                stream.writelines(encode_table(make_tables(parts, progress), suffix))


def filter_(
    file: Molecules,
    config: Annotated[Path, typer.Option(help="A campaign, whose `filters` and `objective` are used.")],
    output: Annotated[
        str, typer.Option("-o", "--output", help="Folder or URL (s3://…) for library and rejected molecules.")
    ],
    column: Column = None,
    processes: ProcessCount = None,
    standardize: Standardize = False,
) -> None:
    """Pass molecules through a campaign's filters: library.csv, .smi, .sdf, .parquet, rejected.csv and funnel.json.

    A row that cannot be used is rejected. Library and rejected molecules have the line and the other columns of the
    file after their own; `duplicate_of` is the line of the molecule that a duplicate equals. A file may have any
    length. After an interruption the same command continues where it stopped.

    Example: `molgan filter molecules.smi --config configs/quickstart.yaml -o filtered/`
    """
    from molgan.bulk.filter_file import filter_records
    from molgan.config import load_config

    with place_output(output) as place:
        folder = name_folder(place)
        settings = load_config(config, on_foreign=print_foreign)
        if standardize and settings.standardize is None:
            settings = load_config(config, ["standardize=true"])
        with show_progress() as progress:
            counts = filter_records(
                read_chunks(file, column, "rejected"), settings, folder, progress, processes=processes or cores()
            )
    for count in counts:
        print(f"{count.stage:<24} {count.entered:>10,} in {count.kept:>10,} kept")
    shown = f"{output.rstrip('/')}/library.csv" if is_url(output) else folder / "library.csv"
    print(f"{counts[-1].kept:,} molecules in {shown}")


def read_chunks(file: str, column: str | None, fate: str, *, size: int = _CHUNK) -> "Iterator[list[Record]]":
    """The rows of a file in chunks of `size`, unusable rows included; `fate` says what happens to those."""
    from molgan.chem.reading import read_rows

    chunk: list[Record] = []
    characters = 0
    with report_bad_rows(file, fate) as on_bad:
        for record in read_rows(file, column=column, on_note=report_note(file)):
            if record.reason is not None:
                on_bad(record.line, record.reason)
            chunk.append(record)
            characters += len(record.smiles) + _CELL_CHARACTERS * len(record.fields)
            characters += sum(map(len, record.fields)) + sum(map(len, record.fields.values()))
            if len(chunk) == size or characters > _CHUNK_CHARACTERS:
                yield chunk
                chunk, characters = [], 0
        if chunk:
            yield chunk
