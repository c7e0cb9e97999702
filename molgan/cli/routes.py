"""The verb that finds synthesis routes."""

from pathlib import Path
from typing import Annotated

import typer

from molgan.base.errors import InputError
from molgan.cli.bars import show_progress
from molgan.cli.molecules import Column, Molecules, read_chunks, write_table
from molgan.cli.output import open_output

_CHUNK = 64

Stock = Annotated[
    list[str] | None,
    typer.Option(help="Stock by name, enamine or reagents, or a file of molecules; may be repeated. Both by default."),
]
Templates = Annotated[
    list[str] | None,
    typer.Option(
        help="Set of reactions, hartenfeller_button, synformer or interconversions, or a file of reaction SMARTS; may "
        "be repeated. All three by default."
    ),
]


def routes(
    file: Molecules,
    output: Annotated[
        str,
        typer.Option(
            "-o", "--output", help="A .json file, or .csv, .tsv, .smi (also .gz), .sdf, .parquet; - is CSV to stdout."
        ),
    ] = "-",
    stock: Stock = None,
    templates: Templates = None,
    depth: Annotated[int, typer.Option(min=1, max=12, help="Most reactions in a line.")] = 5,
    expansions: Annotated[
        int, typer.Option(min=1, max=100_000, help="Most molecules that are taken apart in the search for a route.")
    ] = 100,
    timeout: Annotated[float, typer.Option(min=1, help="Seconds after which a molecule is given up.")] = 300.0,
    make: Annotated[
        bool, typer.Option("--make", help="Find a route also for a molecule that is in stock itself.")
    ] = False,
    draw: Annotated[Path | None, typer.Option(help="Folder for a drawing (.svg) of each route.")] = None,
    column: Column = None,
    processes: Annotated[int | None, typer.Option(min=1, help="Processes; one for each core by default.")] = None,
) -> None:
    """Find synthesis routes from building blocks: one row for each molecule, in order.

    `reactions` are reaction SMILES in the order in which they are run, `titles` name them, `blocks` and `numbers` are
    what is bought, and `error` is the reason where there is no route. JSON has it all as objects. What was found is
    kept, so that the same command continues after an interruption. Needs the extra synthesis.

    Example: `molgan routes molecules.smi -o routes.json --draw drawings/`
    """
    from molgan.bulk.route_file import route_objects, route_records, route_tables
    from molgan.scoring.parameters import validate_section
    from molgan.scoring.scorers.retrosynthesis.route_finder import share_finder
    from molgan.scoring.scorers.retrosynthesis.route_settings import RouteSettings

    given: dict[str, object] = {"stock": stock, "templates": templates, "depth": depth, "expansions": expansions}
    given |= {"timeout": timeout, "processes": processes}
    chosen = {name: value for name, value in given.items() if value}
    finder = share_finder(validate_section(RouteSettings, chosen, "molgan routes"), buy=not make)
    chunks = read_chunks(file, column, "no route", size=_CHUNK)
    if output.lower().endswith((".json", ".json.gz")):
        with show_progress() as progress, open_output(output) as stream:
            stream.writelines(map(str.encode, route_objects(chunks, finder, progress)))
    else:
        write_table(
            output,
            lambda folder, progress: route_records(chunks, finder, folder, progress),
            lambda folder, progress: route_tables(chunks, finder, folder, progress),
        )
    if draw is not None:
        if file == "-":
            raise InputError("--draw reads the molecules again: give a file, not stdin")
        from molgan.bulk.route_drawings import draw_all

        draw_all(read_chunks(file, column, "no route", size=_CHUNK), finder, draw)
