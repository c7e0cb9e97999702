"""How well scores tell two sets apart: the area under the ROC curve, and the rate at few false positives."""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from molgan.evaluation.bootstrap import RESAMPLES, Interval

_TAILS = (2.5, 97.5)


def auc(real: np.ndarray, fake: np.ndarray) -> float:
    """Probability that a real molecule's score is above a fake one's, ties counting half; .5 for random scores.

    The area under the ROC curve, by ranks (Mann & Whitney 1947).
    """
    ranks = rankdata(np.concatenate([real, fake]))[: len(real)]
    return float((ranks.mean() - (len(real) + 1) / 2) / len(fake))


def true_positive_rate(real: np.ndarray, fake: np.ndarray, false_positives: float = 0.01) -> float:
    """The share of real molecules above the score that at most a share `false_positives` of the fake ones exceeds, 0 to
    1: for random scores about `false_positives`. NaN with fewer fake ones than one false positive needs.

    What an attack on privacy is judged by (Carlini et al. 2022, "Membership inference attacks from first principles"):
    an attacker who is right about a few molecules is a worse one than he who is a little right about all.
    """
    allowed = int(false_positives * len(fake) + 1e-9)
    if not len(real) or allowed < 1:
        return float("nan")
    threshold = np.partition(fake, len(fake) - 1 - allowed)[len(fake) - 1 - allowed]
    return float((real > threshold).mean())


def bootstrap_separation(
    real: NDArray[np.float64],
    fake: NDArray[np.float64],
    rng: np.random.Generator,
    *,
    false_positives: float = 0.01,
    resamples: int = RESAMPLES,
) -> tuple[Interval, Interval]:
    """`auc` and `true_positive_rate` with their 95% intervals; both sides are resampled."""
    if not len(real) or not len(fake):
        nothing = Interval(*[float("nan")] * 3)
        return nothing, nothing
    drawn = np.empty((resamples, 2))
    for i in range(resamples):
        one, other = real[rng.integers(len(real), size=len(real))], fake[rng.integers(len(fake), size=len(fake))]
        drawn[i] = auc(one, other), true_positive_rate(one, other, false_positives)
    values = auc(real, fake), true_positive_rate(real, fake, false_positives)
    found = [Interval(value, *np.percentile(drawn[:, i], _TAILS).tolist()) for i, value in enumerate(values)]
    return found[0], found[1]
