"""What a check makes of an objective and filters that cannot come to much."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from molgan.campaign.advice import advise
from molgan.chem.shipped_sets import load_reference
from molgan.config import load_config
from molgan.filters.funnel import Funnel
from molgan.scoring.objective import Objective

Advise = Callable[..., list[str]]

MOLECULES = [record.smiles for record in load_reference("moses_reference_1000")][:200]
QED = "{scorer: qed}"


@pytest.fixture
def advise_on(tmp_path: Path) -> Advise:
    def advise_on(
        *components: str, filters: str = "[valid]", aggregation: str = "geometric_mean", **job: Any
    ) -> list[str]:
        (tmp_path / "train.smi").write_text("CCO\n")
        text = f"data: {{train: train.smi}}\nfilters: {filters}\n"
        text += f"objective: {{aggregation: {aggregation}, components: [{', '.join(components)}]}}\n"
        text += "".join(f"{key}: {value}\n" for key, value in ({"sample": "{n: 1000}"} | job).items() if value)
        (tmp_path / "campaign.yaml").write_text(text)
        config = load_config(tmp_path / "campaign.yaml")
        objective, funnel = Objective(config.objective), Funnel(config.filters)
        table = objective(MOLECULES)
        return advise(config, objective, table, funnel(MOLECULES, table=table.to_frame()).counts, funnel)

    return advise_on


def test_what_is_sound_needs_no_advice(advise_on: Advise) -> None:
    assert (
        advise_on(QED, "{scorer: pains}", "{scorer: mw, weight: 0}", filters="[valid, distinct, {filter: best, n: 9}]")
        == []
    )


@pytest.mark.parametrize(
    ("component", "told"),
    [
        (
            "{scorer: descriptor, parameters: {descriptor: BertzCT}}",
            "descriptor: its raw values are .* give it a transform",
        ),
        ("{scorer: mw, transform: {name: right_step, high: 900}}", "mw is 0 for 100% of 200 molecules: its raw values"),
        ("{scorer: mw, transform: {name: step, low: 0, high: 900}}", "mw is 1 for all of 200 molecules"),
    ],
)
def test_a_component_that_tells_nothing(advise_on: Advise, component: str, told: str) -> None:
    import re

    assert any(re.match(told, line) for line in advise_on(QED, component))


def test_a_component_without_values(advise_on: Advise, tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text("def broken(mol):\n    raise ValueError('no licence')\n")
    (line,) = advise_on(QED, "{scorer: 'own.py:broken', missing: ignore}")
    assert line.startswith("broken: no value for 100% of 200 molecules")
    assert "no licence" in line


def test_a_zero_that_zeroes_the_score(advise_on: Advise) -> None:
    never = "{scorer: mw, transform: {name: right_step, high: 900}}"
    assert any("the score is 0 for 100%" in line for line in advise_on(QED, never))
    assert not any("the score is 0" in line for line in advise_on(QED, never, aggregation="arithmetic_mean"))


def test_a_filter_that_nothing_passes(advise_on: Advise) -> None:
    (line,) = advise_on(QED, filters="[valid, {filter: size, min: 90, max: 100}, pains]")
    assert line.startswith("filter 'size' keeps none of the 200 molecules that reach it: fewer than 90 heavy atoms 200")


def test_a_choice_among_molecules_that_score_nothing(advise_on: Advise) -> None:
    rare = "{scorer: substructure, parameters: {smarts: C#N}}"
    (line,) = advise_on(QED, rare, filters="[valid, {filter: diverse, n: 10}]")
    assert line.startswith("filter 'diverse' chooses molecules that differ, whatever their score")
    assert advise_on(QED, rare, filters="[valid, {filter: score, min: 0.1}, {filter: diverse, n: 10}]") == []
    (line,) = advise_on(QED, rare, filters="[valid, {filter: best, n: 900}]")
    assert line.startswith("filter 'best' keeps 900 molecules, and of 1,000 about")
