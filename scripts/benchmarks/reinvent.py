"""Compare reinforcement learning and goal-directed design with a reproduction of REINVENT on one objective.

    python scripts/benchmarks/medchem.py lstm --weights medchem --seconds 13000     # REINVENT's prior, once
    python scripts/benchmarks/reinvent.py --calls 5000 --seeds 0 1 2 > reinvent.md

The objective is that of a campaign's YAML. Each method may score `--calls` distinct valid molecules. No package brings
REINVENT4's code or its prior: this is its algorithm with its default settings (`reinvent_loop.py`) on a character LSTM
that was trained on the same molecules as our prior, for the same processor time.

Prints, as the mean over the seeds with its standard deviation: the best score, the mean of the best 100, the mean of
the last tenth of the calls, distinct molecules above .8 and their Murcko scaffolds, the share of those molecules that
the filter `plausible` keeps, and minutes.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from lstm_training import load_state, restore
from medchem_sets import ROOT, print_table
from rdkit import Chem, rdBase
from reinvent_loop import learn
from stages import write_spread

import molgan
from molgan.base.yaml import YamlFile
from molgan.chem.fingerprints import murcko_scaffold
from molgan.filters.funnel import Funnel
from molgan.models.loading import load_generator
from molgan.scoring.objective import Objective
from molgan.scoring.settings import ObjectiveSettings
from molgan.training.rl.reinforce import reinforce
from molgan.training.rl.settings import ReinforceSettings

COLUMNS = ("best", "best 100", "last tenth", "above .8", "their scaffolds", "of them plausible", "minutes")
HIGH = 0.8


class Spent(Exception):
    """All calls are made."""


class Recorder:
    """Scores molecules, each once, and remembers them in order until the calls are spent."""

    def __init__(self, objective: Objective, calls: int) -> None:
        self.scores: dict[str, float] = {}
        self.left = calls
        self._objective = objective

    def __call__(self, smiles: Sequence[str | None]) -> np.ndarray:
        """Raises Spent where no call is left."""
        asked = list(dict.fromkeys(text for text in smiles if text is not None and text not in self.scores))
        new = asked[: self.left]
        self.left -= len(new)
        found = np.nan_to_num(self._objective(new).total).tolist() if new else []
        self.scores.update(zip(new, found, strict=True))
        if len(new) < len(asked):
            raise Spent
        return np.array([self.scores.get(text, 0.0) if text is not None else 0.0 for text in smiles])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, default=ROOT / "configs" / "quickstart.yaml", help="whose objective")
    parser.add_argument("--methods", nargs="+", choices=list(METHODS), default=list(METHODS))
    parser.add_argument("--calls", type=int, default=5_000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--weights", default="medchem", help="our prior")
    parser.add_argument("--state", type=Path, default=Path("runs/medchem_lstm.pt"), help="REINVENT's prior")
    arguments = parser.parse_args()
    settings = ObjectiveSettings.model_validate(YamlFile(arguments.config).values["objective"])
    rows: dict[str, list[str]] = {}
    for method in arguments.methods:
        outcomes = []
        for seed in arguments.seeds:
            recorder, began = Recorder(Objective(settings), arguments.calls), time.monotonic()
            with rdBase.BlockLogs():
                METHODS[method](recorder, seed, arguments)
            outcomes.append([*measure(recorder.scores), (time.monotonic() - began) / 60])
        rows[method] = [write_spread([outcome[i] for outcome in outcomes]) for i in range(len(COLUMNS))]
    print_table(f"{arguments.config.stem}, {arguments.calls:,} calls, {len(arguments.seeds)} seeds", COLUMNS, rows)


def run_reinvent(recorder: Recorder, seed: int, arguments: argparse.Namespace) -> None:
    """REINVENT's loop; a batch of an agent that repeats itself costs no call, and 20 of them end it."""
    state = load_state(arguments.state)
    if state is None:
        raise SystemExit(f"{arguments.state}: missing; train it first (medchem.py lstm)")
    torch.manual_seed(seed)
    seen: list[int] = []

    def is_going() -> bool:
        seen.append(recorder.left)
        return recorder.left > 0 and (len(seen) < 20 or seen[-20] > seen[-1])

    run_until_spent(lambda: learn(restore(state), recorder, seed=seed, going=is_going))


def run_reinforce(recorder: Recorder, seed: int, arguments: argparse.Namespace) -> None:
    """Reinforcement learning as the section `reinforce` does it, without a critic."""
    settings = ReinforceSettings(steps=recorder.left)
    run_until_spent(lambda: reinforce(load_generator(arguments.weights), recorder, settings, seed=seed))


def run_optimize(recorder: Recorder, seed: int, arguments: argparse.Namespace) -> None:
    """Goal-directed design as the section `optimize` does it."""
    molgan.optimize(lambda smiles: recorder(smiles).tolist(), recorder.left, seed, weights=arguments.weights)


METHODS: dict[str, Callable[[Recorder, int, argparse.Namespace], None]] = {
    "REINVENT, reproduced": run_reinvent,
    "molgan reinforce": run_reinforce,
    "molgan optimize": run_optimize,
}


def run_until_spent(work: Callable[[], object]) -> None:
    try:
        work()
    except Spent:
        return


def measure(scores: dict[str, float]) -> list[float]:
    """The figures of `COLUMNS` but for the minutes, of scores in the order of the calls."""
    values = np.array(list(scores.values()))
    high = [text for text, score in scores.items() if score >= HIGH]
    with rdBase.BlockLogs():
        scaffolds = {murcko_scaffold(Chem.MolFromSmiles(text)) for text in high}
    return [
        values.max(),
        np.sort(values)[-100:].mean(),
        values[-max(1, len(values) // 10) :].mean(),
        float(len(high)),
        float(len(scaffolds)),
        len(Funnel(["plausible"])(high).kept) / len(high) if high else np.nan,
    ]


if __name__ == "__main__":
    main()
