import math

import pytest
from rdkit import Chem

from molgan.chem.fingerprints import ecfp
from molgan.evaluation.quality import Quality, Yield, circles, quality

PARACETAMOL, IBUPROFEN = "CC(=O)Nc1ccc(O)cc1", "CC(C)Cc1ccc(C(C)C(=O)O)cc1"  # QED 0.60 and 0.82
UNDRUGLIKE = "CCCCCCCCCCCCCCCCCC"


def test_quality_counts_each_distinct_good_molecule_once():
    sample = [IBUPROFEN, PARACETAMOL, "OC(=O)C(C)c1ccc(CC(C)C)cc1", UNDRUGLIKE, None, "C1CC"]
    assert quality(sample, qed=0.59) == Quality(given=6, valid=4, distinct=3, novel=3, good=2)
    assert quality(sample, qed=0.7).share == 1 / 6
    assert quality(sample, qed=0.59, known={IBUPROFEN}) == Quality(given=6, valid=4, distinct=3, novel=2, good=1)
    assert math.isnan(quality([]).share)


def test_circles_do_not_overlap():
    fingerprints = ecfp([Chem.MolFromSmiles(s) for s in ("CCCCCCO", "CCCCO", "c1ccncc1", "c1ccncc1", "FC(F)F")])
    assert circles(fingerprints) == 3
    assert circles(fingerprints, distance=0.1) == 4
    assert circles([]) == 0


def test_yield():
    made = Yield(sampled=2000, kept=500, seconds=30)
    assert (made.share, made.minutes_for(10_000)) == (0.25, 10)
    assert made.per_second == pytest.approx(500 / 30)
    assert Yield(10, 0, 1).minutes_for(10) == math.inf
    assert math.isnan(Yield(0, 0, 0).share)
