"""The verbs on runs that are at work: stop, logs."""

import json
import os
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from molgan.cli.bars import format_figures, print_message

_SECONDS_BETWEEN_LOOKS = 1.0
_KEPT = ("time", "event", "task", "done", "total", "text", "notes", "job", "stage", "node", "process")

Run = Annotated[
    str,
    typer.Argument(metavar="RUN", help="A run folder; or with --address a job: its number, its `out` or its name."),
]
Address = Annotated[
    str | None,
    typer.Option(help="URL of a cluster's dashboard, where the run is a job; RAY_API_SERVER_ADDRESS by default."),
]


def stop(
    run: Run,
    address: Address = None,
    wait: Annotated[float, typer.Option(min=0, help="Seconds to wait until it has left.")] = 60.0,
) -> None:
    """Ask a run to save and leave: the same command goes on from there. It has 25 s for that.

    Example: `molgan stop runs/quickstart`, or `molgan stop s3://bucket/run --address http://127.0.0.1:8265`
    """
    if (cluster := _find_cluster(run, address)) is None:
        from molgan.campaign.run_folder.stop_run import stop_run

        process = stop_run(Path(run), wait)
        print(f"{run}: " + ("nothing is at work there" if process is None else f"process {process} has left"))
        return
    from molgan.distributed.job_control import find_job, stop_job

    job = find_job(run, cluster)
    print(f"job {job} " + ("has been stopped" if stop_job(job, cluster, wait) else "was over"))


def logs(
    run: Run,
    address: Address = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until the run ends.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the lines as they are, JSON.")] = False,
) -> None:
    """Show what a run has told, here, on storage or as a job: messages, and the latest figures of each stage.

    Example: `molgan logs runs/quickstart -f`
    """
    if (cluster := _find_cluster(run, address)) is not None and "://" not in run:
        from molgan.distributed.job_control import find_job, show_log

        show_log(find_job(run, cluster), cluster, lambda text: print(text, end="", flush=True), follows=follow)
        return
    from molgan.campaign.run_folder.run_log import read_log
    from molgan.campaign.run_folder.status import read_status

    shown = 0
    while True:
        is_over = not follow or read_status(run).done or not _is_at_work(run)
        rows = read_log(run, shown)
        for row in rows:
            print(json.dumps(row) if as_json else _format(row), flush=True)
        shown += len(rows)
        if is_over:
            break
        time.sleep(_SECONDS_BETWEEN_LOOKS)
    if not shown:
        read_status(run)  # raises where there is no run folder
        print_message(f"{run}: no log; runs of earlier versions kept none")


def _find_cluster(run: str, address: str | None) -> str | None:
    """The cluster where a run is a job; None for a run folder."""
    if address is None and Path(run).is_dir():
        return None
    return address or os.environ.get("RAY_API_SERVER_ADDRESS")


def _is_at_work(run: str) -> bool:
    """Whether a process works in a run folder; of one on storage that is not known."""
    if "://" in run:
        return True
    from molgan.campaign.run_folder.stop_run import find_worker

    return find_worker(Path(run)) is not None


def _format(row: dict[str, Any]) -> str:
    when, stage = str(row.get("time", ""))[:19].replace("T", " "), str(row.get("stage", ""))
    if "text" in row:
        text = f"error: {row['text']}" if row.get("event") == "error" else str(row["text"])
    else:
        count = f"{row.get('done', 0):,}" + (f" of {row['total']:,}" if row.get("total") is not None else "")
        figures = {name: value for name, value in row.items() if name not in _KEPT and isinstance(value, int | float)}
        text = f"{row.get('task')}: {row.get('event')} {count} {format_figures(figures)}".rstrip()
    return f"{when}  {stage:<12} {text}"
