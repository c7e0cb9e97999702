import numpy as np
import pytest
from rdkit import DataStructs

from molgan.evaluation.tanimoto import mean_similarities, nearest_similarities


def random_fingerprints(n, density, seed):
    """The same fingerprints packed and as RDKit's bit vectors; the last one has no bit."""
    bits = np.random.default_rng(seed).random((n, 1024)) < density
    bits[-1] = False
    vectors = [DataStructs.CreateFromBitString("".join("01"[bit] for bit in row)) for row in bits.astype(int)]
    return np.packbits(bits, axis=1), vectors


def pairs(queries, references):
    """Tanimoto similarities as MOSES takes them: 1 between two fingerprints without a bit."""
    table = np.array([DataStructs.BulkTanimotoSimilarity(query, references) for query in queries])
    empty = [[q.GetNumOnBits() == 0 == r.GetNumOnBits() for r in references] for q in queries]
    return np.where(empty, 1.0, table)


@pytest.mark.parametrize("density", [0.05, 0.4])  # few bits, and too many for bfloat16
def test_nearest_similarities_equal_rdkit(density):
    (queries, query_vectors), (references, reference_vectors) = (
        random_fingerprints(n, density, seed) for n, seed in ((30, 1), (50, 2))
    )
    expected = pairs(query_vectors, reference_vectors).max(axis=1)
    np.testing.assert_allclose(nearest_similarities(queries, references), expected)


def test_weights_stand_for_repeats():
    packed, vectors = random_fingerprints(20, 0.1, 3)
    counts = np.arange(1, 21)
    repeated = [vector for vector, count in zip(vectors, counts, strict=True) for _ in range(count)]
    table = pairs(vectors, repeated)
    first, second = mean_similarities(packed, counts.astype(float))
    np.testing.assert_allclose(first, table.mean(axis=1), rtol=1e-5)
    np.testing.assert_allclose(second, (table**2).mean(axis=1), rtol=1e-5)


def test_nothing_is_near_to_no_reference():
    packed, _ = random_fingerprints(2, 0.1, 4)
    assert np.isnan(nearest_similarities(packed, packed[:0])).all()
