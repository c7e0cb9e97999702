import numpy as np

from molgan.chem.shipped_sets import load_reference
from molgan.evaluation.chemnet_points import compare_neighbourhoods
from molgan.evaluation.neighbourhoods import FIGURES

KNOWN = [record.smiles for record in load_reference("moses_reference_1000")]


def test_real_molecules_are_like_real_ones_and_others_are_not() -> None:
    real = compare_neighbourhoods(KNOWN[:150], KNOWN[150:300])
    assert list(real) == list(FIGURES)
    assert min(real["Precision"], real["Recall"], real["Coverage"]) > 0.8 and 0.6 < real["Density"] < 1.4
    strange = compare_neighbourhoods(["C" * n for n in range(30, 60)], KNOWN[150:300])
    assert strange["Recall"] == 0 and strange["Coverage"] < 0.2
    copies = compare_neighbourhoods(KNOWN[:1] * 100, KNOWN[150:300])
    assert copies["Recall"] == 0 and copies["Coverage"] < 0.1


def test_the_order_of_the_reference_makes_no_difference_and_few_molecules_have_no_figure() -> None:
    assert compare_neighbourhoods(KNOWN[:40], KNOWN[40:140]) == compare_neighbourhoods(KNOWN[:40], KNOWN[139:39:-1])
    assert all(np.isnan(value) for value in compare_neighbourhoods(KNOWN[:5], KNOWN[5:]).values())
    assert all(np.isnan(value) for value in compare_neighbourhoods(KNOWN[:9], ["C1CC"] * 9).values())
