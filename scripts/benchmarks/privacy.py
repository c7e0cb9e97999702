"""The price list of differentially private training, and the audits that it is paid for.

    python scripts/benchmarks/privacy.py prices OUT [--sizes 2000 20000] [--epsilons 1 3 8 inf]
    python scripts/benchmarks/privacy.py overfitted OUT [--molecules 200]

`prices` adapts public weights (--start) to a private domain, a part of --data: for each number of molecules and each
epsilon, and for inf without privacy but with the same vocabulary. Each training has 20 canaries in its data. A row has
epsilon and noise, the Fréchet ChemNet distance of samples to held-out molecules of the domain, the negative
log-likelihood of those, the share of valid samples, and the audit: AUC and true positives at 1% false positives of the
best attack, near copies beyond the holdout's, and exposure of the canaries that were planted most often. The first row
of each size, `start`, has the weights as they are.

`overfitted` adapts the weights to a few molecules for far too long: an audit that must fail.

Rows go to OUT/prices.json as they are found; those that are there are not made again. Needs the secret key in
MOLGAN_SECRET_KEY and the extra `privacy`. With --smoke everything is tiny, to try the script.
"""

import argparse
import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from molgan.bulk.planted_file import plant
from molgan.bulk.privacy_audit import AuditRequest, audit
from molgan.campaign.train_prior import train_prior
from molgan.chem.molecule import parse, parse_all
from molgan.chem.reading import read_smiles
from molgan.config import load_training
from molgan.evaluation.chemnet_fit import distance, fit_molecules
from molgan.evaluation.privacy_figures import CONTROL, Audit, AuditLimits
from molgan.models.loading import load_generator
from molgan.models.nll import NllMeter
from molgan.models.weights import find_weights, read_facts

DATA = Path(__file__).parents[2] / "data"
FIGURES = ("epsilon", "noise", "fcd", "nll", "valid", "auc", "true_positives", "copies", "exposure")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["prices", "overfitted"])
    parser.add_argument("out", type=Path, help="folder of the results")
    parser.add_argument("--data", type=Path, default=DATA / "moses_test_scaffolds.csv.gz", help="the private domain")
    parser.add_argument("--start", default="medchem", help="public weights")
    parser.add_argument("--sizes", type=int, nargs="+", default=[2000, 20_000])
    parser.add_argument("--epsilons", nargs="+", default=["1", "3", "8", "inf"])
    parser.add_argument("--molecules", type=int, default=200, help="molecules of the over-fitted training")
    parser.add_argument("--epochs", type=float, default=10)
    parser.add_argument("--batch", type=float, default=0.1, help="molecules of a batch, as a share of all")
    parser.add_argument("--learning-rate", type=float, default=5e-4)
    parser.add_argument("--samples", type=int, default=10_000)
    parser.add_argument("--held-out", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--smoke", action="store_true")
    arguments = parser.parse_args()
    if arguments.smoke:
        arguments.sizes, arguments.epsilons, arguments.molecules = [60], ["8", "inf"], 40
        arguments.epochs, arguments.samples, arguments.held_out, arguments.batch = 1, 100, 60, 0.5
    arguments.out.mkdir(parents=True, exist_ok=True)
    if arguments.what == "overfitted":
        arguments.epochs = 2 if arguments.smoke else 60
        print(json.dumps(make_row(arguments, arguments.molecules, "inf"), indent=1))
        return
    done = arguments.out / "prices.json"
    rows: dict[str, dict[str, float]] = json.loads(done.read_text()) if done.exists() else {}
    for size in arguments.sizes:
        for epsilon in ["start", *arguments.epsilons]:
            if (name := f"{size} {epsilon}") not in rows:
                rows[name] = make_row(arguments, size, epsilon)
                done.write_text(json.dumps(rows, indent=1) + "\n")
            print(f"{name:14}", *(f"{figure} {rows[name].get(figure, math.nan):.4g}" for figure in FIGURES), flush=True)


def make_row(arguments: argparse.Namespace, size: int, epsilon: str) -> dict[str, float]:
    """The figures of one training."""
    folder = arguments.out / f"{size}"
    split(arguments, size, folder)
    weights = arguments.start if epsilon == "start" else str(train(arguments, size, epsilon, folder))
    held_out = [record.smiles for record in read_smiles(folder / "others.smi")]
    drawn = load_generator(weights).sample(arguments.samples, seed=arguments.seed)
    smiles = [molecule.smiles for molecule in parse_all([one.smiles for one in drawn]) if molecule.smiles]
    nll = [each.nll for each in NllMeter.load(weights)(parse_all(held_out)) if each.error is None]
    facts = read_facts(find_weights(weights)).get("about", {}).get("private", {})
    request = AuditRequest(
        weights=weights,
        training=folder / "planted" / "train.smi",
        holdout=folder / "others.smi",
        base="moses" if epsilon == "start" else arguments.start,
        canaries=folder / "planted" / "canaries.csv",
        samples=arguments.samples,
        molecules=min(2000, arguments.held_out),
        seed=arguments.seed,
    )
    found = audit(request, AuditLimits(), folder / f"audit {epsilon}")
    return {
        "epsilon": facts.get("epsilon", math.nan),
        "noise": facts.get("noise", math.nan),
        "fcd": distance(fit_molecules(smiles), fit_molecules(held_out)),
        "nll": float(np.mean(nll)),
        "valid": len(smiles) / len(drawn),
        **describe(found),
    }


def describe(found: Audit) -> dict[str, float]:
    attacks = [each for each in found.attacks if each.name != CONTROL and each.auc and each.true_positives]
    exposed = [max(each.exposures, key=lambda one: one.times).mean.value for each in found.canaries]
    return {
        "auc": max((each.auc.value for each in attacks if each.auc), default=math.nan),
        "true_positives": max((each.true_positives.value for each in attacks if each.true_positives), default=math.nan),
        "copies": found.near.excess.value if found.near.excess else math.nan,
        "exposure": max(exposed, default=math.nan),
    }


def split(arguments: argparse.Namespace, size: int, folder: Path) -> None:
    """Write members.smi and others.smi, random parts of the domain, and planted/, the former with canaries."""
    if (folder / "planted" / "train.smi").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    smiles = [record.smiles for record in read_smiles(arguments.data)]
    rows = np.random.default_rng(arguments.seed).permutation(len(smiles)).tolist()
    chosen = list(
        dict.fromkeys(one for row in rows[: 2 * (size + arguments.held_out)] if (one := parse(smiles[row]).smiles))
    )
    if len(chosen) < size + arguments.held_out:
        raise SystemExit(f"{arguments.data}: {len(chosen):,} molecules, fewer than {size:,} and {arguments.held_out:,}")
    (folder / "members.smi").write_text("\n".join(chosen[:size]) + "\n")
    (folder / "others.smi").write_text("\n".join(chosen[size : size + arguments.held_out]) + "\n")
    plant(
        folder / "members.smi",
        folder / "planted",
        column=None,
        number=20,
        times=[1, 4, 16] if size > 500 else [1],
        references=1000 if size > 500 else 100,
        weights=arguments.start,
        seed=arguments.seed,
    )


def train(arguments: argparse.Namespace, size: int, epsilon: str, folder: Path) -> Path:
    config: dict[str, Any] = {
        "name": f"private_{size}_{epsilon}",
        "out": str(folder / f"epsilon {epsilon}"),
        "seed": arguments.seed,
        "data": {"train": str(folder / "planted" / "train.smi")},
        "generator": {"weights": arguments.start},
        "pretrain": {
            "epochs": arguments.epochs,
            "batch_size": max(2, round(arguments.batch * size)),
            "learning_rate": arguments.learning_rate,
            "warmup": 5,
            "least_count": 10**9,
            "bf16": False,
        },
    }
    if epsilon != "inf":
        config["private"] = {"epsilon": float(epsilon)}
    return train_prior(load_training(config)).parent


if __name__ == "__main__":
    main()
