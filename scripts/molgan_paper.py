"""MolGAN's table: lambda and the objectives of its paper on 5,000 molecules of QM9, ours beside the paper's.

    python scripts/molgan_paper.py [--lambdas 0 .25 .5 1] [--objectives qed] [--seeds 0 1 2] [--steps 9400]

Trains configs/molgan_paper_qm9.yaml once for each, into runs/molgan_paper/, and goes on where it stopped. Valid, unique
novel are shares of 10,000 samples (the paper: 6,400); C.C and * are not valid. Scores are means over valid samples,
on the paper's scales. Prints a table in Markdown.
"""

import argparse
from pathlib import Path

import numpy as np
from rich.console import Console

from molgan.api import sample
from molgan.config import OneShotConfig, load_training
from molgan.evaluation.small import evaluate_small
from molgan.graphs.dense_data import prepare_dense
from molgan.oneshot import train_one_shot
from molgan.scoring.objective import Objective
from molgan.scoring.settings import ObjectiveSettings

CONFIG = Path(__file__).parents[1] / "configs" / "molgan_paper_qm9.yaml"

# The scales of MolGAN's code: SA from 5 to 1.5, logP over the range of its data.
COMPONENTS = {
    "qed": {"scorer": "qed"},
    "sa": {"scorer": "sa", "transform": {"name": "linear", "low": 5.0, "high": 1.5}},
    "solubility": {
        "scorer": "logp",
        "name": "solubility",
        "transform": {"name": "linear", "low": -2.12178879609, "high": 6.0429063424},
    },
}

COLUMNS = ("valid", "unique", "novel", "V·U·N", "FCD")


def objective(name: str) -> dict[str, object]:
    """One property, or the mean of all three."""
    names = list(COMPONENTS) if name == "all" else [name]
    return {"aggregation": "arithmetic_mean", "components": [COMPONENTS[each] for each in names]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lambdas", type=float, nargs="+", default=[0, 0.25, 0.5, 1])
    parser.add_argument("--objectives", nargs="+", default=["qed"], choices=[*COMPONENTS, "all"])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--steps", type=int, default=9400)
    parser.add_argument("--samples", type=int, default=10_000)
    parser.add_argument("--out", type=Path, default=Path("runs/molgan_paper"))
    arguments = parser.parse_args()
    console = Console()
    scores = Objective(ObjectiveSettings.model_validate(objective("all")))
    console.print("| objective | lambda | seed | " + " | ".join([*COLUMNS, *COMPONENTS]) + " |")
    console.print("|---" * (3 + len(COLUMNS) + len(COMPONENTS)) + "|")
    for name in arguments.objectives:
        for weight in arguments.lambdas:
            for seed in arguments.seeds:
                folder = arguments.out / f"{name}-{weight:g}-{arguments.steps}-{seed}"
                overrides = [f"out={folder}", f"seed={seed}", f"oneshot.gan_weight={weight}"]
                overrides += [f"oneshot.steps={arguments.steps}", f"objective={objective(name)}"]
                config = load_training(CONFIG, overrides)
                assert isinstance(config, OneShotConfig)
                weights = folder / "weights"
                if not weights.with_suffix(".safetensors").exists():
                    train_one_shot(config)
                drawn = sample(arguments.samples, seed=seed, weights=weights)
                figures = evaluate_small(drawn, prepare_dense(config.data.train))
                table = scores([smiles for smiles in drawn if smiles is not None])
                means = [float(np.nanmean(values)) for values in table.transformed.values()]
                cells = [f"{figures[column]:.3f}" for column in COLUMNS] + [f"{mean:.2f}" for mean in means]
                console.print(f"| {name} | {weight:g} | {seed} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
