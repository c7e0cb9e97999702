"""Mine the pairs of similar molecules that `molgan train configs/analogues.yaml` learns from, ahead of it.

    python scripts/mine_pairs.py configs/analogues.yaml [--limit 50000] [--processes 2]

The pairs are those of the section `analogues.pairs`: molecules of `data.train` with the same Murcko scaffold, or
matched by a single cut, of a Tanimoto similarity (ECFP4) in a range, a bounded number of each molecule and each
scaffold, and none that a file of `held_out` has. The encoded data of the weights' own training are used where the
cache has them. The pairs are kept in the cache, where the training finds them; an interrupted run goes on. Prints the
counts. With --limit only the first molecules are looked at, to see how long all would take; the training does not use
what is found then.
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np

from molgan.base import cache_folder
from molgan.base.parallel import cores
from molgan.campaign.stages.analogues_stage import encode_data
from molgan.cli.bars import show_progress
from molgan.config import TrainingConfig, load_training
from molgan.graphs.motif.motif_data import ActionData
from molgan.graphs.motif.pair_data import PairData, prepare_pairs
from molgan.models.loading import load_generator
from molgan.models.motif.motif_generator import MotifGenerator


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config", type=Path)
    parser.add_argument("overrides", nargs="*", help="values that replace those of the file: generator.weights=medchem")
    parser.add_argument("--limit", type=int, help="molecules to look at, the first ones; all by default")
    parser.add_argument("--processes", type=int, default=cores())
    arguments = parser.parse_args()
    config = load_training(arguments.config, arguments.overrides)
    if not isinstance(config, TrainingConfig) or config.analogues is None or config.generator is None:
        parser.error(f"{arguments.config} has no sections `analogues` and `generator`")
    with show_progress() as progress:
        start = load_generator(config.generator.weights, MotifGenerator)
        how: dict[str, Any] = {"processes": arguments.processes, "progress": progress}
        data = encode_data(start, config.data, config.analogues.least_count, **how)
        data = data if arguments.limit is None else take_first(data, arguments.limit)
        began = time.monotonic()
        pairs = prepare_pairs(data, cache_folder.folder(), config.analogues.pairs, seed=config.seed, **how)
    print_counts(pairs, time.monotonic() - began)


def take_first(data: ActionData, count: int) -> ActionData:
    offsets = data.offsets[: count + 1]
    return ActionData(data.vocabulary, data.actions[: offsets[-1]], offsets, data.summary)


def print_counts(pairs: PairData, seconds: float) -> None:
    print(json.dumps(pairs.summary, indent=1))
    deciles = np.quantile(pairs.similarity.astype(np.float64), np.linspace(0, 1, 11)).round(2)
    print("deciles of the similarity:", *deciles.tolist())
    each = np.bincount(pairs.rows.ravel())
    print(f"pairs of a molecule that has any: {each[each > 0].mean():.2f}")
    print(f"{seconds:.0f} s")


if __name__ == "__main__":
    main()
