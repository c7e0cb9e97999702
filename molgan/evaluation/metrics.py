"""The metrics of MOSES, by the definitions of its official code, so that values can be compared with published ones.

Polykovskiy et al., Molecular Sets (MOSES), Frontiers in Pharmacology 11, 565644 (2020), and the package molsets.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from molgan.base.parallel import map_chunks
from molgan.base.progress import Progress, Silent
from molgan.evaluation.chemnet_points import compare_neighbourhoods
from molgan.evaluation.comparison_sets import Moses, Source, read_source
from molgan.evaluation.frechet import frechet_distance
from molgan.evaluation.molecule_features import CHUNK, PROPERTIES, Features, sample_features
from molgan.evaluation.neighbourhoods import FIGURES
from molgan.evaluation.quality import circles, quality, unpack
from molgan.evaluation.reference_statistics import Reference, Statistics, pack, reference, summarise
from molgan.evaluation.tanimoto import mean_similarities, nearest_similarities

METRICS = (
    "valid", "unique@1000", "unique@10000",
    "FCD/Test", "SNN/Test", "Frag/Test", "Scaf/Test",
    "FCD/TestSF", "SNN/TestSF", "Frag/TestSF", "Scaf/TestSF",
    "IntDiv", "IntDiv2", "Filters", "logP", "SA", "QED", "weight", "Novelty",
    "Quality", "Circles", *FIGURES,
)  # fmt: skip
"""What `evaluate` returns, in order, by MOSES's names; logP, SA, QED and weight are Wasserstein distances. Quality (QED
at least .6 and SA at most 4), Circles (molecules that lie .75 apart), and Precision, Recall, Density and Coverage with
respect to the test set (`molgan.evaluation.neighbourhoods`, on ChemNet) are not of MOSES."""

_COMPARABLE = 30_000


@dataclass(frozen=True)
class _Sample:
    """The number of samples, the canonical SMILES of the valid ones in order, and the distinct ones with their
    `counts`."""

    given: int
    valid: list[str]
    distinct: list[Features]
    counts: NDArray[np.int64]


def evaluate(
    smiles: Sequence[str | None],
    *,
    train: Source = Moses.TRAIN,
    test: Source = Moses.TEST,
    test_scaffolds: Source = Moses.TEST_SCAFFOLDS,
    n_jobs: int = 1,
    progress: Progress | None = None,
) -> dict[str, float]:
    """The MOSES metrics of samples: the value of each of `METRICS`.

    A metric is NaN where no sample is valid, or its reference set is left out (None) or missing. FCD depends on the
    number of samples; published values are of 30,000. Two differences from the official code: a molecule of more than
    1,000 heavy atoms is invalid, and so is text behind a SMILES.

    Args:
        smiles: Samples in the order drawn, invalid ones included.
        train: Training set, for novelty.
        test: Test set, for the metrics named …/Test.
        test_scaffolds: Scaffold test set, for the metrics named …/TestSF.
        n_jobs: Number of processes.
        progress: Receiver of the progress; None shows nothing.

    Raises:
        InputError: The file of a set cannot be read.
        RunError: A process died.
    """
    progress = progress or Silent()
    sample = _describe(smiles, n_jobs, progress)
    if sample.given < _COMPARABLE:
        progress.message(f"FCD of {sample.given:,} samples: published values are of {_COMPARABLE:,} samples")
    values = dict.fromkeys(METRICS, math.nan)
    if sample.given:
        values["valid"] = len(sample.valid) / sample.given
    if not sample.valid:
        progress.message("no valid samples: the other metrics cannot be computed")
        return values
    for k in (1000, 10_000):
        if len(sample.valid) < k:
            progress.message(f"unique@{k} is computed from {len(sample.valid):,} valid samples, fewer than {k:,}")
        values[f"unique@{k}"] = len(set(sample.valid[:k])) / len(sample.valid[:k])
    statistics = summarise(sample.distinct, sample.counts, progress=progress)
    fingerprints = pack(sample.distinct)
    for source, suffix in ((test, "Test"), (test_scaffolds, "TestSF")):
        known = reference(source, n_jobs=n_jobs, progress=progress)
        if known is None:
            continue
        compared = _compare(statistics, known.statistics)
        compared["SNN"] = _nearest(fingerprints, sample.counts, known, suffix, progress)
        values |= {f"{name}/{suffix}": value for name, value in compared.items()}
        if suffix == "Test":
            values |= _distances(statistics, known.statistics)
            values |= _neighbourhoods(sample, source, progress)
    values["IntDiv"], values["IntDiv2"] = _internal_diversity(fingerprints, sample.counts, progress)
    values["Filters"] = _passing(sample)
    values["Novelty"] = _novelty(sample, train, progress)
    values["Quality"] = quality(sample.distinct, sample.given)
    values["Circles"] = circles(unpack(fingerprints))
    return values


def _describe(smiles: Sequence[str | None], n_jobs: int, progress: Progress) -> _Sample:
    texts = [text if isinstance(text, str) else "" for text in smiles]
    once = list(dict.fromkeys(texts))
    described = map_chunks(sample_features, once, CHUNK, n_jobs, task="samples", progress=progress)
    found = list(chain.from_iterable(described))
    features = dict(zip(once, found, strict=True))
    valid = [each.smiles for text in texts if (each := features[text]) is not None]
    distinct = {each.smiles: each for each in found if each is not None}
    times = Counter(valid)
    counts = np.array([times[key] for key in distinct], dtype=np.int64)
    return _Sample(len(texts), valid, list(distinct.values()), counts)


def _compare(sample: Statistics, known: Statistics) -> dict[str, float]:
    gaussians = (sample.mean, sample.covariance, known.mean, known.covariance)
    computable = all(np.isfinite(array).all() for array in gaussians)
    return {
        "FCD": frechet_distance(*gaussians) if computable else math.nan,
        "Frag": cosine_similarity(sample.fragments, known.fragments),
        "Scaf": cosine_similarity(sample.scaffolds, known.scaffolds),
    }


def cosine_similarity(a: Mapping[str, int], b: Mapping[str, int]) -> float:
    """The cosine of the angle between two vectors of counts, 0 to 1; NaN when one is empty."""
    if not a or not b:
        return math.nan
    product = sum(count * b.get(key, 0) for key, count in a.items())
    return product / math.sqrt(sum(n * n for n in a.values()) * sum(n * n for n in b.values()))


def _nearest(
    fingerprints: NDArray[np.uint8], counts: NDArray[np.int64], known: Reference, suffix: str, progress: Progress
) -> float:
    if known.fingerprints is None:
        progress.message(f"SNN/{suffix} is left out: the file of the set is missing; set MOLGAN_DATA to its folder")
        return math.nan
    similarities = nearest_similarities(fingerprints, known.fingerprints, progress=progress)
    return float(np.average(similarities, weights=counts))


def _distances(sample: Statistics, known: Statistics) -> dict[str, float]:
    from scipy.stats import wasserstein_distance

    def distance(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
        return float(wasserstein_distance(a, b)) if len(a) and len(b) else math.nan

    return {name: distance(sample.properties[name], known.properties[name]) for name in PROPERTIES}


def _neighbourhoods(sample: _Sample, test: Source, progress: Progress) -> dict[str, float]:
    given = read_source(test)
    if given is None:
        progress.message(
            f"{', '.join(FIGURES)} are left out: the file of the set is missing; set MOLGAN_DATA to its folder"
        )
        return dict.fromkeys(FIGURES, math.nan)
    return compare_neighbourhoods(sample.valid, list(given), progress=progress)


def _internal_diversity(
    fingerprints: NDArray[np.uint8], counts: NDArray[np.int64], progress: Progress
) -> tuple[float, float]:
    weights = counts.astype(np.float64)
    first, second = mean_similarities(fingerprints, weights, progress=progress)
    # The paper takes the root of the mean over all pairs; the official code takes it molecule by molecule.
    return float(1 - np.average(first, weights=weights)), float(1 - np.average(np.sqrt(second), weights=weights))


def _passing(sample: _Sample) -> float:
    judged = np.array([each.passes is not None for each in sample.distinct])
    passes = np.array([bool(each.passes) for each in sample.distinct])
    return float(np.average(passes[judged], weights=sample.counts[judged])) if judged.any() else math.nan


def _novelty(sample: _Sample, train: Source, progress: Progress) -> float:
    given = read_source(train)
    if given is None:
        if train is not None:
            progress.message("Novelty is left out: the training set is missing; set MOLGAN_DATA to its folder")
        return math.nan
    distinct = {each.smiles for each in sample.distinct}
    # The training set is compared as written: that of MOSES is canonical.
    return 1 - len(distinct.intersection(given)) / len(distinct)
