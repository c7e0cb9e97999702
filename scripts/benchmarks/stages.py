"""Measure what the stages of a campaign buy: the prior alone, with the critic, with reinforcement learning, with both.

    python scripts/benchmarks/stages.py --out runs/stages [--profiles druglike hard] [--seeds 0 1 2] [--draws 10000]

The drug-like profile is objective and filters of configs/quickstart.yaml. The hard one is a follower of zolpidem: CNS
MPO of at least 5, Tanimoto similarity (ECFP4) of .3 to .6 to the lead, no alert of PAINS or BRENK, not a molecule of
the training data; of the MOSES test set .09% have that similarity and CNS MPO.

Every combination is a campaign in a folder below `--out`, which goes on where it stopped; the refinement by the critic
is trained once a seed and shared by the two that use it. Prints, for each profile, the mean over the seeds and its
standard deviation: molecules in the library for 10,000 draws, #Circles (molecules more than .75 apart), the share of
the library that the filter `plausible` keeps, its mean score, minutes of the stages that train, and the critic's area
under the ROC curve on molecules that it was not trained on.
"""

import argparse
import json
import shutil
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from medchem_sets import ROOT, print_table
from rdkit import Chem, rdBase

import molgan
from molgan.base.yaml import YamlFile
from molgan.chem.fingerprints import ecfp
from molgan.evaluation.quality import circles
from molgan.filters.funnel import Funnel

LEAD = "Cc1ccc(-c2nc3ccc(C)cn3c2CC(=O)N(C)C)cc1"
STAGES = {"prior": (), "+ critic": ("adversarial",), "+ RL": ("reinforce",), "+ both": ("adversarial", "reinforce")}
COLUMNS = ("yield per 10,000", "circles", "plausible", "mean score", "minutes", "AUC of the critic")


class Outcome(NamedTuple):
    """What a campaign came to; NaN where there is nothing to measure. The order is that of `COLUMNS`."""

    kept: float
    circles: float
    plausible: float
    score: float
    minutes: float
    auc: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("runs/stages"), help="folder of the campaigns")
    parser.add_argument("--profiles", nargs="+", choices=["druglike", "hard"], default=["druglike", "hard"])
    parser.add_argument("--variants", nargs="+", choices=list(STAGES), default=list(STAGES))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--draws", type=int, default=10_000, help="molecules drawn for each library")
    parser.add_argument("--weights", default="moses", help="weights of the prior")
    parser.add_argument("--train", type=Path, default=ROOT / "data" / "moses_train.csv.gz", help="training data")
    parser.add_argument(
        "--critic", choices=["graph", "descriptors", "both"], default="descriptors", help="what it sees"
    )
    parser.add_argument("--shown", type=int, default=20_000, help="molecules a side that the critic is shown")
    parser.add_argument("--refinements", type=int, default=60, help="updates of the generator by the critic")
    parser.add_argument("--steps", type=int, default=100, help="updates by reinforcement learning")
    arguments = parser.parse_args()
    for profile in arguments.profiles:
        rows: dict[str, list[str]] = {}
        for variant in arguments.variants:
            outcomes = [measure(run(profile, variant, seed, arguments), arguments) for seed in arguments.seeds]
            rows[variant] = [write_spread([outcome[i] for outcome in outcomes]) for i in range(len(COLUMNS))]
            print(f"{profile}, {variant}: {rows[variant][0]} in the library per 10,000 draws", flush=True)
        print_table(f"{profile}, {len(arguments.seeds)} seeds, {arguments.draws:,} draws", COLUMNS, rows)


def run(profile: str, variant: str, seed: int, arguments: argparse.Namespace) -> Path:
    """Run a campaign and return its folder."""
    place = {name: arguments.out / profile / f"{name.strip('+ ').lower()}_{seed}" for name in STAGES}
    folder, refined = place[variant], place["+ critic"] / "checkpoints" / "adversarial"
    copied = folder / "checkpoints" / "adversarial"
    if variant == "+ both" and (refined / "done.json").exists() and not copied.exists():
        shutil.copytree(refined, copied)
    sections = {
        "adversarial": {
            "real": arguments.shown,
            "fake": arguments.shown,
            "steps": arguments.refinements,
            "critic": {"kind": arguments.critic, "reference": 3 * arguments.shown},
        },
        "reinforce": {"steps": arguments.steps},
    }
    config = {
        "name": f"{profile}_{variant.strip('+ ').lower()}",
        "out": str(folder),
        "seed": seed,
        "data": {"train": str(arguments.train)},
        "generator": {"weights": arguments.weights},
        **{name: sections[name] for name in STAGES[variant]},
        **(read_druglike() if profile == "druglike" else make_hard()),
        "sample": {"n": arguments.draws},
        "report": {"reference": 0, "samples": 0},
    }
    molgan.run(config)
    return folder


def read_druglike() -> dict[str, Any]:
    """Objective and filters of the quickstart."""
    values = YamlFile(ROOT / "configs" / "quickstart.yaml").values
    return {name: values[name] for name in ("objective", "filters")}


def make_hard() -> dict[str, Any]:
    """Objective and filters of the hard profile; a follower of a lead, for the central nervous system."""
    near = {"name": "double_sigmoid", "low": 0.3, "high": 0.6, "coef_si": 10, "coef_se": 10}
    components = [
        {"scorer": "similarity", "weight": 2, "parameters": {"smiles": [LEAD]}, "transform": near},
        {"scorer": "cns_mpo", "transform": {"name": "sigmoid", "low": 4, "high": 5}},
        {"scorer": "pains"},
        {"scorer": "brenk"},
    ]
    filters = [
        "valid",
        "distinct",
        "connected",
        "novel",
        {"filter": "score", "name": "near the lead", "column": "similarity", "min": 0.3, "max": 0.6},
        {"filter": "score", "name": "CNS MPO", "column": "cns_mpo", "min": 5},
        "pains",
        "brenk",
    ]
    return {"objective": {"aggregation": "geometric_mean", "components": components}, "filters": filters}


def measure(folder: Path, arguments: argparse.Namespace) -> Outcome:
    """The figures of a finished campaign."""
    import pandas

    library = pandas.read_parquet(folder / "library.parquet")
    stages = json.loads((folder / "manifest.json").read_text())["stages"]
    trained = [stages[name] for name in ("adversarial", "reinforce") if name in stages]
    smiles = library["smiles"].tolist()
    with rdBase.BlockLogs():
        fingerprints = ecfp([Chem.MolFromSmiles(text) for text in smiles])
    return Outcome(
        kept=len(library) * 10_000 / arguments.draws,
        circles=circles(fingerprints),
        plausible=len(Funnel(["plausible"])(smiles).kept) / len(smiles) if smiles else np.nan,
        score=float(library["score"].mean()) if smiles else np.nan,
        minutes=sum(stage["seconds"] for stage in trained) / 60,
        auc=next((stage["critic"]["auc"] for stage in trained if "critic" in stage), np.nan),
    )


def write_spread(values: list[float]) -> str:
    """Mean and standard deviation over the seeds, nothing where no seed has a value."""
    known = np.array([value for value in values if not np.isnan(value)])
    if not len(known):
        return ""
    digits = 0 if known.mean() >= 100 else 1 if known.mean() >= 10 else 3
    spread = f" ± {known.std(ddof=1):.{digits}f}" if len(known) > 1 else ""
    return f"{known.mean():,.{digits}f}{spread}"


if __name__ == "__main__":
    main()
