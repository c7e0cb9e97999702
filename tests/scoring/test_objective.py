import pickle

import numpy as np
import pytest
from pydantic import ValidationError

from molgan.chem.molecule import parse
from molgan.filters.registry import get_filter
from molgan.scoring.objective import Objective
from molgan.scoring.registry import get_scorer
from molgan.scoring.settings import ObjectiveSettings

ETHANOL, BENZENE, BROKEN = "CCO", "c1ccccc1", "c1ccccc"


def objective(*components, **settings):
    return Objective(ObjectiveSettings(components=list(components), **settings))


def step(scorer, low, high, **settings):
    return {"scorer": scorer, "transform": {"name": "step", "low": low, "high": high}, **settings}


def linear(scorer, low, high, **settings):
    return {"scorer": scorer, "transform": {"name": "linear", "low": low, "high": high}, **settings}


def test_a_row_an_input_in_order_with_nan_and_reason_for_failures():
    table = objective({"scorer": "qed"}, {"scorer": "sa"})([ETHANOL, BROKEN, None, BENZENE, "OCC"])
    assert np.isnan(table.total).tolist() == [False, True, True, False, False]
    assert table.errors == [None, "not a SMILES: unclosed ring", "empty", None, None]
    assert table.total[0] == table.total[4]
    assert table.smiles == [ETHANOL, BROKEN, None, BENZENE, "OCC"]
    assert table.counts["sa"].given == 5


def test_weighted_means():
    parts = linear("heavy_atoms", 0, 10, weight=3), linear("rings", 0, 10, weight=1)
    assert objective(*parts, aggregation="arithmetic_mean")([BENZENE]).total[0] == pytest.approx((3 * 0.6 + 0.1) / 4)
    assert objective(*parts)([BENZENE]).total[0] == pytest.approx((0.6**3 * 0.1) ** 0.25)
    assert objective(*parts)([ETHANOL]).total[0] == 0


def test_a_component_of_weight_0_is_reported_and_does_not_count():
    table = objective(step("rings", 1, 9), step("hbd", 1, 1, weight=0))([BENZENE])
    assert table.total[0] == 1
    assert table.transformed["hbd"][0] == 0


def test_the_reward_of_a_failure_is_0():
    reward = objective(step("heavy_atoms", 1, 9)).reward
    assert reward([ETHANOL, BROKEN, None]).tolist() == [1, 0, 0]


def test_default_transforms_say_what_is_good():
    easy, hard = "CCOc1ccccc1", "C1CC2CCC1C1(C2)OC2CC1C2"
    table = objective({"scorer": "sa"})([easy, hard])
    assert table.raw["sa"][0] < table.raw["sa"][1]
    assert table.total[0] > 0.9 > 0.5 > table.total[1]
    assert objective({"scorer": "brenk"})(["O=CCC", BENZENE]).total.tolist() == [0, 1]


def test_notes_name_the_alert():
    table = objective({"scorer": "brenk"})(["O=CCC"])
    assert table.notes["brenk"] == ["aldehyde"]


def test_pickles_as_its_settings():
    first = objective({"scorer": "qed", "weight": 2}, {"scorer": "similarity", "parameters": {"smiles": [ETHANOL]}})
    second = pickle.loads(pickle.dumps(first))
    assert second.settings == first.settings
    assert second([BENZENE]).total.tolist() == first([BENZENE]).total.tolist()


def test_the_frame_has_raw_and_transformed_columns():
    frame = objective({"scorer": "sa"}, {"scorer": "rings", "name": "cycles"})([ETHANOL, None]).to_frame()
    assert list(frame) == ["smiles", "score", "sa", "cycles", "sa_score", "cycles_score", "error"]


@pytest.mark.parametrize(
    ("components", "message"),
    [
        ([], "at least 1 item"),
        ([{"scorer": "sas"}], "did you mean 'sa'?"),
        ([{"scorer": "sa", "transform": {"name": "sigmod"}}], "did you mean 'sigmoid'?"),
        ([{"scorer": "sa", "weight": -1}], "greater than or equal to 0"),
        ([{"scorer": "sa", "weight": 0}], "every component has weight 0"),
        ([{"scorer": "sa"}, {"scorer": "sa"}], "two components are called 'sa'"),
    ],
)
def test_wrong_settings_are_refused(components, message):
    with pytest.raises(ValidationError) as caught:
        ObjectiveSettings(components=components)
    assert message in str(caught.value)


HOLE = "C#C[Si]12C[Si]3(CC(=O)C1C3)C1CCCC2S1(=O)=O"


def test_the_hole_in_rdkits_sa_is_closed_where_sa_judges() -> None:
    rdkits, closed = get_scorer("sa")([HOLE, BENZENE]), get_scorer("sa", monotone=True)([HOLE, BENZENE])
    assert rdkits.values[0] < 2.2 and closed.values[0] == 8 and rdkits.values[1] == closed.values[1]
    assert objective({"scorer": "sa"})([HOLE]).raw["sa"][0] == 8
    assert objective({"scorer": "sa"}).reward([HOLE])[0] < 0.01
    assert objective({"scorer": "sa", "parameters": {"monotone": False}})([HOLE]).raw["sa"][0] < 2.2
    assert not get_filter("properties", ranges={"sa": {"max": 4}})([parse(HOLE)]).kept.any()
