"""The verb sweep: a campaign many times over, with other values of some keys."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from molgan.base.stopping import stop_on_sigterm
from molgan.cli.bars import format_number, print_foreign, show_progress
from molgan.cli.campaigns import Smoke
from molgan.cli.lists import align

if TYPE_CHECKING:
    from molgan.campaign.sweep.run_sweep import SweepResult

_MOST_SHOWN = 20


def sweep(
    config: Annotated[Path, typer.Argument(metavar="SWEEP", help="A sweep in YAML, such as configs/sweep.yaml.")],
    overrides: Annotated[
        list[str] | None,
        typer.Argument(metavar="[KEY=VALUE]…", help="Values that replace those of the sweep: trials=8 metric=yield."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check the sweep and print its trials, without running any.")
    ] = False,
    smoke: Smoke = False,
) -> None:
    """Run a campaign with many values of some keys, by Ray Tune, and tell which are best; or go on with it.

    Example: `molgan sweep configs/sweep.yaml --dry-run`
    """
    from molgan.config.sweep import load_sweep

    found = load_sweep(config, overrides or [], smoke=smoke, on_foreign=print_foreign)
    from molgan.campaign.sweep.run_sweep import check_sweep, run_sweep
    from molgan.campaign.sweep.sweep_table import write_value

    keys = list(found.settings.keys)
    if dry_run:
        check_sweep(found)
        print(f"{config}: {len(found.trials):,} trials of {found.settings.campaign}, in {found.settings.folder}")
        rows = [[trial.name, *(write_value(trial.values[key]) for key in keys)] for trial in found.trials]
        print("\n".join(align(["trial", *keys], rows)))
        return
    with stop_on_sigterm(), show_progress() as progress:
        result = run_sweep(found, progress=progress)
    _print_result(result, keys)


def _print_result(result: "SweepResult", keys: Sequence[str]) -> None:
    from molgan.campaign.sweep.sweep_table import write_value

    rows = [
        [row.name, *(write_value(row.values[key]) for key in keys), _format(row.figure), row.state]
        for row in result.ranked[:_MOST_SHOWN]
    ]
    print("\n".join(align(["trial", *keys, result.metric, "state"], rows)))
    if more := len(result.rows) - len(rows):
        print(f"and {more:,} more")
    print(f"{result.folder / 'sweep.csv'}, {result.folder / 'sweep.html'}")


def _format(value: float) -> str:
    return "" if value != value else format_number(value)  # NaN
