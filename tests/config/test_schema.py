"""The schema accepts what the loader accepts and refuses what an editor should mark."""

from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ruamel.yaml import YAML

from molgan.config.schema import job_schema
from molgan.filters.registry import FILTERS
from molgan.scoring.registry import SCORERS
from molgan.scoring.transforms import TRANSFORMS

CONFIGS = Path(__file__).parents[2] / "configs"
SCHEMA = job_schema()
VALIDATOR = jsonschema.Draft7Validator(SCHEMA)

CAMPAIGN = """\
data: {train: train.smi}
objective:
  components:
    - {scorer: qed, weight: 2}
    - {scorer: sa, transform: {name: reverse_sigmoid, low: 1, high: 6}}
    - {scorer: substructure, parameters: {smarts: [c1ccccc1]}}
    - {scorer: "mine.py:score", parameters: {anything: 1}}
filters:
  - valid
  - novel
  - {filter: score, min: 0.5, name: good}
sample: {n: 100}
"""
PRIOR = "{data: {train: train.smi}, pretrain: {epochs: 2}}"
TRANSLATION = "{data: {from: a.smi, to: b.smi}, generator: {weights: medchem}, translate: {rounds: 2}}"
SWEEP = "{campaign: a.yaml, keys: {seed: [0, 1], sample.temperature: {uniform: [0.5, 1]}}, metric: kept, trials: 3}"
ONE_SHOT = "{data: {train: train.smi}, oneshot: {gradient_penalty: 10, betas: [0, 0.9]}}"


def faults(text: str) -> list[str]:
    return [error.message for error in VALIDATOR.iter_errors(YAML(typ="safe", pure=True).load(text))]


def test_the_schema_is_one() -> None:
    jsonschema.Draft7Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.yaml")), ids=lambda path: path.name)
def test_it_accepts_every_shipped_configuration_which_names_it(path: Path) -> None:
    assert faults(path.read_text()) == []
    assert path.read_text().startswith("# yaml-language-server: $schema=./schema.json\n")


@pytest.mark.parametrize(
    "text",
    [CAMPAIGN, PRIOR, TRANSLATION, ONE_SHOT, SWEEP],
    ids=["campaign", "prior", "translation", "one_shot", "sweep"],
)
def test_it_accepts_each_kind_of_job(text: str) -> None:
    assert faults(text) == []


@pytest.mark.parametrize(
    ("right", "also_right"),
    [
        ("filters:\n  - valid\n  - novel", "filters:\n  - {filter: novel, references: known.smi}"),
        ("filters:\n  - valid\n  - novel", "filters:\n  - {filter: novel, references: [train, known.smi]}"),
        ("filters:\n  - valid\n  - novel", "filters:\n  - {filter: substructures, forbidden: [C=O]}"),
        ("filters:\n  - valid\n  - novel", "filters:\n  - {filter: substructures, forbidden: {carbonyl: C=O}}"),
        ("sample: {n: 100}", "optimize: {budget: 100}"),
        ("sample: {n: 100}", "sample: {n: 100}\nreinforce: null"),
        ("{scorer: qed, weight: 2}", "{scorer: cns_mpo, parameters: {pka: {scorer: logp}}}"),
    ],
)
def test_it_accepts_other_ways_to_say_it(right: str, also_right: str) -> None:
    assert right in CAMPAIGN
    assert faults(CAMPAIGN.replace(right, also_right)) == []


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("sample:", "smaple:"),
        ("sample: {n: 100}", ""),
        ("n: 100", "n: many"),
        ("n: 100", "n: 0"),
        ("weight: 2", "wieght: 2"),
        ("weight: 2", "weight: -1"),
        ("scorer: qed", "scorer: qedd"),
        ("smarts: [c1ccccc1]", "smart: [c1ccccc1]"),
        (", parameters: {smarts: [c1ccccc1]}", ""),
        ("name: reverse_sigmoid", "name: sigmoidal"),
        ("high: 6", "hihg: 6"),
        ("low: 1, ", ""),
        ("- valid", "- vaild"),
        ("- valid", "- best"),
        ("filter: score", "filter: scores"),
        ("min: 0.5", "mni: 0.5"),
        ("min: 0.5", "min: half"),
        ("data: {train: train.smi}", "data: {}"),
        ("data: {train: train.smi}", "data: train.smi"),
        ("sample: {n: 100}", "sample: {n: 100}\nreinforce: {steps: 1.5}"),
        ("sample: {n: 100}", "sample: {n: 100}\npretrain: {}"),
        ("{scorer: qed, weight: 2}", "{scorer: cns_mpo, parameters: {pka: {scorer: lopg}}}"),
    ],
)
def test_it_refuses_a_campaign_with_a_fault(right: str, wrong: str) -> None:
    assert right in CAMPAIGN
    assert faults(CAMPAIGN.replace(right, wrong)) != []


@pytest.mark.parametrize(
    "text",
    [
        PRIOR.replace("epochs", "epoch"),
        PRIOR.replace("pretrain:", "sample: {n: 1}, pretrain:"),
        ONE_SHOT.replace("betas: [0, 0.9]", "betas: [0]"),
        ONE_SHOT.replace("oneshot:", "network: {embedding: 16}, oneshot:"),
        SWEEP.replace("metric: kept, ", ""),
        SWEEP.replace("[0, 1]", "[]"),
        SWEEP.replace("uniform", "unifrom"),
        SWEEP.replace("trials", "trails"),
    ],
)
def test_it_refuses_a_training_or_a_sweep_with_a_fault(text: str) -> None:
    assert faults(text) != []


def test_it_names_all_there_is_and_tells_what_each_is() -> None:
    definitions: dict[str, Any] = SCHEMA["$defs"]
    scorers, filters = definitions["ScorerCall"]["properties"]["scorer"]["anyOf"][0], definitions["StageSettings"]
    stages = filters["anyOf"][1]["properties"]["filter"]
    transforms = definitions["Transform"]["properties"]["name"]
    for names, known in ((scorers, SCORERS), (stages, FILTERS), (transforms, TRANSFORMS)):
        assert (
            dict(zip(names["enum"], names["enumDescriptions"], strict=True)).items()
            >= {name: each.summary for name, each in known.items()}.items()
        )
    described = definitions["ReinforceSettings"]["properties"]["steps"]
    assert described == {"type": "integer", "minimum": 0, "default": 100, "description": "Updates of the agent"}
