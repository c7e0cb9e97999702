"""Distinct valid molecules a second: a prior, raw and refined, and the trained character LSTM, in turns on one machine,
each in the same precision, a batch on each thread.
"""

import argparse
from collections.abc import Callable, Sequence
from functools import partial

import torch
from medchem_lstm import get_model
from medchem_sets import name_weights, print_table
from sampling import time_in_turns

from molgan.base.progress import Progress
from molgan.chem.molecule import parse_all
from molgan.models.loading import load_any
from molgan.models.motif.refined import RefinedGenerator
from molgan.models.precision import has_bfloat16


def run(arguments: argparse.Namespace, progress: Progress) -> None:
    """The subcommand."""
    n, seed, weights = arguments.molecules, arguments.seeds[0], name_weights(arguments.weights)
    raw, refined = load_any(arguments.weights, raw=True), load_any(arguments.weights)
    samplers: dict[str, Callable[..., Sequence[object]]] = {
        "character LSTM": get_model(arguments, progress).sample,
        f"{weights}, raw": raw.sample,
    }
    if isinstance(refined, RefinedGenerator):
        samplers[f"{weights}, refined"] = refined.sample
    precisions = {"bfloat16": True, "float32": False} if has_bfloat16() else {"float32": False}
    jobs = {
        (name, precision): partial(sample, n, seed=seed, bf16=bf16)
        for precision, bf16 in precisions.items()
        for name, sample in samplers.items()
    }
    progress.message(f"{n:,} molecules by {len(jobs)} samplers, {arguments.rounds} rounds")
    useful = {key: count_distinct(job()) for key, job in jobs.items()}
    best = time_in_turns(jobs, arguments.rounds)
    rows: dict[str, list[object]] = {}
    for name in samplers:
        keys = [(name, precision) for precision in precisions]
        rows[name] = [
            cell
            for key in keys
            for cell in (f"{n / best[key]:,.0f}", useful[key] / n, f"{useful[key] / best[key]:,.0f}")
        ]
    told = ("drawn a second", "distinct and valid", "distinct and valid a second")
    columns = [f"{what}, {precision}" for precision in precisions for what in told]
    print_table(f"{n:,} molecules, {torch.get_num_threads()} threads, best of {arguments.rounds} rounds", columns, rows)


def count_distinct(drawn: Sequence[object]) -> int:
    """The distinct valid molecules among drawn ones: texts, or samples with a SMILES."""
    texts = [each if isinstance(each, str) else each.smiles for each in drawn]
    return len({molecule.smiles for molecule in parse_all(texts) if molecule.is_connected})
