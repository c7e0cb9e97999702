"""The verb submit, which files of molecules can be given to as well: submit filter, submit score."""

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from molgan.base.errors import InputError
from molgan.base.remote_files import is_url
from molgan.cli.bars import print_foreign
from molgan.cli.campaigns import Overrides
from molgan.cli.molecules import Column, Molecules, ProcessCount, Standardize
from molgan.cli.output import find_format
from molgan.cli.submission import Address, Follow, Log, Wheel, send, submit_run

_USUAL = "run"


class _Kinds(TyperGroup):
    """What is not a kind of job is the configuration of a run."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not args or args[0] not in (*self.commands, "--help"):
            args = [_USUAL, *args]
        return list(super().parse_args(ctx, args))


app = typer.Typer(
    cls=_Kinds,
    help="Run a campaign, a training, `filter` or `score` as a Ray job on a cluster.\n\n"
    "`molgan submit CONFIG …` is `molgan submit run CONFIG …`.\n\n"
    "Example: `molgan submit configs/quickstart.yaml --address http://127.0.0.1:8265 out=s3://bucket/run`",
    rich_markup_mode="markdown",
)
"""The verb, whose usual kind of job is a run."""

app.command(_USUAL)(submit_run)


@app.command("filter")
def submit_filter(
    file: Molecules,
    config: Annotated[Path, typer.Option(help="A campaign, whose `filters` and `objective` are used.")],
    output: Annotated[str, typer.Option("-o", "--output", help="Folder that the cluster's machines see.")],
    overrides: Overrides = None,
    column: Column = None,
    processes: ProcessCount = None,
    standardize: Standardize = False,
    address: Address = "",
    wheel: Wheel = None,
    log: Log = "plain",
    follow: Follow = True,
) -> None:
    """Pass molecules through a campaign's filters as a Ray job, like `molgan filter`.

    Its actors, `compute.workers`, are where the cluster has room. The file, the files that the campaign names and own
    scorers travel with the job.

    Example: `molgan submit filter molecules.smi --config configs/quickstart.yaml -o /shared/filtered compute.workers=8`
    """
    from molgan.config import load_config

    settings = load_config(config, overrides or [], on_foreign=print_foreign)
    arguments = _write_arguments(file, output, column, processes, standardize)
    name = f"filter-{settings.name}"
    values = settings.model_dump(mode="json")
    how = {"arguments": [*arguments, "--config", _get_config_place()], "out": output, "name": name}
    send("filter", values, address, wheel, log, follow, **how)


@app.command("score")
def submit_score(
    file: Molecules,
    output: Annotated[str, typer.Option("-o", "--output", help="Table in a folder that the cluster's machines see.")],
    scorers: Annotated[
        str | None, typer.Option(help="Names of scorers, separated by commas; see `molgan list scorers`.")
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="A campaign, or a file with an `objective` alone, in place of --scorers.")
    ] = None,
    column: Column = None,
    processes: ProcessCount = None,
    standardize: Standardize = False,
    address: Address = "",
    wheel: Wheel = None,
    log: Log = "plain",
    follow: Follow = True,
) -> None:
    """Score molecules as a Ray job, like `molgan score`, on the one machine that runs the job.

    Example: `molgan submit score molecules.smi --scorers qed,sa -o /shared/scores.csv --address http://127.0.0.1:8265`
    """
    from molgan.cli.molecules import read_scoring
    from molgan.scoring.registry import get_scorer
    from molgan.scoring.settings import ObjectiveSettings

    find_format(output, ".csv")
    scoring = read_scoring(scorers, config)
    arguments = _write_arguments(file, output, column, processes, standardize)
    values = None
    if isinstance(scoring, ObjectiveSettings):
        values = {"objective": scoring.model_dump(mode="json")}
        arguments += ["--config", _get_config_place()]
    else:
        for name in scoring:
            get_scorer(name)
        arguments += ["--scorers", ",".join(scoring)]
    how = {"arguments": arguments, "out": output, "name": f"score-{Path(file).name}"}
    send("score", values, address, wheel, log, follow, **how)


def _write_arguments(
    file: str, output: str, column: str | None, processes: int | None, standardize: bool
) -> list[str | Path]:
    """The arguments of the verb, of which a path travels; a URL is read by the job. Raises InputError for a file that
    cannot travel."""
    if not is_url(file) and not Path(file).is_file():
        reason = "a job has no standard input" if file == "-" else "no such file"
        raise InputError(f"{file}: {reason}; name a file of molecules")
    arguments: list[str | Path] = [file if is_url(file) else Path(file), "-o", output]
    arguments += [] if column is None else ["--column", column]
    arguments += [] if processes is None else ["--processes", str(processes)]
    return arguments + (["--standardize"] if standardize else [])


def _get_config_place() -> str:
    from molgan.distributed.jobs import CONFIG

    return CONFIG
