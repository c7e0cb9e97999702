"""Measure whether synthetic molecules help models of small and imbalanced sets: the table of docs/augmentation.md.

    python scripts/benchmarks/augment.py runs/augment_benchmark [--sets drd2_50 ames] [--rows 500] [--number 100]
        [--seeds 5] [--folds 5] [--source genetic] [--label neighbour] [--drd2 excape_drd2.csv.gz]

Of each set, `--rows` molecules are drawn at random by the seed 0 (0: all): DRD2 of ExCAPE as it is (863 of 68,945
active; columns canonical and activity, a file of --drd2), with 50 actives among as many inactive ones as fill the rows,
and Ames, hERG, BBB and solubility of data/admet. `molgan augment` runs on each; a set that is done is not run again.
Times are those of the processor, in seconds.
"""

import argparse
import csv
import gzip
import json
import time
from pathlib import Path

import numpy as np

from molgan.cli.bars import show_progress
from molgan.training.augmentation.augment_file import FIGURES_FILE, augment_file
from molgan.training.augmentation.settings import AugmentSettings
from molgan.training.augmentation.verdict import format_number

ROOT = Path(__file__).parents[2]
ADMET = ("ames", "herg", "bbb", "solubility")
FEW_ACTIVES = 50

Rows = list[tuple[str, str]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=Path)
    parser.add_argument("--sets", nargs="+", choices=("drd2", "drd2_50", *ADMET), default=["drd2", "drd2_50", *ADMET])
    parser.add_argument("--rows", type=int, default=0, help="molecules of a set, drawn at random; 0 for all")
    parser.add_argument("--number", type=int, help="synthetic molecules; as `molgan augment` by default")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--trees", type=int, default=100)
    parser.add_argument("--source", default="genetic")
    parser.add_argument("--label", default="neighbour")
    parser.add_argument("--drd2", type=Path, default=ROOT.parent / "shared" / "data" / "admet" / "excape_drd2.csv.gz")
    arguments = parser.parse_args()
    settings = AugmentSettings(
        source=arguments.source,
        label=arguments.label,
        number=arguments.number,
        seeds=arguments.seeds,
        folds=arguments.folds,
        trees=arguments.trees,
    )
    print_head()
    for name in arguments.sets:
        file = arguments.output / f"{name}.csv"
        if not file.exists():
            write_set(file, name, choose_rows(name, read_set(name, arguments.drd2), arguments.rows))
        began = time.process_time()
        with show_progress() as progress:
            augment_file(file, find_target(name), settings, folder=arguments.output / name, progress=progress)
        print_set(name, arguments.output / name / FIGURES_FILE, time.process_time() - began)


def find_target(name: str) -> str:
    """The column of a set."""
    return "active" if name.startswith("drd2") else name


def read_set(name: str, drd2: Path) -> Rows:
    """SMILES and value of each molecule."""
    if name in ADMET:
        return read_columns(ROOT / "data" / "admet" / f"{name}.csv.gz", "smiles", name)
    return read_columns(drd2, "canonical", "activity")


def read_columns(path: Path, smiles: str, value: str) -> Rows:
    with gzip.open(path, "rt", newline="") as file:
        return [(row[smiles], row[value]) for row in csv.DictReader(file)]


def choose_rows(name: str, rows: Rows, count: int) -> Rows:
    """Rows at random, in the order of the set; all for 0. Of `drd2_50` fifty actives are among them."""
    rng = np.random.default_rng(0)
    if name != "drd2_50":
        chosen = rng.permutation(len(rows))[: count or len(rows)].tolist()
        return [rows[i] for i in sorted(chosen)]
    active = [i for i, (_, value) in enumerate(rows) if float(value) == 1]
    others = [i for i, (_, value) in enumerate(rows) if float(value) == 0]
    few = rng.permutation(active)[:FEW_ACTIVES].tolist()
    rest = rng.permutation(others)[: (count or len(others) + FEW_ACTIVES) - FEW_ACTIVES].tolist()
    return [rows[i] for i in sorted([*few, *rest])]


def write_set(file: Path, name: str, rows: Rows) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["smiles", find_target(name)])
        writer.writerows(rows)


def print_head() -> None:
    print("| set | molecules | synthetic | figure | as it is | synthetic (95% CI of the difference) | oversampling | "
          "weights | SMOTE | ROC-AUC or R2 | ECE or miscalibration | s | verdict |")  # fmt: skip
    print("|---" * 13 + "|", flush=True)


def print_set(name: str, figures: Path, seconds: float) -> None:
    found = json.loads(figures.read_text())
    deciding = found["deciding"]
    ways = {way["name"]: way["figures"] for way in found["ways"]}
    change = ways["synthetic"][deciding]
    ends = " to ".join(format_number(change[end], signed=True) for end in ("low", "high"))
    rare = found["rare"]
    count = f"{found['molecules']:,}" + (f", {rare['molecules']:,} of class {rare['class']:g}" if rare else "")
    others = ("ROC-AUC", "ECE") if found["task"] == "classification" else ("R2", "miscalibration")
    pairs = [" → ".join(show(ways, way, each) for way in ("as it is", "synthetic")) for each in others]
    cells = [
        name,
        count,
        f"{found['held_out_parts']['synthetic']:.0f}",
        deciding,
        show(ways, "as it is", deciding),
        f"{show(ways, 'synthetic', deciding)} ({ends})",
        *(show(ways, way, deciding) for way in ("oversampling", "weights", "SMOTE")),
        *pairs,
        f"{seconds:.0f}",
        found["verdict"].partition(": PR-AUC")[0].partition(": RMSE")[0],
    ]
    print(f"| {' | '.join(cells)} |", flush=True)


def show(ways: dict[str, dict[str, dict[str, float]]], way: str, figure: str) -> str:
    """The mean of a figure; a dash where there is none."""
    mean = ways.get(way, {}).get(figure, {}).get("mean")
    return "-" if mean is None else format_number(mean)


if __name__ == "__main__":
    main()
