"""The verb that finds the odd ones among molecules."""

from pathlib import Path
from typing import Annotated

import typer

from molgan.base.default_weights import DEFAULT_WEIGHTS
from molgan.base.parallel import cores
from molgan.cli.bars import show_progress
from molgan.cli.molecules import Column, Molecules, ProcessCount, TableOutput, Weights, read_chunks
from molgan.cli.output import find_format, find_regular_file, open_output


def anomalies(
    file: Molecules,
    output: TableOutput = "-",
    top: Annotated[
        int | None, typer.Option(min=1, help="Write only so many, the strangest first; all in their order by default.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="An HTML page to write, with the part to blame of the strangest coloured.")
    ] = None,
    weights: Weights = DEFAULT_WEIGHTS,
    column: Column = None,
    processes: ProcessCount = None,
) -> None:
    """Rank molecules by how odd they look, and say which part is to blame: one row for each molecule, in order.

    `rank` is 1 for the strangest; `typicality` the share of real molecules that look stranger, by the critic of the
    weights, the likelihood and the least likely part together; `realism`, `critic`, `likelihood` and `part` by some of
    them. `blame` says why, `atoms` which atoms (from 0) of the SMILES as given, `fragment` is their SMARTS, `error` the
    reason where there are no values. All rows have the other columns of the file and their `line` in it. A file may
    have any length. After an interruption the same command continues where it stopped.

    Example: `molgan anomalies registry.csv -o odd.csv --report odd.html`
    """
    from molgan.bulk.anomaly_file import anomaly_records, parse_ranked
    from molgan.bulk.anomaly_ranks import AnomalyRanks
    from molgan.chem.writing import encode_table

    suffix = find_format(output, ".csv")
    target = find_regular_file(output)
    parts = target and target.with_name(f".{target.name}.parts")
    chunks = read_chunks(file, column, "not judged")
    with show_progress() as progress, open_output(output) as stream:
        pieces = anomaly_records(chunks, weights, parts, progress, processes=processes or cores())
        with AnomalyRanks(pieces) as ranks:
            if suffix == ".csv":
                stream.writelines(map(str.encode, ranks.write(top)))
            else:
                stream.writelines(encode_table(parse_ranked(ranks.write(top), weights), suffix))
            if report is not None:
                from molgan.report.anomaly_page import write_anomalies

                page = write_anomalies(report, ranks.strangest, ranks.values, ranks.errors, name=file)
                progress.message(f"page: {page}")
