"""The Fréchet distance between two normal distributions."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def frechet_distance(mean_a: Array, covariance_a: Array, mean_b: Array, covariance_b: Array) -> float:
    """Squared Fréchet (2-Wasserstein) distance of N(mean_a, covariance_a) and N(mean_b, covariance_b), ≥ 0.

    |mean_a - mean_b|² + Tr(A + B - 2 (AB)^½) (Dowson and Landau 1982). Tr (AB)^½ is taken as the sum of the square
    roots of the eigenvalues of A^½ B A^½, which is symmetric: no imaginary parts, and no failure on singular matrices.
    """
    values, vectors = np.linalg.eigh(covariance_a)
    root = (vectors * np.sqrt(values.clip(0))) @ vectors.T
    product = root @ covariance_b @ root
    cross = np.sqrt(np.linalg.eigvalsh((product + product.T) / 2).clip(0)).sum()
    difference = mean_a - mean_b
    distance = difference @ difference + np.trace(covariance_a) + np.trace(covariance_b) - 2 * cross
    return max(float(distance), 0.0)
