"""Training molecules a second: MolGAN's model here and deepchem's BasicMolGANModel, same sizes, same batch, one run.

    python scripts/benchmarks/train_qm9.py [--molecules 5000] [--steps 100] [--rounds 3]

Both have the generator 128-256-512, an R-GCN critic with a gated sum, WGAN-GP 10 and five critic updates for one of the
generator, in float32. deepchem's critic is 128-64 wide, which is what ours is given here. Both make their batches from
the same arrays on the way. Molecules a second counts the real ones that the critic saw. The models take turns; the best
round of each counts.
"""

import argparse
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from rich.console import Console

from molgan.graphs.dense.dense_data import DenseData, prepare_dense
from molgan.models.critics.dense_critic import DenseCritic
from molgan.models.one_shot.one_shot_generator import OneShotGenerator
from molgan.models.one_shot.settings import DenseCriticSettings, OneShotSettings
from molgan.models.one_shot.soft_graphs import one_hot
from molgan.training.one_shot.one_shot_training import train_oneshot
from molgan.training.one_shot.settings import OneShotTrainingSettings

DATA = Path(__file__).parents[2] / "data" / "qm9.csv.gz"
NOISE = 32
CRITIC_STEPS = 5


def ours(data: DenseData, steps: int, batch: int) -> float:
    """Seconds for so many generator updates."""
    network = OneShotSettings(noise=NOISE, draw="soft")
    critic = DenseCritic(network, DenseCriticSettings(convolutions=(128, 64), readout=128, head=(128, 64)))
    settings = OneShotTrainingSettings(
        steps=steps, batch_size=batch, gradient_penalty=10, critic_steps=CRITIC_STEPS, report_every=10**9
    )
    start = time.perf_counter()
    train_oneshot(OneShotGenerator(network), critic, data, settings, seed=0)
    return time.perf_counter() - start


def theirs(data: DenseData, steps: int, batch: int) -> float:
    """Seconds for the same with deepchem's model."""
    from deepchem.models.torch_models import BasicMolGANModel

    kinds = 1 + len(data.graphs.atoms)
    with tempfile.TemporaryDirectory() as folder:
        model = BasicMolGANModel(
            edges=4,
            vertices=9,
            nodes=kinds,
            embedding_dim=NOISE,
            batch_size=batch,
            model_dir=folder,
            learning_rate=1e-3,
        )

        def batches() -> Iterator[dict[object, np.ndarray]]:
            rng = np.random.default_rng(0)
            for _ in range(steps * CRITIC_STEPS):
                graphs = one_hot(data.graphs, rng.integers(len(data), size=batch))
                yield {model.data_inputs[0]: graphs.bonds, model.data_inputs[1]: graphs.nodes}

        start = time.perf_counter()
        model.fit_gan(batches(), generator_steps=1 / CRITIC_STEPS, checkpoint_interval=0)
        return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--molecules", type=int, default=5000)
    parser.add_argument("--steps", type=int, default=100, help="updates of the generator")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore")
    data = prepare_dense(DATA).part(0, arguments.molecules)
    best = {"molgan": np.inf, "deepchem": np.inf}
    for _ in range(arguments.rounds):
        for name, train in (("molgan", ours), ("deepchem", theirs)):
            best[name] = min(best[name], train(data, arguments.steps, arguments.batch))
    seen = arguments.steps * CRITIC_STEPS * arguments.batch
    console = Console()
    for name, seconds in best.items():
        console.print(f"{name:<10} {seconds:8.2f} s {seen / seconds:10,.0f} molecules/s")
    threads = torch.get_num_threads()
    console.print(f"molgan : deepchem = {best['deepchem'] / best['molgan']:.2f}, {threads} threads")


if __name__ == "__main__":
    main()
