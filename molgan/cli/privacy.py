"""The verbs on secret data: secret-list and audit."""

from pathlib import Path
from typing import Annotated

import typer

from molgan.base.errors import InputError
from molgan.base.parallel import cores
from molgan.cli.bars import show_progress
from molgan.cli.molecules import Column, Molecules, ProcessCount, read_chunks
from molgan.cli.output import find_regular_file, report_bad_rows

_KEY_VARIABLE = "MOLGAN_SECRET_KEY"

KeyVariable = Annotated[str, typer.Option("--key-variable", help="Environment variable that has the key.")]


def secret_list(
    file: Molecules,
    output: Annotated[str, typer.Option("-o", "--output", help="The list to write.")],
    key_variable: KeyVariable = _KEY_VARIABLE,
    ignore_stereo: Annotated[bool, typer.Option("--ignore-stereo", help="List stereoisomers, too.")] = False,
    ignore_tautomers: Annotated[bool, typer.Option("--ignore-tautomers", help="List tautomers, too.")] = False,
    keep_salts: Annotated[
        bool, typer.Option("--keep-salts", help="Tell a salt from its parent; by default the parent is listed.")
    ] = False,
    column: Column = None,
    processes: ProcessCount = None,
) -> None:
    """Make a list of molecules that must not be drawn, and that reveals none of them: for the filter `novel`.

    Each molecule becomes a keyed digest (HMAC-SHA256) of its parent's canonical form. The key, of at least 32
    characters, is read from the environment: `export MOLGAN_SECRET_KEY=$(openssl rand -hex 32)`. Who filters needs the
    same key; without it the list tells nothing but the number of molecules, up to a factor of two.

    Example: `molgan secret-list company.smi -o company.list`
    """
    from molgan.bulk.secret_list_file import make_secret_list
    from molgan.filters.known.identity import Sameness
    from molgan.filters.known.secret_list import read_key

    key = read_key(key_variable)
    if (target := find_regular_file(output)) is None:
        raise InputError("-o: name a file for the list; it cannot go to standard output")
    same = Sameness(stereo=ignore_stereo, salts=not keep_salts, tautomers=ignore_tautomers)
    chunks = read_chunks(file, column, "not listed")
    with show_progress() as progress, report_bad_rows(file, "not listed") as on_bad:
        made, count = make_secret_list(
            chunks, same, key, on_bad=on_bad, processes=processes or cores(), progress=progress
        )
    made.save(target)
    print(f"{count:,} molecules in {Path(output)}")
