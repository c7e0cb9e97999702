"""Runs the PMO benchmark of goal-directed design."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from molgan.base.default_weights import DEFAULT_WEIGHTS
from molgan.base.errors import ConfigError
from molgan.base.progress import Progress, Silent

if TYPE_CHECKING:
    import pandas

    from molgan.training.design.ledger import Oracle

_TOP = 100  # best molecules whose SA score and diversity are measured
_PER_SCAFFOLD = 5  # most molecules of one scaffold in a library


class PmoResult(NamedTuple):
    """Result of one task with one seed. `sa` (1 to 10) and `diversity` (0 to 1): means over the best 100 molecules."""

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
    weights: str | Path = DEFAULT_WEIGHTS,
    folder: Path | None = None,
    settings: dict[str, Any] | None = None,
    library: bool = False,
    progress: Progress | None = None,
) -> Iterator[PmoResult]:
    """Run development tasks of PMO with the same settings for all; yields each result as soon as it is known.

    Args:
        tasks: Names of the tasks; all eight by default.
        seeds: Each task runs once for each seed.
        budget: Oracle calls for a task; 10,000 by default, as published.
        weights: The prior, by name or folder.
        folder: Where the calls of each run are written, as TASK_SEED.csv; an interrupted benchmark continues there.
        settings: Fields of `OptimizeSettings`.
        library: Make a library that a chemist can use: the score is the geometric mean of the task and the ease of
            synthesis, and few molecules of one scaffold are kept. AUC and top 10 are then of that score.
        progress: Shows the progress.

    Raises:
        ConfigError: A task is unknown.
    """
    from molgan.benchmarks.tasks import BUDGET, PUBLISHED, auc_top, task
    from molgan.training.design.optimize_table import optimize_table

    budget = budget or BUDGET
    for name in tasks or PUBLISHED:
        if name not in PUBLISHED:
            raise ConfigError(f"no development task {name!r}; known: {', '.join(PUBLISHED)}")
    for name in tasks or PUBLISHED:
        for seed in seeds:
            start = time.process_time()
            table = optimize_table(
                reward_synthesis(task(name)) if library else task(name),
                budget,
                seed=seed,
                weights=weights,
                folder=folder and folder / f"{name}_{seed}",
                settings={**(settings or {}), **({"per_scaffold": _PER_SCAFFOLD} if library else {})},
                progress=progress or Silent(),
            )
            spent = time.process_time() - start
            if folder is not None:
                table.to_csv(folder / f"{name}_{seed}.csv", index=False)
            sa, diversity = measure_quality(table, per_scaffold=_PER_SCAFFOLD if library else None)
            auc = auc_top(table["score"].tolist(), budget)
            yield PmoResult(name, seed, auc, float(table["best"].iloc[-1]), sa, diversity, len(table), spent)


def reward_synthesis(oracle: "Oracle") -> "Oracle":
    """The geometric mean of an oracle and of ease of synthesis: 1 below an SA score of 2, about 0 above 4."""
    import numpy as np

    from molgan.scoring.registry import get_scorer

    sa = get_scorer("sa")

    def score_both(smiles: list[str]) -> list[float]:
        ease = np.clip((4 - sa(smiles).values) / 2, 0, 1)
        both: list[float] = np.sqrt(np.asarray(oracle(smiles)) * ease).tolist()
        return both

    return score_both


def measure_quality(
    table: "pandas.DataFrame", top: int = _TOP, *, per_scaffold: int | None = None
) -> tuple[float, float]:
    """Mean SA score and internal diversity of the best `top` molecules of a table of calls, at most so many of one
    Murcko scaffold."""
    from rdkit import Chem

    from molgan.chem.fingerprints import ecfp, internal_diversity, murcko_scaffold
    from molgan.scoring.registry import get_scorer

    count: Counter[str] = Counter()
    best = []
    for smiles in table.sort_values("score", ascending=False, kind="stable")["smiles"]:
        mol = Chem.MolFromSmiles(smiles)
        if per_scaffold is not None:
            scaffold = murcko_scaffold(mol)
            count[scaffold] += 1
            if count[scaffold] > per_scaffold:
                continue
        best.append(mol)
        if len(best) == top:
            break
    sa = get_scorer("sa")([Chem.MolToSmiles(mol) for mol in best]).values
    return float(sa.mean()), internal_diversity(ecfp(best))
