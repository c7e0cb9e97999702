import numpy as np
import pytest

from molgan.chem.familiarity import Familiarity
from molgan.graphs.features.descriptions import Descriptions, describe_all
from molgan.graphs.features.ranges import Support


def described(*smiles: str) -> Descriptions:
    return describe_all(smiles, Familiarity.of([]))


def test_ranges_hold_what_they_were_taken_of_and_leave_out_the_rest() -> None:
    support = Support.of(described("CCO", "CCCCO", "c1ccccc1O"), outside=0)
    assert support.contains(described("CCO", "CCCO", "CCCCO", "c1ccccc1O")).all()
    assert not support.contains(described("CCCCCCCCCCCCCCCCCCO", "C", "C(")).any()
    assert np.isclose(support.ranges["weight"][0], 46.04, atol=0.01)


def test_no_molecule_has_no_ranges() -> None:
    with pytest.raises(ValueError, match="no valid molecule"):
        Support.of(described())
