"""MolGAN's table: lambda and the objectives of its paper on 5,000 molecules of QM9, ours next to the paper's.

    python scripts/molgan_paper.py [--lambdas 0 .25 .5 1] [--objectives qed] [--seeds 0 1 2] [--stop-at 0.02]

Trains configs/molgan_paper_qm9.yaml once for each, into runs/molgan_paper/, and goes on where it stopped. With
--stop-at it stops, as the paper does, where less than that share of 1,000 samples is unique, and takes the state
before. Valid, unique and novel are shares of 10,000 samples (the paper: 6,400); C.C and * are not valid, as they are in
MolGAN's code: the last two columns are counted in its way. Scores are means over valid samples, on the paper's scales.
Prints a table in Markdown.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from rdkit import Chem, rdBase
from rich.console import Console

from molgan.api_generators import sample
from molgan.campaign.train_one_shot import train_one_shot
from molgan.config import OneShotConfig, load_training
from molgan.evaluation.small_molecules import evaluate_small
from molgan.graphs.dense.dense_data import prepare_dense
from molgan.graphs.dense.dense_graph import BONDS, make_atom
from molgan.models.loading import load_generator
from molgan.models.one_shot.one_shot_generator import OneShotGenerator
from molgan.models.one_shot.soft_graphs import harden
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

# What the paper watches, and nothing else.
WATCH = {"window": 1000, "interval": 250, "patience": 1, "critic_gap": 1e9, "gradient_norm": 1e12}
WATCH |= dict.fromkeys(("validity", "scaffolds", "scaffold_entropy", "diversity"), 0)

COLUMNS = ("valid", "unique", "novel", "V·U·N", "FCD")
THEIRS = ("valid (theirs)", "unique (theirs)")


def objective(name: str) -> dict[str, object]:
    """One property, or the mean of all three."""
    names = list(COMPONENTS) if name == "all" else [name]
    return {"aggregation": "arithmetic_mean", "components": [COMPONENTS[each] for each in names]}


@torch.no_grad()
def count_their_way(weights: Path, n: int) -> tuple[float, float]:
    """Valid and unique as MolGAN's code counts: what RDKit sanitises, fragments and positions without an atom too."""
    generator = load_generator(weights, OneShotGenerator)
    noise = torch.randn(n, generator.settings.noise, generator=torch.Generator().manual_seed(0))
    graphs = harden(generator(noise), generator.settings.atoms)
    found = []
    for nodes, bonds in zip(graphs.nodes, graphs.bonds, strict=True):
        mol = Chem.RWMol()
        for kind in nodes:
            mol.AddAtom(make_atom(graphs.atoms[kind - 1]) if kind else Chem.Atom(0))
        for i, j in np.argwhere(np.triu(bonds, 1)).tolist():
            mol.AddBond(i, j, BONDS[bonds[i, j]])
        with rdBase.BlockLogs():
            if Chem.SanitizeMol(mol, catchErrors=True) == Chem.SanitizeFlags.SANITIZE_NONE:
                found.append(Chem.MolToSmiles(mol))
    return len(found) / n, len(set(found)) / max(1, len(found))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lambdas", type=float, nargs="+", default=[0, 0.25, 0.5, 1])
    parser.add_argument("--objectives", nargs="+", default=["qed"], choices=[*COMPONENTS, "all"])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--steps", type=int, default=9400)
    parser.add_argument("--stop-at", type=float, help="share of unique molecules below which it stops; the paper's .02")
    parser.add_argument("--samples", type=int, default=10_000)
    parser.add_argument("--out", type=Path, default=Path("runs/molgan_paper"))
    arguments = parser.parse_args()
    console = Console(width=200)
    scores = Objective(ObjectiveSettings.model_validate(objective("all")))
    console.print("| objective | lambda | seed | " + " | ".join([*COLUMNS, *COMPONENTS, *THEIRS]) + " |")
    console.print("|---" * (3 + len(COLUMNS) + len(COMPONENTS) + len(THEIRS)) + "|")
    for name in arguments.objectives:
        for weight in arguments.lambdas:
            for seed in arguments.seeds:
                stops = "" if arguments.stop_at is None else f"-{arguments.stop_at:g}"
                folder = arguments.out / f"{name}-{weight:g}-{arguments.steps}-{seed}{stops}"
                overrides = [f"out={folder}", f"seed={seed}", f"oneshot.gan_weight={weight}"]
                overrides += [f"oneshot.steps={arguments.steps}", f"objective={objective(name)}"]
                if arguments.stop_at is not None:
                    watch = {**WATCH, "uniqueness": arguments.stop_at}
                    overrides += [f"oneshot.collapse={watch}", "oneshot.cure={action: stop}", "oneshot.watch_every=4"]
                    overrides += ["oneshot.watch_from=0.5", "oneshot.checkpoint_every=25"]
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
                cells += [f"{share:.3f}" for share in count_their_way(weights, arguments.samples)]
                console.print(f"| {name} | {weight:g} | {seed} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
