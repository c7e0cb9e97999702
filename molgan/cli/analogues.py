"""The verb that draws analogues of given molecules."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from molgan.base.errors import InputError
from molgan.cli.bars import show_progress
from molgan.cli.molecules import Column, MisuseFilter, Molecules, Plausible, TableOutput, read_chunks
from molgan.cli.output import find_format, open_output

if TYPE_CHECKING:
    from molgan.models.analogues.analogue_search import AnalogueSearch

ChangePage = Annotated[Path | None, typer.Option(help="An HTML page to write, with what differs coloured.")]


def analogues(
    file: Molecules,
    number: Annotated[int, typer.Option("-n", "--number", min=1, help="Analogues of each molecule, at most.")] = 100,
    output: TableOutput = "-",
    weights: Annotated[
        str, typer.Option(help="Shipped weights that read a molecule, by name, or a folder that `molgan train` wrote.")
    ] = "analogues",
    similarity: Annotated[
        str, typer.Option(help="Lowest and highest Tanimoto similarity (ECFP4): 0.5:0.8; 0:1 for any.")
    ] = "0.4:1",
    target: Annotated[
        list[str] | None,
        typer.Option(
            "--target",
            help="Property to aim at: logp=2.5 its value, logp=-1.0 or logp=+1.0 the change, logp==-0.5 a negative "
            "value; may be repeated for others.",
        ),
    ] = None,
    keep: Annotated[
        str | None, typer.Option(help="SMILES of a part that all analogues keep: 'c1ccc2[nH]ncc2c1'.")
    ] = None,
    properties: Annotated[
        str | None, typer.Option(help="Further scorers, separated by commas, whose values are told before and after.")
    ] = None,
    guidance: Annotated[float, typer.Option(help="How strongly to aim: 1 as in the data; more is nearer.")] = 1.0,
    temperature: Annotated[float, typer.Option(help="Above 1 analogues vary more, below 1 less.")] = 1.0,
    max_atoms: Annotated[int | None, typer.Option(help="Most heavy atoms; those of the weights by default.")] = None,
    budget: Annotated[
        int | None, typer.Option(help="Most molecules drawn for each; twenty for each analogue by default.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed; the same seed gives the same analogues.")] = 0,
    report: ChangePage = None,
    column: Column = None,
    misuse_filter: MisuseFilter = True,
    plausible: Plausible = True,
) -> None:
    """Draw analogues of molecules: best first, some rows for each, one with the reason where there are none.

    `change` is the transformation, as of matched molecular pairs; `log_likelihood` is given the molecule, in nats; and
    each property comes before and after. With targets the analogues nearest to them are the first, else the likeliest.

    Example: `molgan analogues lead.smi -n 100 --similarity 0.5:0.8 --target logp=-1.0 -o analogues.csv`
    """
    from molgan.models.analogues.analogue_search import AnalogueSearch
    from molgan.models.analogues.request import AnalogueRequest, read_range, read_target

    targets, changes = dict[str, float](), dict[str, float]()
    for name, value, is_change in map(read_target, target or []):
        if name in targets or name in changes:
            raise InputError(f"--target: {name} is given twice")
        (changes if is_change else targets)[name] = value
    request = AnalogueRequest(
        n=number,
        similarity=read_range(similarity),
        targets=targets,
        changes=changes,
        keep=keep,
        guidance=guidance,
        temperature=temperature,
        max_atoms=max_atoms,
        budget=budget,
        properties=[name.strip() for name in properties.split(",")] if properties else [],
        misuse_filter=misuse_filter,
        plausible=plausible,
    )
    find_format(output, ".csv")
    write_found(file, AnalogueSearch.load(weights, request, seed=seed), "analogues", output, report, column)


def write_found(
    file: str, search: "AnalogueSearch", task: str, output: str, report: Path | None, column: str | None
) -> None:
    """Write what a search finds for each molecule of a file as a table, and a page that draws it where one is asked
    for. `task` says what is found: "analogues"."""
    from molgan.bulk.analogue_table import analogue_tables, name_records
    from molgan.chem.writing import encode_table
    from molgan.models.analogues.analogue_search import Found

    suffix = find_format(output, ".csv")
    with show_progress() as progress, open_output(output) as stream:
        progress.start(task)

        def count(found: Found) -> None:
            progress.advance(task)

        records = (record for chunk in read_chunks(file, column, f"no {task}") for record in chunk)
        tables = analogue_tables(name_records(records), search, on_done=count, on_doubt=progress.message)
        if report is None:
            stream.writelines(encode_table(tables, suffix))
        else:
            from molgan.report.analogue_page import write_analogues

            kept = list(tables)
            stream.writelines(encode_table(kept, suffix))
            progress.message(f"page: {write_analogues(report, kept, search.request.shown)}")
        progress.finish(task)
