"""The verb benchmark: runs published tasks and prints the figures next to the published ones."""

from collections import defaultdict
from typing import TYPE_CHECKING, Annotated

import typer

from molgan.base.default_weights import DEFAULT_WEIGHTS
from molgan.cli.bars import show_progress
from molgan.cli.output import name_folder

if TYPE_CHECKING:
    from molgan.benchmarks.pmo import PmoResult

app = typer.Typer(help="Measure goal-directed design on published tasks.", no_args_is_help=True)


@app.callback()
def _verbs() -> None:
    """Measure goal-directed design on published tasks."""


@app.command()
def pmo(
    tasks: Annotated[
        str | None, typer.Option(help="Names of tasks, separated by commas; all eight by default.")
    ] = None,
    seeds: Annotated[str, typer.Option(help="Seeds, separated by commas; the mean over them is printed.")] = "0",
    budget: Annotated[
        int | None, typer.Option(min=1, help="Oracle calls for each task; 10,000 by default, as published.")
    ] = None,
    weights: Annotated[
        str, typer.Option(help="Shipped weights by name, or a folder that `molgan train` wrote.")
    ] = DEFAULT_WEIGHTS,
    library: Annotated[
        bool, typer.Option("--library", help="Score ease of synthesis too, and keep few molecules of a scaffold.")
    ] = False,
    output: Annotated[
        str | None,
        typer.Option("-o", "--output", help="Folder for a table of all calls; an interrupted run continues."),
    ] = None,
) -> None:
    """Run the development tasks of PMO: AUC top-10, SA score and diversity of the best 100 molecules.

    Example: `molgan benchmark pmo --tasks qed,median1 --seeds 0,1,2 -o runs/pmo`
    """
    from molgan.benchmarks.pmo import pmo as run
    from molgan.benchmarks.tasks import METHODS

    names = [name.strip() for name in tasks.split(",")] if tasks else None
    results: list[PmoResult] = []
    print(f"{'task':<24} {'seed':>4} {'AUC':>6} {'top 10':>6} {'SA':>5} {'div.':>5} {'calls':>6} {'CPU s':>6}")
    with show_progress() as progress:
        for result in run(
            names,
            [int(seed) for seed in seeds.split(",")],
            budget=budget,
            weights=weights,
            folder=None if output is None else name_folder(output),
            library=library,
            progress=progress,
        ):
            results.append(result)
            print(
                f"{result.task:<24} {result.seed:>4} {result.auc:6.3f} {result.best_10:6.3f} {result.sa:5.2f} "
                f"{result.diversity:5.2f} {result.calls:>6,} {result.cpu_seconds:6.0f}",
                flush=True,
            )
    if library:
        return  # no published figures for this score
    print(f"\n{'AUC top-10':<24} {'ours':>7}" + "".join(f" {name:>12}" for name in METHODS))
    _print_means(results)


def _print_means(results: "list[PmoResult]") -> None:
    from molgan.benchmarks.tasks import PUBLISHED

    by_task: dict[str, list[float]] = defaultdict(list)
    for result in results:
        by_task[result.task].append(result.auc)
    ours = {task: sum(values) / len(values) for task, values in by_task.items()}
    rows: list[tuple[str, float, tuple[float, ...]]] = [(task, value, PUBLISHED[task]) for task, value in ours.items()]
    sums = tuple(map(sum, zip(*(PUBLISHED[task] for task in ours), strict=True)))
    rows.append(("sum", sum(ours.values()), sums))
    for task, value, published in rows:
        print(f"{task:<24} {value:7.3f}" + "".join(f" {other:12.3f}" for other in published))
