"""Benchmarks of goal-directed design."""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from molgan.errors import ConfigError
from molgan.progress import Progress, Silent

if TYPE_CHECKING:
    import pandas

_TOP = 100  # molecules whose SA and diversity are measured


class PmoResult(NamedTuple):
    """One task by one seed. `sa` (1 to 10) and `diversity` (0 to 1) are means over the best 100 molecules."""

    task: str
    seed: int
    auc: float
    best_10: float
    sa: float
    diversity: float
    calls: int
    cpu_seconds: float


def pmo(
    tasks: Sequence[str] | None = None,
    seeds: Sequence[int] = (0,),
    *,
    budget: int | None = None,
    weights: str | Path = "moses",
    folder: Path | None = None,
    settings: dict[str, Any] | None = None,
    progress: Progress | None = None,
) -> Iterator[PmoResult]:
    """Run development tasks of PMO, all eight by default, one setting for all; each result as it is there.

    With a `folder` each run's calls are written to TASK_SEED.csv there, and an interrupted benchmark goes on where it
    stopped. Raises ConfigError for an unknown task.
    """
    from molgan.design import design
    from molgan.evaluation.pmo import BUDGET, PUBLISHED, auc_top, task

    budget = budget or BUDGET
    for name in tasks or PUBLISHED:
        if name not in PUBLISHED:
            raise ConfigError(f"no development task {name!r}: known are {', '.join(PUBLISHED)}")
    for name in tasks or PUBLISHED:
        for seed in seeds:
            began = time.process_time()
            table = design(
                task(name),
                budget,
                seed=seed,
                weights=weights,
                folder=folder and folder / f"{name}_{seed}",
                settings=settings,
                progress=progress or Silent(),
            )
            spent = time.process_time() - began
            if folder is not None:
                table.to_csv(folder / f"{name}_{seed}.csv", index=False)
            sa, diversity = top_quality(table)
            auc = auc_top(table["score"].tolist(), budget)
            yield PmoResult(name, seed, auc, float(table["best"].iloc[-1]), sa, diversity, len(table), spent)


def top_quality(table: "pandas.DataFrame", top: int = _TOP) -> tuple[float, float]:
    """Mean SA score and internal diversity of the best `top` molecules of a table of calls."""
    from rdkit import Chem

    from molgan.chem.fingerprints import ecfp, internal_diversity
    from molgan.scoring.registry import get_scorer

    best = table.sort_values("score", ascending=False, kind="stable")["smiles"].head(top).tolist()
    return (
        float(get_scorer("sa")(best).values.mean()),
        internal_diversity(ecfp([Chem.MolFromSmiles(smiles) for smiles in best])),
    )
