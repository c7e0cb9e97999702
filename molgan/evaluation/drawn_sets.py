"""Sets that are small enough to be described molecule by molecule, drawn from files and lists of any length."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from molgan.base.errors import InputError
from molgan.base.progress import Progress
from molgan.chem.reading import read_smiles
from molgan.evaluation.bias import FEWEST, Comparison, compare_sets
from molgan.evaluation.chemnet_points import MOST
from molgan.evaluation.composition import MoleculeSet, describe_set


def read_tiers(path: Path, column: str | None) -> tuple[list[str], list[str]]:
    """The SMILES of a file, and the text of a column beside each; no texts without such a column. Raises InputError."""
    smiles, tiers = [], []
    for record in read_smiles(path):
        smiles.append(record.smiles)
        if column is not None and column in record.fields:
            tiers.append(record.fields[column])
    return smiles, tiers if len(tiers) == len(smiles) else []


def compare_smiles(
    samples: dict[str, Sequence[str | None]],
    data: Iterable[str],
    tiers: Sequence[str] = (),
    *,
    n_jobs: int = 1,
    most: int = MOST,
    control: bool = True,
    seed: int = 0,
    progress: Progress | None = None,
) -> tuple[Comparison, dict[str, MoleculeSet]]:
    """Compare sets of SMILES, of which invalid ones are None or invalid text, with real molecules; see `compare_sets`.
    Of each set `most` molecules are drawn, of the data twice as many with `control`.

    Args:
        samples: The sets by name.
        data: Real molecules.
        tiers: The tier of each molecule of `data`, or none.
        n_jobs: Number of processes.
        most: The most molecules of a set.
        control: Whether to compare half of the data with the other, too.
        seed: Seed of all draws.
        progress: Receiver of the progress; None shows nothing.

    Returns:
        The comparison, and the molecules of the sets.

    Raises:
        InputError: A set has hardly any valid molecules.
    """
    known = list(data)
    rows = _draw_rows(len(known), (1 + control) * most, seed)
    described = describe_set([known[row] for row in rows], n_jobs=n_jobs, task="data", progress=progress)
    chosen = [tiers[rows[row]] for row in described.rows.tolist()] if len(tiers) else []
    sets = {
        name: describe_set(
            [given[row] for row in _draw_rows(len(given), most, seed)], n_jobs=n_jobs, task=name, progress=progress
        )
        for name, given in samples.items()
    }
    for name, found in {"the data to compare with": described, **sets}.items():
        if len(found) < FEWEST:
            raise InputError(f"{name}: {len(found)} valid molecules, fewer than the {FEWEST} that a comparison needs")
    return compare_sets(sets, described, tiers=chosen, control=control, most=most, seed=seed), sets


def _draw_rows(count: int, most: int, seed: int) -> list[int]:
    """All places, or `most` of them at random, in order."""
    rng = np.random.default_rng([seed, 4])
    return list(range(count)) if count <= most else np.sort(rng.choice(count, most, replace=False)).tolist()
