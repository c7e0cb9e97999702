"""The sets that samples are compared with: MOSES's own, a file, or a list of SMILES."""

import os
from collections.abc import Iterable, Iterator
from enum import StrEnum
from importlib.resources import as_file, files
from pathlib import Path
from typing import TypeAlias

from molgan.chem.reading import read_smiles


class Moses(StrEnum):
    """A split of the MOSES data set (Polykovskiy et al. 2020)."""

    TRAIN = "train"
    TEST = "test"
    TEST_SCAFFOLDS = "test_scaffolds"


Source: TypeAlias = Moses | Path | Iterable[str] | None
"""A list of SMILES, a file of them, a split of MOSES, or None to leave out the metrics that need the set."""


def find_moses_file(split: Moses) -> Path | None:
    """The file of a split, None when it is missing; see `find_data_file`."""
    return find_data_file(f"moses_{split.value}.*")


def find_data_file(pattern: str) -> Path | None:
    """The first file that matches a pattern, None when no file does.

    The file is looked for in `$MOLGAN_DATA` if it is set, else in the folder `data` of the repository and of the
    working folder.
    """
    chosen = os.environ.get("MOLGAN_DATA")
    folders = [Path(chosen)] if chosen else [Path(__file__).parents[2] / "data", Path("data")]
    return next((path for folder in folders for path in sorted(folder.glob(pattern))), None)


def read_source(source: Source) -> Iterator[str] | None:
    """The SMILES of a source as written, None when it is left out or missing. Raises InputError for an unreadable
    file."""
    if isinstance(source, Moses):
        source = find_moses_file(source)
    if source is None:
        return None
    if isinstance(source, Path):
        return (record.smiles for record in read_smiles(source))
    return iter(source)


def shipped_statistics(split: Moses) -> Path:
    """The file of the shipped statistics of a split."""
    with as_file(files("molgan") / "data" / f"moses_{split.value}_statistics.npz") as path:
        return path
