import math

import numpy as np
from rdkit import Chem

from molgan.chem.fingerprints import ecfp
from molgan.evaluation.molecule_features import sample_features
from molgan.evaluation.quality import circles, quality, unpack
from molgan.evaluation.reference_statistics import pack

PARACETAMOL, IBUPROFEN = "CC(=O)Nc1ccc(O)cc1", "CC(C)Cc1ccc(C(C)C(=O)O)cc1"  # QED 0.60 and 0.82
UNDRUGLIKE = "CCCCCCCCCCCCCCCCCC"


def test_quality_is_a_share_of_all_samples():
    distinct = [each for each in sample_features([IBUPROFEN, PARACETAMOL, UNDRUGLIKE]) if each is not None]
    assert quality(distinct, 6, qed=0.59) == 2 / 6
    assert quality(distinct, 6, qed=0.7) == 1 / 6
    assert quality(distinct, 6, qed=0.59, sa=0.5) == 0
    assert math.isnan(quality([], 0))


def test_circles_do_not_overlap():
    fingerprints = ecfp([Chem.MolFromSmiles(s) for s in ("CCCCCCO", "CCCCO", "c1ccncc1", "c1ccncc1", "FC(F)F")])
    assert circles(fingerprints) == 3
    assert circles(fingerprints, distance=0.1) == 4
    assert circles([]) == 0


def test_packed_fingerprints_come_back():
    packed = pack([each for each in sample_features([IBUPROFEN, PARACETAMOL]) if each is not None])
    again = unpack(packed)
    assert [list(one.GetOnBits()) for one in again] == [
        np.flatnonzero(row).tolist() for row in np.unpackbits(packed, 1)
    ]
