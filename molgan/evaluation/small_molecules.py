"""Metrics of small molecules against a data set such as QM9: valid, unique, novel, and distance (FCD)."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from molgan.base.errors import InputError
from molgan.base.progress import Progress, Silent
from molgan.chem.molecule import parse
from molgan.evaluation.chemnet_fit import distance, fit_molecules, fit_reference
from molgan.evaluation.comparison_sets import find_data_file
from molgan.graphs.dense.dense_data import DenseData, flat_smiles, prepare_dense

HELD_OUT = 10_000
"""Molecules of the data set that training leaves alone, the first of `DenseData`: FCD is the distance to them."""

FIGURES = ("samples", "valid", "unique", "novel", "V·U·N", "FCD", "FCD of real molecules")


def small_reference(name: str, *, n_jobs: int = 1, progress: Progress | None = None) -> DenseData:
    """The molecules of a file, or of `data/qm9.csv.gz` for "qm9". Raises InputError where the file is missing."""
    path = find_data_file("qm9.*") if name == "qm9" else Path(name)
    if path is None:
        raise InputError(
            "qm9.csv.gz was not found: run in the repository, or set MOLGAN_DATA to the folder of the file"
        )
    if not path.is_file():
        raise InputError(f"{path}: no such file; --reference takes the name of a file, or qm9")
    return prepare_dense(path, processes=n_jobs, progress=progress)


def evaluate_small(
    smiles: Sequence[str | None], data: DenseData, *, held_out: int = HELD_OUT, progress: Progress | None = None
) -> dict[str, float]:
    """`FIGURES` of samples in the order drawn; an invalid sample is None or invalid text.

    valid: molecules that RDKit can sanitise, of one fragment and of elements only / samples. unique: distinct / valid.
    novel: distinct molecules outside `data` / distinct; molecules are compared as canonical SMILES without stereo.
    V·U·N is the product of the three. FCD is the distance of the valid samples to the first `held_out` molecules of
    `data`; FCD of real molecules is that of the next `held_out` ones. FCD depends on the number of samples: published
    values for QM9 are of 10,000. A figure is NaN where there are too few molecules.
    """
    progress = progress or Silent()
    molecules = [parse(text) for text in smiles]
    whole = [str(each.smiles) for each in molecules if each.is_connected and "*" not in str(each.smiles)]
    found = [text for text in map(flat_smiles, whole) if text is not None]
    distinct = set(found)
    share = {
        "valid": len(found) / len(smiles) if smiles else np.nan,
        "unique": len(distinct) / len(found) if found else np.nan,
        "novel": len(distinct.difference(data.smiles)) / len(distinct) if distinct else np.nan,
    }
    reference = fit_reference(data.smiles[:held_out], progress=progress)
    others = fit_reference(data.smiles[held_out : 2 * held_out], progress=progress)
    return {
        "samples": float(len(smiles)),
        **share,
        "V·U·N": float(np.prod(list(share.values()))),
        "FCD": distance(fit_molecules(found, progress=progress), reference),
        "FCD of real molecules": distance(others, reference),
    }
