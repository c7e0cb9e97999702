"""Measure the worth of each part of goal-directed design: AUC top-10 on tasks of PMO with one part left out.

    python scripts/benchmarks/design_ablation.py --weights medchem [--budget 2000] [--seeds 0 1 2]

AUCs are over `budget` calls and therefore below those over 10,000. A part that is left out leaves its candidates to the
others: the oracle is called as often.
"""

import argparse

import numpy as np
from rich.console import Console
from rich.table import Table

from molgan.benchmarks.pmo import pmo

PARTS: dict[str, dict[str, object]] = {
    "all": {},
    "no surrogate": {"surrogate": 0},
    "no learning": {"updates": 0},
    "no regrowth": {"regrowth": 0},
    "no crossover": {"crossover": 0},
    "no edits": {"edit": 0},
    "no mutations": {"mutation": 0},
    "no exchange of rings": {"exchange": 0},
    "no generations": {"generations": 0},
    "no genetic moves": {"regrowth": 0, "crossover": 0, "edit": 0, "mutation": 0, "exchange": 0, "policy": 400},
    "no new start": {"restart": None},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", default="medchem")
    parser.add_argument("--budget", type=int, default=2_000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--tasks", nargs="+", default=["isomers_c7h8n2o2", "perindopril_mpo", "zaleplon_mpo"])
    parser.add_argument("--parts", nargs="+", default=list(PARTS), choices=list(PARTS))
    arguments = parser.parse_args()
    table = Table(title=f"AUC top-10 over {arguments.budget:,} calls, mean of seeds {arguments.seeds} (deviation)")
    for column in ("", *arguments.tasks, "sum", "CPU seconds a run"):
        table.add_column(column, justify="left" if not column else "right")
    for part in arguments.parts:
        runs = list(
            pmo(
                arguments.tasks,
                arguments.seeds,
                budget=arguments.budget,
                weights=arguments.weights,
                settings=PARTS[part],
            )
        )
        values = [np.array([run.auc for run in runs if run.task == task]) for task in arguments.tasks]
        cells = [f"{each.mean():.3f} ({each.std():.3f})" for each in values]
        total, seconds = sum(each.mean() for each in values), np.mean([run.cpu_seconds for run in runs])
        table.add_row(part, *cells, f"{total:.3f}", f"{seconds:.0f}")
        print(f"{part}: {total:.3f}", flush=True)
    Console(width=160).print(table)


if __name__ == "__main__":
    main()
