"""The statistics of a reference set for the MOSES metrics: computed once, then cached by the content of the set.

The statistics of MOSES's test and scaffold test sets are part of molgan. Those of other sets, and the fingerprints of
all, are computed when first needed (about 10 and 0.3 ms per molecule) and kept in the cache folder.
"""

import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import numpy as np
from numpy.typing import NDArray

from molgan.base import cache_folder as cache
from molgan.base.parallel import map_chunks
from molgan.base.progress import Progress, Silent
from molgan.evaluation import chemnet
from molgan.evaluation import molecule_features as features
from molgan.evaluation.comparison_sets import Moses, Source, read_source, shipped_statistics
from molgan.evaluation.molecule_features import CHUNK, FINGERPRINT_BITS, PROPERTIES, Features

T = TypeVar("T")

_STEP = 1e-5  # properties are kept in steps of this
_UNREADABLE = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile)


@dataclass(frozen=True)
class Statistics:
    """`mean` [512] and `covariance` [512, 512] of ChemNet's activations (NaN for fewer than two molecules), how often
    each BRICS fragment and each Murcko scaffold occurs, and the sorted values of each property."""

    mean: NDArray[np.float64]
    covariance: NDArray[np.float64]
    fragments: Counter[str]
    scaffolds: Counter[str]
    properties: dict[str, NDArray[np.float64]]
    content: str = ""  # the hash of the set

    def save(self, file: BinaryIO) -> None:
        """Write as .npz, about 1 MB for MOSES's test set: the covariance in float32, properties to 5 decimals."""
        triangle = self.covariance[np.triu_indices(len(self.covariance))].astype(np.float32)
        arrays: dict[str, Any] = {"mean": self.mean, "covariance": triangle, "content": np.array(self.content)}
        for name, counter in (("fragments", self.fragments), ("scaffolds", self.scaffolds)):
            keys = sorted(counter)
            arrays[name] = np.frombuffer("\n".join(keys).encode(), dtype=np.uint8)
            arrays[f"{name}_counts"] = np.array([counter[key] for key in keys], dtype=np.int32)
        for name, values in self.properties.items():
            arrays[f"property_{name}"] = np.diff(np.rint(values / _STEP).astype(np.int64), prepend=0)
        np.savez_compressed(file, **arrays)

    @classmethod
    def load(cls, path: Path) -> "Statistics":
        """Read what `save` wrote."""
        with np.load(path, allow_pickle=False) as arrays:
            covariance = np.zeros((len(arrays["mean"]),) * 2)
            covariance[np.triu_indices(len(covariance))] = arrays["covariance"]
            covariance += np.triu(covariance, 1).T
            fragments = _counter(arrays["fragments"], arrays["fragments_counts"])
            scaffolds = _counter(arrays["scaffolds"], arrays["scaffolds_counts"])
            properties = {name: np.cumsum(arrays[f"property_{name}"]) * _STEP for name in PROPERTIES}
            return cls(arrays["mean"], covariance, fragments, scaffolds, properties, str(arrays["content"]))


@dataclass(frozen=True)
class Reference:
    """A reference set: its statistics and packed fingerprints [n, 128], None when its SMILES are not installed."""

    statistics: Statistics
    fingerprints: NDArray[np.uint8] | None


def reference(source: Source, *, n_jobs: int = 1, progress: Progress | None = None) -> Reference | None:
    """The statistics and fingerprints of a source, None when it is left out. Invalid SMILES in it do not count."""
    progress = progress or Silent()
    given = read_source(source)
    if given is None:
        return Reference(Statistics.load(shipped_statistics(source)), None) if isinstance(source, Moses) else None
    smiles = sorted(given)
    content = cache.content_hash(smiles)

    def describe(function: Callable[[list[str]], list[Features | None]], task: str) -> list[Features]:
        chunks = map_chunks(function, smiles, CHUNK, n_jobs, task=task, progress=progress)
        return [each for each in chain.from_iterable(chunks) if each is not None]

    def statistics() -> Statistics:
        progress.message(f"computing the statistics of a reference set of {len(smiles):,} molecules; they are cached")
        valid = describe(features.reference_features, "reference molecules")
        return summarise(valid, np.ones(len(valid), dtype=np.int64), content=content, progress=progress)

    def fingerprints() -> NDArray[np.uint8]:
        return pack(describe(features.fingerprints_alone, "reference fingerprints"))

    statistics_path = cache.entry("statistics-1", content, ".npz")
    fingerprints_path = cache.entry("fingerprints-1", content, ".npy")
    return Reference(
        _shipped(content) or load_or_compute(statistics_path, Statistics.load, _save_statistics, statistics, progress),
        load_or_compute(fingerprints_path, np.load, np.save, fingerprints, progress),
    )


def summarise(
    molecules: Sequence[Features], counts: NDArray[np.int64], *, content: str = "", progress: Progress | None = None
) -> Statistics:
    """The statistics of molecules that occur `counts` [n] times each."""
    fragments: Counter[str] = Counter()
    scaffolds: Counter[str] = Counter()
    for molecule, count in zip(molecules, counts.tolist(), strict=True):
        for fragment in molecule.fragments:
            fragments[fragment] += count
        if molecule.scaffold is not None:
            scaffolds[molecule.scaffold] += count
    mean = np.full(chemnet.DIMENSIONS, np.nan)
    covariance = np.full((chemnet.DIMENSIONS,) * 2, np.nan)
    if counts.sum() >= 2:
        active = chemnet.activations([molecule.smiles for molecule in molecules], progress=progress).astype(np.float64)
        mean, covariance = np.average(active, axis=0, weights=counts), np.cov(active, rowvar=False, fweights=counts)
    columns = np.array([molecule.properties for molecule in molecules]).reshape(-1, len(PROPERTIES)).T
    repeated = (np.repeat(column, counts) for column in columns)
    properties = {n: np.sort(column[~np.isnan(column)]) for n, column in zip(PROPERTIES, repeated, strict=True)}
    return Statistics(mean, covariance, fragments, scaffolds, properties, content)


def pack(molecules: Iterable[Features]) -> NDArray[np.uint8]:
    """Their fingerprints, [n, 128] bytes."""
    joined = b"".join(molecule.fingerprint for molecule in molecules)
    return np.frombuffer(joined, dtype=np.uint8).reshape(-1, FINGERPRINT_BITS // 8)


def _counter(text: NDArray[np.uint8], counts: NDArray[np.int32]) -> Counter[str]:
    keys = text.tobytes().decode().split("\n") if len(text) else []
    return Counter(dict(zip(keys, counts.tolist(), strict=True)))


def _shipped(content: str) -> Statistics | None:
    for split in (Moses.TEST, Moses.TEST_SCAFFOLDS):
        statistics = Statistics.load(shipped_statistics(split))
        if statistics.content == content:
            return statistics
    return None


def load_or_compute(
    path: Path,
    load: Callable[[Path], T],
    save: Callable[[BinaryIO, T], None],
    compute: Callable[[], T],
    progress: Progress,
) -> T:
    """A result from the cache, or else computed and put into the cache.

    Args:
        path: Cache entry.
        load: Reads the result from `path`.
        save: Writes the result to a file.
        compute: Computes the result.
        progress: Receiver of the messages about an unreadable entry or an unwritable cache.
    """
    if path.exists():
        try:
            return load(path)
        except _UNREADABLE as error:
            progress.message(f"{path}: the cached result is unreadable ({error}) and is computed again")
    result = compute()
    try:
        with cache.store(path) as file:
            save(file, result)
    except OSError as error:
        progress.message(f"{path}: the result cannot be cached ({error.strerror or error})")
    return result


def _save_statistics(file: BinaryIO, statistics: Statistics) -> None:
    statistics.save(file)
