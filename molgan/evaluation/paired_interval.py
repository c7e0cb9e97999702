"""The interval of a mean difference over repeated cross-validation, whose training parts overlap."""

import math

import numpy as np
from numpy.typing import NDArray

from molgan.evaluation.bootstrap import Interval

_LEVEL = 0.95


def corrected_interval(differences: NDArray[np.float64], folds: int) -> Interval:
    """The mean of paired differences [J], one a held-out part, those that are NaN left out, and its 95% interval.

    Parts of different splits share molecules, so that the plain t interval is far too narrow. The variance is
    multiplied by 1 / J + n_test / n_train = 1 / J + 1 / (folds - 1) in place of 1 / J: C. Nadeau, Y. Bengio, Machine
    Learning 52, 239 (2003), for repeated cross-validation R. Bouckaert, E. Frank, PAKDD 2004. NaN ends for fewer than
    two differences.
    """
    from scipy.stats import t

    known = differences[~np.isnan(differences)]
    if len(known) < 2:
        return Interval(float(known.mean()) if len(known) else math.nan, math.nan, math.nan)
    error = math.sqrt(float(known.var(ddof=1)) * (1 / len(known) + 1 / (folds - 1)))
    reach = float(t.ppf((1 + _LEVEL) / 2, len(known) - 1)) * error
    mean = float(known.mean())
    return Interval(mean, mean - reach, mean + reach)
