"""Train the model behind the scorer `preference`, and measure it on pairs whose molecules it never saw.

    python scripts/train_preference.py data/admet/preference.csv.gz molgan/data/preference.npz

The table has the columns preferred and other. Pairs that share a molecule are in one fold. Agreement is the share of
held-out pairs whose preferred molecule has the higher value, a tie counts half; beside the model that of SA (lower),
QED and weight (lower) alone, and of fewer inputs. Needs the extra `qsar`, for scikit-learn.
"""

import argparse
import csv
import gzip
import hashlib
from pathlib import Path

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from molgan.chem.molecule import parse
from molgan.chem.whole_molecule import DESCRIPTORS
from molgan.scoring.fast.preference_model import PreferenceModel, describe
from molgan.scoring.registry import get_scorer

FOLDS = 5
STRENGTHS = (0.001, 0.003, 0.01)
INPUTS = {
    "descriptors": slice(0, len(DESCRIPTORS)),
    "fingerprint": slice(len(DESCRIPTORS), None),
    "both": slice(0, None),
}
PERCENTILES = (1, 99)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs", type=Path)
    parser.add_argument("output", type=Path)
    arguments = parser.parse_args()
    with gzip.open(arguments.pairs, "rt", newline="") as file:
        pairs = [(row["preferred"], row["other"]) for row in csv.DictReader(file)]
    smiles = sorted({text for pair in pairs for text in pair})
    place = {text: number for number, text in enumerate(smiles)}
    chosen, other = (np.array([place[pair[side]] for pair in pairs]) for side in (0, 1))
    mols = [parse(text).mol for text in smiles]
    rows = np.stack([describe(mol) for mol in mols])
    fold = assign_folds(chosen, other, len(smiles))
    print(f"{len(pairs):,} pairs of {len(smiles):,} molecules; pairs in the folds {np.bincount(fold).tolist()}")
    for name, sign in (("sa", -1), ("qed", 1), ("mw", -1)):
        values = sign * get_scorer(name)(smiles).values
        print_agreement(name, compare(values[chosen], values[other]), fold)
    best = {}
    for inputs, columns in INPUTS.items():
        for strength in STRENGTHS:
            agreement = cross_validate(rows, columns, chosen, other, fold, strength)
            best[inputs, strength] = agreement.mean()
            print_agreement(f"{inputs} C={strength:g}", agreement, fold)
    inputs, strength = max(best, key=lambda key: best[key])
    model = fit_members(rows, INPUTS[inputs], chosen, other, fold, strength, find_atoms(mols))
    model.save(arguments.output)
    content = arguments.output.read_bytes()
    print(f"shipped: {inputs} C={strength:g}; {len(content):,} bytes, sha256 {hashlib.sha256(content).hexdigest()}")


def assign_folds(chosen: np.ndarray, other: np.ndarray, count: int) -> np.ndarray:
    """A fold of each pair; pairs that share molecules, also by way of others, are in one."""
    graph = coo_array((np.ones(len(chosen)), (chosen, other)), shape=(count, count))
    _, group = connected_components(graph, directed=False)
    order = np.random.default_rng(0).permutation(group.max() + 1)
    return order[group[chosen]] % FOLDS


def compare(preferred: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.where(preferred > other, 1.0, np.where(preferred < other, 0.0, 0.5))


def print_agreement(name: str, agreement: np.ndarray, fold: np.ndarray) -> None:
    folds = [agreement[fold == number].mean() for number in range(FOLDS)]
    print(f"| {name} | {agreement.mean():.3f} | {np.std(folds, ddof=1):.3f} |", flush=True)


def cross_validate(
    rows: np.ndarray, columns: slice, chosen: np.ndarray, other: np.ndarray, fold: np.ndarray, strength: float
) -> np.ndarray:
    agreement = np.zeros(len(chosen))
    for number in range(FOLDS):
        known, left = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        scaling = find_scaling(rows[np.union1d(chosen[known], other[known])])
        weights = fit(rows, columns, chosen[known], other[known], scaling, strength)
        model = PreferenceModel(weights[None], *scaling, atoms=(0, 0))
        agreement[left] = compare(model.weigh(rows[chosen[left]])[0], model.weigh(rows[other[left]])[0])
    return agreement


def find_scaling(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Center, scale, low and high of each column; a fingerprint's bits count up to the largest known."""
    low, high = (np.percentile(rows, percentile, axis=0).astype(np.float64) for percentile in PERCENTILES)
    bits = INPUTS["fingerprint"]
    low[bits], high[bits] = 0, rows[:, bits].max(axis=0)
    clipped = np.clip(rows, low, high).astype(np.float64)
    deviation = clipped.std(axis=0)
    deviation[bits] = 1
    return clipped.mean(axis=0), np.where(deviation > 0, deviation, 1), low, high


def fit(
    rows: np.ndarray,
    columns: slice,
    chosen: np.ndarray,
    other: np.ndarray,
    scaling: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
    strength: float,
) -> np.ndarray:
    """The weights [WIDTH], 0 outside the columns: logistic regression on differences, without an intercept."""
    from sklearn.linear_model import LogisticRegression

    center, scale, low, high = scaling
    scaled = ((np.clip(rows, low, high) - center) / scale)[:, columns]
    difference = scaled[chosen] - scaled[other]
    # Every other pair the other way round, so that the classes are two; without an intercept that changes nothing.
    label = np.arange(len(difference)) % 2
    difference = np.where(label[:, None] == 1, difference, -difference)
    model = LogisticRegression(C=strength, fit_intercept=False, solver="newton-cholesky").fit(difference, label)
    weights = np.zeros(rows.shape[1])
    weights[columns] = model.coef_[0]
    return weights


def fit_members(
    rows: np.ndarray,
    columns: slice,
    chosen: np.ndarray,
    other: np.ndarray,
    fold: np.ndarray,
    strength: float,
    atoms: tuple[int, int],
) -> PreferenceModel:
    """A member for each fold, which it does not see: together they see all pairs."""
    scaling = find_scaling(rows)
    members = [fit(rows, columns, chosen[fold != n], other[fold != n], scaling, strength) for n in range(FOLDS)]
    return PreferenceModel(np.stack(members), *scaling, atoms=atoms)


def find_atoms(mols: list) -> tuple[int, int]:
    counts = [mol.GetNumHeavyAtoms() for mol in mols]
    return min(counts), max(counts)


if __name__ == "__main__":
    main()
