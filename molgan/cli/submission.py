"""The verbs for runs on other machines: submit of campaigns and trainings, status."""

import json
import os
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from molgan.base.remote_files import restore_urls
from molgan.cli.bars import format_figures, print_foreign
from molgan.cli.campaigns import Config, Overrides, Smoke

if TYPE_CHECKING:
    from molgan.campaign.run_folder.status import Status

Address = Annotated[
    str, typer.Option(help="URL of the cluster's dashboard; RAY_API_SERVER_ADDRESS of the environment by default.")
]
Wheel = Annotated[Path | None, typer.Option(help="Build of molgan to run; the installed one by default.")]
Log = Annotated[str, typer.Option(help="Form of the job's log: plain, or json for machines.")]
Follow = Annotated[bool, typer.Option(help="Show the job's log until it ends, and exit with its code.")]

_SHOWN = ("loss", "score", "best", "unique", "accuracy", "auc", "molecules_per_second")


def submit_run(
    config: Config,
    overrides: Overrides = None,
    address: Address = "",
    wheel: Wheel = None,
    log: Log = "plain",
    follow: Follow = True,
    smoke: Smoke = False,
) -> None:
    """Run a campaign or a training as a Ray job on a cluster, like `molgan run` or `molgan train`.

    Example: `molgan submit configs/quickstart.yaml --address http://127.0.0.1:8265 compute.workers=8 out=s3://bucket/run`
    """
    from molgan.config import CampaignConfig, load

    settings = load(config, overrides or [], smoke=smoke, on_foreign=print_foreign)
    verb = "run" if isinstance(settings, CampaignConfig) else "train"
    send(verb, settings.model_dump(mode="json"), address, wheel, log, follow)


def send(
    verb: str, values: dict[str, Any] | None, address: str, wheel: Path | None, log: str, follow: bool, **more: Any
) -> None:
    """Submit a job, and end with its exit code; `more` are arguments of `molgan.distributed.jobs.submit`."""
    from molgan.distributed.jobs import submit

    address = address or os.environ.get("RAY_API_SERVER_ADDRESS", "http://127.0.0.1:8265")
    code = submit(
        verb,
        restore_urls(values),
        address,
        wheel=wheel,
        options=["--log", log],
        on_submitted=lambda job: print(f"job {job} at {address}", file=sys.stderr, flush=True),
        on_log=(lambda text: print(text, end="", flush=True)) if follow else None,
        **more,
    )
    raise typer.Exit(code)


def status(
    run: Annotated[
        str, typer.Argument(metavar="RUN", help="A run folder, such as runs/quickstart or s3://bucket/run.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show the state of a run, here or on storage: stages, steps, latest figures.

    Example: `molgan status runs/quickstart`
    """
    from molgan.campaign.run_folder.status import read_status

    found = read_status(run)
    if as_json:
        print(json.dumps({**asdict(found), "done": found.done}, default=str))
        return
    ago = "" if found.written is None else f", written {_format_span(found.written)} ago"
    print(f"{found.name}: {'done' if found.done else 'not done'}{ago}")
    for stage in found.stages:
        if stage.state == "done":
            seconds = "" if stage.seconds is None else f"{stage.seconds:.0f} s"
            auc = (stage.counts.get("critic") or {}).get("auc")
            text = f"done     {seconds}{'' if auc is None else f'  AUC of the critic {auc:.3f}'}"
        elif stage.metrics:
            figures = {name: stage.metrics[name] for name in _SHOWN if isinstance(stage.metrics.get(name), int | float)}
            steps = f"/{stage.metrics['steps']}" if "steps" in stage.metrics else ""
            text = f"{stage.state}  step {stage.metrics.get('step')}{steps} {format_figures(figures)}"
        else:
            text = stage.state
        print(f"  {stage.name:<12} {text}".rstrip())
    if found.library is not None:
        print(f"  {found.library:,} molecules in the library")
    _print_gains(found)


def _print_gains(found: "Status") -> None:
    """What each stage that trains the generator has bought, where that was measured."""
    from molgan.report.stage_gains import COLUMNS, read_gains

    gains = read_gains({stage.name: {"seconds": stage.seconds, **stage.counts} for stage in found.stages})
    if gains is None:
        return
    print(f"\nWhat each stage has bought, by {gains.samples:,} molecules each")
    rows = [("", COLUMNS), *gains.rows]
    first = max(len(title) for title, _ in rows)
    widths = [max(len(cells[i]) for _, cells in rows) for i in range(len(COLUMNS))]
    for title, cells in rows:
        print(
            f"  {title:<{first}}  " + "  ".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))
        )


def _format_span(since: datetime) -> str:
    seconds = max(0.0, (datetime.now(UTC) - since).total_seconds())
    for size, unit in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
