import pytest

from molgan.chem.molecule import parse
from molgan.chem.support import Support


def test_ranges_hold_what_they_were_taken_of_and_leave_out_the_rest() -> None:
    data = [parse(smiles) for smiles in ("CCO", "CCCCO", "c1ccccc1O")]
    support = Support.of(data)
    heavy, light, broken = parse("CCCCCCCCCCCCCCCCCCO"), parse("C"), parse("C(")
    assert support.contains([parse("CCCO")]).tolist() == [True]
    assert support.contains([heavy, light, broken]).tolist() == [False, False, False]


def test_no_molecule_has_no_ranges() -> None:
    with pytest.raises(ValueError, match="no molecule"):
        Support.of([])
