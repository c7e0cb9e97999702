"""Measure the control of a conditional one-shot generator: the distance of its molecules from their targets.

    python scripts/benchmarks/conditional.py RUN [--samples 1000] [--reference data/qm9.csv.gz]

For each property a grid from the 5th to the 95th percentile of the reference; molecules are drawn for each point.
Prints for each point the share that is valid, the mean and the deviation of the property, and the mean absolute error
next to two baselines: the same generator without that target, and molecules of the reference at random.
"""

import argparse
from pathlib import Path

import numpy as np

from molgan.api import score
from molgan.api_generators import sample
from molgan.chem.reading import read_smiles
from molgan.models.loading import load_generator
from molgan.models.one_shot.one_shot_generator import OneShotGenerator

ROOT = Path(__file__).parents[2]
POINTS = (5, 25, 50, 75, 95)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--samples", type=int, default=1000)
    parser.add_argument("--reference", type=Path, default=ROOT / "data" / "qm9.csv.gz")
    arguments = parser.parse_args()
    targets = load_generator(arguments.run, OneShotGenerator).targets
    if targets is None:
        parser.error(f"{arguments.run} was trained without network.condition")
    texts = [record.smiles for record in read_smiles(arguments.reference)]
    real = [texts[i] for i in np.random.default_rng(0).permutation(len(texts))[:10_000]]
    free = draw(arguments, None)
    print("| property | aim | valid | mean | s.d. | error | without aim | real at random |")
    print("|---" * 8 + "|")
    for name in targets.names:
        known, loose = values(real, name), values(free, name)
        for aim in np.percentile(known, POINTS):
            smiles = draw(arguments, {name: float(aim)})
            found = values(smiles, name)
            valid = np.mean([text is not None for text in smiles])
            errors = [np.abs(each - aim).mean() for each in (found, loose, known)]
            figures = [aim, valid, found.mean(), found.std(), *errors]
            print(f"| {name} | " + " | ".join(f"{figure:.3f}" for figure in figures) + " |", flush=True)


def draw(arguments: argparse.Namespace, aims: dict[str, float] | None) -> list[str | None]:
    return sample(arguments.samples, weights=arguments.run, seed=1, targets=aims)


def values(smiles: list[str | None] | list[str], name: str) -> np.ndarray:
    """The property of the valid molecules."""
    found = score([text for text in smiles if text is not None], [name])[name].to_numpy(dtype=float, na_value=np.nan)
    return found[np.isfinite(found)]


if __name__ == "__main__":
    main()
