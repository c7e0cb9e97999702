"""Components that cost much are asked about what no veto has met; totals are those of asking all about everything."""

import math
from collections.abc import Sequence
from functools import cache
from itertools import count
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from rdkit import Chem

from molgan.scoring.base import Scorer, register
from molgan.scoring.component import Component
from molgan.scoring.cost_class import Cost
from molgan.scoring.objective import Objective, ScoreTable
from molgan.scoring.rounds import plan_rounds
from molgan.scoring.score_cache import clear_caches
from molgan.scoring.settings import ComponentSettings, ObjectiveSettings

SMILES = ["C" * length for length in range(1, 6)]
GIVEN = ["CCC", *SMILES, None, "C(C)C", "broken("]
TRIALS = count()
KINDS = {
    Cost.COMPUTED: "told_here",
    Cost.MODEL: "told_model",
    Cost.CALL: "told_call",
    Cost.SIMULATION: "told_simulation",
}
IDENTITY = {"name": "identity"}


@cache
def told(cost: Cost) -> type[Scorer]:
    """A scorer of that cost, which a test tells its values."""

    class Told(Scorer):
        name, summary = KINDS[cost], "what a test says"

        def _score(self, mols: list[Chem.Mol]) -> Sequence[float]:
            raise NotImplementedError

    Told.cost = cost
    Told.__module__ = "molgan.told"  # no user's own, which costs more
    return register(Told)


@pytest.fixture(autouse=True)
def _no_caches() -> None:
    clear_caches()
    for cost in KINDS:
        told(cost)


class Trial:
    """An objective whose scorers give `values`, by component and molecule (NaN fails), and note what they are asked."""

    def __init__(self, values: Sequence[Sequence[float]], parts: Sequence[dict[str, Any]], **options: Any) -> None:
        self.number = next(TRIALS)
        named = [{"transform": IDENTITY, "name": f"c{number}", **part} for number, part in enumerate(parts)]
        self.objective = Objective(ObjectiveSettings.model_validate({"components": named, **options}))
        self.asked: dict[str, list[str]] = {}
        for component, row in zip(self.objective.components, values, strict=True):
            self._tell(component, dict(zip(SMILES, row, strict=True)))

    def _tell(self, component: Component, values: dict[str, float]) -> None:
        asked = self.asked.setdefault(component.name, [])

        def score(mols: list[Chem.Mol]) -> list[float]:
            smiles = [Chem.MolToSmiles(mol) for mol in mols]
            asked.extend(smiles)
            return [values[text] for text in smiles]

        component.scorer._score = score  # type: ignore[method-assign]
        component.scorer.__dict__["key"] = f"{component.name} of trial {self.number}"  # no two share a cache

    def __call__(self) -> ScoreTable:
        return self.objective(GIVEN)


VALUE = st.sampled_from([0.0, 0.0, 0.25, 0.7, 1.0, math.nan])
PART = st.fixed_dictionaries(
    {
        "scorer": st.sampled_from(list(KINDS.values())),
        "weight": st.sampled_from([0.0, 0.5, 1.0, 3.0]),
        "missing": st.sampled_from(["fail", "ignore", "worst"]),
        "veto": st.booleans(),
    }
)


def total_by_definition(trial: Trial, values: np.ndarray) -> np.ndarray:
    """The total of each of `SMILES` from all values, written down anew: a veto, a failure, or the usual formula."""
    totals = []
    how, parts = trial.objective.settings.aggregation, trial.objective.settings.components
    for column in values.T:
        filled = [0.0 if p.missing == "worst" and v != v else v for p, v in zip(parts, column, strict=True)]
        gate = [p.veto or (p.weight > 0 and how in ("geometric_mean", "product")) for p in parts]
        counted = [
            (v, p.weight)
            for p, v in zip(parts, filled, strict=True)
            if p.weight > 0 and not (p.missing == "ignore" and v != v)
        ]
        weight = sum(w for _, w in counted)
        if any(g and v == 0 for g, v in zip(gate, filled, strict=True)):
            totals.append(0.0)
        elif not counted or any(v != v for v, _ in counted):
            totals.append(math.nan)
        elif how == "arithmetic_mean":
            totals.append(sum(v * w for v, w in counted) / weight)
        elif how == "product":
            totals.append(math.prod(v**w for v, w in counted))
        else:
            totals.append(math.prod(v ** (w / weight) for v, w in counted))
    return np.array(totals)


@examples(max_examples=60, deadline=None)
@given(data=st.data())
@pytest.mark.parametrize("how", ["geometric_mean", "arithmetic_mean", "product", "pareto"])
def test_the_totals_are_those_of_the_full_evaluation(how: str, data: st.DataObject) -> None:
    parts = data.draw(st.lists(PART, min_size=1, max_size=5).filter(lambda many: any(p["weight"] for p in many)))
    rows = st.lists(VALUE, min_size=len(SMILES), max_size=len(SMILES))
    values = [data.draw(rows) for _ in parts]
    lazy, full = Trial(values, parts, aggregation=how), Trial(values, parts, aggregation=how, cheap_first=False)
    found, expected = lazy(), full()
    np.testing.assert_array_equal(found.total, expected.total)  # the same bits, NaN included
    if how != "pareto":
        np.testing.assert_allclose(expected.total[1:6], total_by_definition(full, np.array(values)), atol=1e-12)
    for name in lazy.asked:
        # Nobody is asked twice about a molecule, unless it failed; what is not asked has no value, and a reason.
        assert len(lazy.asked[name]) == len(set(lazy.asked[name])) <= len(full.asked[name])
        for row in range(1, 6):
            if GIVEN[row] in lazy.asked[name]:
                np.testing.assert_equal(found.raw[name][row], expected.raw[name][row])
                np.testing.assert_equal(found.transformed[name][row], expected.transformed[name][row])
            else:
                assert math.isnan(found.raw[name][row]) and math.isnan(found.transformed[name][row])
                assert found.total[row] == 0 and "not asked: c" in str(found.errors[row])
        counts = found.counts[name]
        assert (counts.given, counts.invalid, counts.repeated, counts.distinct) == (9, 2, 2, 5)
        assert counts.not_asked == 5 - len(lazy.asked[name])
    again = lazy()
    np.testing.assert_array_equal(again.total, found.total)
    assert again.errors == found.errors
    for name in lazy.asked:  # caches do not show what was not asked
        np.testing.assert_array_equal(again.raw[name], found.raw[name])


def test_who_is_asked_about_what() -> None:
    values = [[0, 1, 1, 1, 1], [1, 0, 1, 1, 1], [1, 1, 0, 1, 1], [1, 1, 1, 0, 1], [1, 1, 1, 1, math.nan]]
    parts = [{"scorer": KINDS[cost]} for cost in (Cost.SIMULATION, Cost.COMPUTED, Cost.CALL, Cost.MODEL)]
    trial = Trial(values, [*parts, {"scorer": "told_model", "weight": 0}])
    table = trial()
    one, two, three, four, five = SMILES
    assert trial.asked["c1"] == [three, one, two, four, five]
    assert trial.asked["c3"] == [three, one, four, five]
    assert trial.asked["c2"] == [three, one, five]
    assert trial.asked["c0"] == [one, five]
    assert trial.asked["c4"] == [five]
    assert table.errors[1:6] == [
        "not asked: c0 is 0",
        "not asked: c1 is 0",
        "not asked: c2 is 0",
        "not asked: c3 is 0",
        "c4: scorer gave no value",
    ]
    assert table.total[1:6].tolist() == [0, 0, 0, 0, 1]
    assert [trial.objective.tally[f"c{number}"].not_asked for number in range(5)] == [3, 0, 2, 1, 4]
    assert trial.objective.seconds.keys() == trial.asked.keys()


def test_without_a_veto_all_are_asked_at_once() -> None:
    parts = [{"scorer": name, "name": name} for name in KINDS.values()]
    parts = [{**part, "transform": IDENTITY} for part in parts]
    components = [Component.of(ComponentSettings.model_validate(part)) for part in parts]
    assert [len(each) for each in plan_rounds(components, [])] == [4]
    assert [len(each) for each in plan_rounds(components, ["told_simulation"])] == [2, 2]
    assert [len(each) for each in plan_rounds(components, list(KINDS.values()))] == [1, 1, 1, 1]


def test_a_veto_needs_no_weight() -> None:
    values = [[0, 1, math.nan, math.nan, 1], [0.5] * 5]
    parts = [{"scorer": "told_here", "veto": True, "weight": 0}, {"scorer": "told_call"}]
    trial = Trial(values, parts, aggregation="arithmetic_mean")
    np.testing.assert_array_equal(trial().total[1:6], [0, 0.5, 0.5, 0.5, 0.5])
    assert "C" not in trial.asked["c1"]
    parts[0]["missing"] = "worst"
    trial = Trial(values, parts, aggregation="arithmetic_mean")
    np.testing.assert_array_equal(trial().total[1:6], [0, 0.5, 0, 0, 0.5])
    assert trial.asked["c1"] == ["CC", "CCCCC"]


def test_what_a_veto_has_met_has_no_place_in_paretos_order() -> None:
    values = [[1, 1, 1, 1, 0], [0.1, 0.2, 0.3, 0.4, 0.9], [0.1, 0.2, 0.3, 0.4, 0.9]]
    parts = [{"scorer": "told_here", "veto": True, "weight": 0}, {"scorer": "told_call"}, {"scorer": "told_simulation"}]
    assert Trial(values, parts, aggregation="pareto")().total[1:6].tolist() == [0.25, 0.5, 0.75, 1, 0]


def test_an_alert_saves_an_own_scorer_its_calls(tmp_path) -> None:  # type: ignore[no-untyped-def]
    calls = tmp_path / "calls"
    own = tmp_path / "own.py"
    own.write_text(
        f"def half(smiles: str) -> float:\n    open({str(calls)!r}, 'a').write(smiles + '\\n')\n    return 0.5\n"
    )
    parts = [{"scorer": f"{own}:half", "transform": IDENTITY}, {"scorer": "brenk"}]
    with Objective(ObjectiveSettings.model_validate({"components": parts})) as objective:
        table = objective(["O=CCC", "CCO"])
    assert calls.read_text().split() == ["CCO"]
    assert table.errors == ["not asked: brenk is 0", None]
    assert str(table.transformed["brenk"][0]) == "0.0"
    frame = table.to_frame()
    assert frame["half"].isna().tolist() == [True, False] and frame["score"].tolist() == [0, 0.5**0.5]


def test_a_veto_of_weight_0_needs_a_transform() -> None:
    with pytest.raises(ValueError, match="needs a transform"):
        ComponentSettings.model_validate({"scorer": "surface_area", "weight": 0, "veto": True})
