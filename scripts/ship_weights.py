"""Put a trained prior, and the critic that was trained for it, among the weights that come with molgan.

    python scripts/ship_weights.py runs/medchem_prior medchem --card scripts/cards/medchem.yaml \
        --held-out data/medchem_test.csv.gz
    python scripts/ship_weights.py runs/medchem_critic medchem                    # the critic alone

Parameters are stored in half precision. The card is what `molgan list weights` prints; the likelihoods of the held-out
molecules, in the weights as they are stored, are what `molgan likelihood` ranks molecules by. Where there is a critic,
realism is calibrated for both (scripts/calibrate_realism.py), by their test set in data/ if --held-out names no others.
"""

import argparse
import hashlib
import json
from pathlib import Path

import torch
from calibrate_realism import calibrate, find_held_out
from ruamel.yaml import YAML

from molgan.base.errors import MolganError
from molgan.chem.reading import read_smiles
from molgan.models.catalogue import Card
from molgan.models.loading import load_generator
from molgan.models.motif.motif_generator import MotifGenerator
from molgan.models.motif.refined import RefinedGenerator
from molgan.models.nll import measure_nll_quantiles
from molgan.models.weights import add_facts, read_facts

SHIPPED = Path(__file__).resolve().parents[1] / "molgan" / "data" / "weights"
CONFIGS = SHIPPED.parents[2] / "configs"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="folder that `molgan train` wrote")
    parser.add_argument("name", help="name of the shipped weights")
    parser.add_argument("--card", type=Path, help="YAML with the card; without it only the critic is shipped")
    parser.add_argument("--held-out", type=Path, help="molecules that the training did not see")
    parser.add_argument("--most", type=int, default=10_000, help="how many of them are measured")
    arguments = parser.parse_args()
    try:
        if arguments.card:
            ship_prior(arguments.run, arguments.name, YAML(typ="safe").load(arguments.card))
            if arguments.held_out:
                add_ranks(arguments.name, arguments.held_out, arguments.most)
        else:
            ship_critic(arguments.run, arguments.name)
        held_out = arguments.held_out or find_held_out(arguments.name)
        if held_out is not None and (SHIPPED / f"{arguments.name}_refinement.json").exists():
            print(calibrate(arguments.name, held_out))
    except MolganError as error:
        parser.error(str(error))
    for file in sorted(SHIPPED.glob(f"{arguments.name}*")):
        content = file.read_bytes()
        print(f"{file.name}: {len(content):,} bytes, sha256 {hashlib.sha256(content).hexdigest()}")


def ship_prior(run: Path, name: str, card: dict[str, object]) -> None:
    """Write the weights of a run in half precision, with their card and what the run says about their training."""
    about = read_facts(run / "weights")["about"]
    generator = load_generator(run, MotifGenerator)
    config = next(f"configs/{each}.yaml" for each in (f"{name}_prior", name) if (CONFIGS / f"{each}.yaml").exists())
    generator.save(SHIPPED / name, dtype=torch.float16, **about, config=config, card=card)
    Card.of(name, read_facts(SHIPPED / name))


def add_ranks(name: str, held_out: Path, most: int) -> None:
    """Add the percentiles of the held-out molecules' likelihoods under the weights as they are stored."""
    smiles = [record.smiles for record in read_smiles(held_out)]
    step = max(1, len(smiles) // most)  # evenly over the file, whatever its order
    quantiles = measure_nll_quantiles(load_generator(SHIPPED / name, MotifGenerator), smiles[::step])
    add_facts(SHIPPED / name, nll_quantiles=quantiles)


def ship_critic(run: Path, name: str) -> None:
    """Copy the critic, the known molecules and the ranges of a run under the name of the weights."""
    refined = RefinedGenerator.load(run / "weights", load_generator(name))
    if refined is None:
        raise SystemExit(f"{run}: no critic; train one with a section `rejection`")
    about = json.loads((run / "weights_refinement.json").read_text())["about"]
    refined.save(SHIPPED / name, **about)


if __name__ == "__main__":
    main()
