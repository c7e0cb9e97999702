"""Train and measure the models behind the scorers of molgan.models.qsar.admet, and write those that come with molgan.

    python scripts/train_admet.py data/admet molgan/data/admet --figures runs/admet

For each endpoint: networks, boosted trees and a forest on DeepChem's scaffold split, of which the best on the second
part is chosen; five-fold cross-validation by scaffold of the boosted trees, beside the nearest neighbour and the mean;
and the model of all rows, whose expected error is that of the cross-validation. The figures of an endpoint are kept as
JSON in the folder of figures, and what is there is not computed again. Prints the tables of docs/admet.md. Needs the
extra `qsar`.
"""

import argparse
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas
from scipy.stats import spearmanr

from molgan.base.files import write_files
from molgan.chem.fingerprints import ecfp, nearest
from molgan.chem.molecule import parse
from molgan.chem.settings import StandardizeSettings
from molgan.chem.shipped_sets import load_reference
from molgan.models.qsar.admet import DOMAIN, ENDPOINTS
from molgan.models.qsar.cross_validation import CrossValidation, cross_validate
from molgan.models.qsar.ensemble import QSARModel
from molgan.models.qsar.fitting import describe_rows, fit, train
from molgan.models.qsar.measurements import Measured, read_measured
from molgan.models.qsar.packed import load_packed, save_packed
from molgan.models.qsar.settings import FINGERPRINT_BITS, FINGERPRINT_RADIUS, QSARTraining
from molgan.scoring.registry import get_scorer

STANDARD = StandardizeSettings(keep_stereo=False)
STAGES = ("choose", "validate", "ship", "drugs")
EDGES = (0.0, 0.2, 0.3, 0.4, 0.5, 0.7, 1.01)
NAMES = [kind.name for kind in ENDPOINTS]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--figures", type=Path, default=Path("runs/admet"))
    parser.add_argument("--endpoints", nargs="+", choices=NAMES, default=NAMES)
    parser.add_argument("--rounds", type=int, default=150)
    parser.add_argument("--members", type=int, default=3)
    parser.add_argument("--leaves", type=int, default=24)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--most", type=int, help="train on so many molecules of each table; all by default")
    parser.add_argument("--shrinkage", type=float, default=0.1)
    parser.add_argument("--expected", type=Path, help="table of predictions to write, for the tests")
    parser.add_argument("--stage", choices=STAGES, nargs="+", help="all of them by default")
    asked = parser.parse_args()
    settings = QSARTraining(
        kind="boosting",
        members=asked.members,
        rounds=asked.rounds,
        leaves=asked.leaves,
        shrinkage=asked.shrinkage,
        standardize=STANDARD,
    )
    for name in asked.endpoints:
        if all((asked.figures / f"{name}_{stage}.json").exists() for stage in asked.stage or STAGES):
            continue
        data = read_measured(asked.data / f"{name}.csv.gz", name, smiles="smiles")  # prepared in the standard form
        data = draw(data, asked.most) if asked.most else data
        rows = describe_rows(data.mols, settings)
        for stage in asked.stage or STAGES:
            path = asked.figures / f"{name}_{stage}.json"
            if path.exists():
                continue
            match stage:
                case "choose":
                    figures = choose(data, settings, name)
                case "validate":
                    figures = validate(cross_validate(data, settings, target=name, folds=asked.folds, described=rows))
                case "drugs":
                    figures = compare_drugs(asked.output / f"{name}.npz")
                case _:
                    kept = json.loads((asked.figures / f"{name}_validate.json").read_text())
                    figures = ship(data, rows, settings, name, kept["error"], asked.output / f"{name}.npz")
            write_files(asked.figures, {path.name: [json.dumps(figures, indent=1).encode()]})
            print(name, stage, json.dumps(figures), flush=True)
    print_tables(asked.figures, asked.endpoints)
    if asked.expected:
        write_expected(asked.expected)


def draw(data: Measured, most: int) -> Measured:
    """As many molecules of the data at most, always the same ones."""
    chosen = np.sort(np.random.default_rng(0).permutation(len(data.smiles))[:most]).tolist()
    smiles, mols = [data.smiles[i] for i in chosen], [data.mols[i] for i in chosen]
    return replace(data, smiles=smiles, mols=mols, target=data.target[chosen])


def write_expected(path: Path) -> None:
    """What the scorers, with the models that are installed, say of some drugs: a test compares it."""
    smiles = [record.smiles for record in load_reference("approved_drugs")[::120]]
    values = {name: get_scorer(name, least_similarity=0.0)(smiles).values for name in NAMES}
    table = pandas.DataFrame({"smiles": smiles, **values})
    table.to_csv(path, index=False, float_format="%.5f")


def choose(data: Measured, settings: QSARTraining, name: str) -> dict[str, Any]:
    """The kinds of models on the test part of one scaffold split, and which one the second part chooses."""
    trained = train(data, settings.model_copy(update={"kind": "best"}), target=name)
    return {"metrics": trained.metrics, "choice": trained.choice, "molecules": trained.model.description.molecules}


def validate(found: CrossValidation) -> dict[str, Any]:
    """Mean and standard deviation of the metrics over the folds, how the expected errors hold, and the errors by
    similarity."""
    predicted = found.prediction
    answers = {"model": predicted.value, "neighbour": found.neighbour, "mean": found.mean}
    residual = np.abs(predicted.value - found.target)
    return {
        "rows": len(found.target),
        "task": found.task,
        "share": float(found.target.mean()),
        "metrics": {name: summarise(found, values) for name, values in answers.items()},
        "spearman": float(spearmanr(predicted.value, found.target).statistic),
        "error": found.error,
        "calibration": {
            "within": float((residual <= predicted.error).mean()),
            "within twice": float((residual <= 2 * predicted.error).mean()),
            "spearman": float(spearmanr(predicted.error, residual).statistic),
            "off": find_miscalibration(predicted.value, found.target) if found.task == "classification" else None,
        },
        "by similarity": [
            [low, high, int(rows.sum()), *compare(found, rows)]
            for low, high in pairwise(EDGES)
            if (rows := found.find_rows(low, high)).sum() >= 20
        ],
    }


def summarise(found: CrossValidation, values: np.ndarray) -> dict[str, tuple[float, float]]:
    folds = found.measure(values)
    columns = {name: [float(fold[name] or 0) for fold in folds] for name in folds[0]}
    return {name: (float(np.mean(column)), float(np.std(column, ddof=1))) for name, column in columns.items()}


def compare(found: CrossValidation, rows: np.ndarray) -> tuple[float, float]:
    """The mean absolute error of the model and of the mean, on some molecules."""
    truth = found.target[rows]
    return tuple(float(np.abs(values[rows] - truth).mean()) for values in (found.prediction.value, found.mean))


def find_miscalibration(predicted: np.ndarray, truth: np.ndarray) -> float:
    """The expected calibration error: over ten bins of probability, how far the share of class 1 is from it."""
    bins = np.minimum((predicted * 10).astype(int), 9)
    gaps = [abs(predicted[bins == i].sum() - truth[bins == i].sum()) for i in range(10)]
    return float(sum(gaps) / len(truth))


def ship(
    data: Measured, rows: np.ndarray, settings: QSARTraining, name: str, error: Sequence[float], path: Path
) -> dict[str, Any]:
    """Train on all rows, write the model, and read it again to say what is in it."""
    model = fit(data, np.arange(len(data.smiles)), settings, name, described=rows)
    a, b, c = error
    path.parent.mkdir(parents=True, exist_ok=True)
    save_packed(QSARModel(model.description.model_copy(update={"error": (a, b, c)}), model.members, model.domain), path)
    return {
        "bytes": path.stat().st_size,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "rows": len(data.smiles),
    }


def compare_drugs(path: Path) -> dict[str, float]:
    """The shares of the approved drugs, and of those that are not in the data, inside the domain."""
    drugs = [mol for record in load_reference("approved_drugs") if (mol := parse(record.smiles).mol) is not None]
    similarity, _ = nearest(ecfp(drugs, FINGERPRINT_RADIUS, FINGERPRINT_BITS), load_packed(path).domain)
    inside = similarity >= DOMAIN
    return {
        "inside": float(inside.mean()),
        "known": float((similarity == 1).mean()),
        "new inside": float(inside[similarity < 1].mean()),
    }


def print_tables(folder: Path, names: Sequence[str]) -> None:
    stages = {stage: read_stage(folder, names, stage) for stage in STAGES}
    print("\n| endpoint | networks | boosting | forest | mean | chosen |\n|---|---|---|---|---|---|")
    for name, figures in stages["choose"].items():
        metric = "RMSE" if "RMSE" in figures["metrics"]["mean"] else "ROC-AUC"
        cells = [
            f"{figures['metrics'][kind][metric]:.3f}" for kind in ("ensemble", "boosting", "random forest", "mean")
        ]
        print(f"| `{name}` ({metric}) | {' | '.join(cells)} | {figures['choice'].partition(':')[0]} |")
    print("\n| endpoint | rows | | model | neighbour | mean |\n|---|---|---|---|---|---|")
    for name, figures in stages["validate"].items():
        for metric in figures["metrics"]["model"]:
            cells = [format_pair(figures["metrics"][kind][metric]) for kind in ("model", "neighbour", "mean")]
            print(f"| `{name}` | {figures['rows']:,} | {metric} | {' | '.join(cells)} |")
        print(f"| `{name}` | | Spearman | {figures['spearman']:.2f} | | |  {figures['calibration']} {figures['error']}")
    print("\n| endpoint | similarity | molecules | MAE | of the mean |\n|---|---|---|---|---|")
    for name, figures in stages["validate"].items():
        for low, high, count, mine, mean in figures["by similarity"]:
            print(f"| `{name}` | {low:g} to {min(high, 1):g} | {count:,} | {mine:.2f} | {mean:.2f} |")
    print("\n| file | rows | bytes | sha256 |\n|---|---|---|---|")
    for name, figures in stages["ship"].items():
        print(f"| admet/{name}.npz | {figures['rows']:,} | {figures['bytes']:,} | `{figures['sha256']}` |")
    print("\n| endpoint | drugs inside | in the data | others inside |\n|---|---|---|---|")
    for name, figures in stages["drugs"].items():
        print(f"| `{name}` | " + " | ".join(f"{share:.0%}" for share in figures.values()) + " |")


def read_stage(folder: Path, names: Sequence[str], stage: str) -> Mapping[str, Any]:
    paths = {name: folder / f"{name}_{stage}.json" for name in names}
    return {name: json.loads(path.read_text()) for name, path in paths.items() if path.exists()}


def format_pair(pair: Sequence[float]) -> str:
    return f"{pair[0]:.3f} ± {pair[1]:.3f}"


if __name__ == "__main__":
    main()
