"""Distinct valid molecules a second: a prior, raw and refined, and the trained character LSTM, in turns on one machine,
each in the same precision. What a molecule is counts as in the sampling of `sampling.py`: all that is drawn, distinct
and valid of it.
"""

import argparse
from collections.abc import Callable, Sequence
from functools import partial

import torch
from medchem_lstm import get_model
from medchem_sets import print_table
from sampling import time_in_turns

from molgan.base.progress import Progress
from molgan.chem.molecule import parse_all
from molgan.models.loading import load_any
from molgan.models.motif.refined import RefinedGenerator
from molgan.models.precision import has_bfloat16


def run(arguments: argparse.Namespace, progress: Progress) -> None:
    """The subcommand."""
    n, seed = arguments.molecules, arguments.seeds[0]
    raw, refined = load_any(arguments.weights, raw=True), load_any(arguments.weights)
    samplers: dict[str, Callable[..., Sequence[object]]] = {
        "character LSTM": get_model(arguments, progress).sample,
        f"{arguments.weights}, raw": raw.sample,
    }
    if isinstance(refined, RefinedGenerator):
        samplers[f"{arguments.weights}, refined"] = refined.sample
    precisions = {"bfloat16": True, "float32": False} if has_bfloat16() else {"float32": False}
    jobs = {
        (name, precision): partial(sample, n, seed=seed, bf16=bf16)
        for precision, bf16 in precisions.items()
        for name, sample in samplers.items()
    }
    progress.message(f"{n:,} molecules by {len(jobs)} samplers, {arguments.rounds} rounds")
    useful = {key: count_distinct(job()) for key, job in jobs.items()}
    best = time_in_turns(jobs, arguments.rounds)
    rows = {
        name: [
            cell
            for precision in precisions
            for cell in (useful[name, precision] / n, f"{useful[name, precision] / best[name, precision]:,.0f}")
        ]
        for name in samplers
    }
    columns = [
        f"{what}, {precision}" for precision in precisions for what in ("distinct and valid", "of these a second")
    ]
    print_table(f"{n:,} molecules, {torch.get_num_threads()} threads, best of {arguments.rounds} rounds", columns, rows)


def count_distinct(drawn: Sequence[object]) -> int:
    """The distinct valid molecules among drawn ones: texts, or samples with a SMILES."""
    texts = [each if isinstance(each, str) else each.smiles for each in drawn]
    return len({molecule.smiles for molecule in parse_all(texts) if molecule.is_connected})
