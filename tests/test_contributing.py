"""Each example of CONTRIBUTING.md is a program of at most 25 lines of code that does what its section says."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas
import pytest

from molgan.base.yaml import YamlFile, write_yaml
from molgan.campaign.pipeline import PIPELINES
from molgan.config import CampaignConfig
from molgan.filters.filter import FILTERS
from molgan.models.loading import GENERATORS
from molgan.scoring.base import SCORERS
from molgan.scoring.transforms import TRANSFORMS
from molgan.training.one_shot.gan_losses import GAN_LOSSES

ROOT = Path(__file__).parents[1]
SECTIONS = re.findall(r"^### (.+?)\n\n```python\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text(), re.M | re.S)
EXAMPLES = dict(SECTIONS)


@pytest.fixture(autouse=True)
def _a_checkout_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A working folder with what the examples need, and registers that forget what an example puts in."""
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "qm9.yaml").symlink_to(ROOT / "configs" / "qm9.yaml")
    left_out = ["adversarial=null", "reinforce=null", "report.reference=50"]
    quick = YamlFile(ROOT / "configs" / "quickstart.yaml", left_out)
    write_yaml(quick.values, tmp_path / "configs" / "quickstart.yaml")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MOLGAN_CACHE", str(tmp_path / "cache"))
    with ExitStack() as stack:
        for table in (SCORERS, FILTERS, TRANSFORMS, GENERATORS, GAN_LOSSES, PIPELINES):
            stack.enter_context(patch.dict(table))  # type: ignore[arg-type]
        yield


def run(title: str) -> dict[str, Any]:
    """The names that an example defines."""
    names: dict[str, Any] = {"__name__": "example"}
    exec(compile(EXAMPLES[title], f"CONTRIBUTING.md, {title}", "exec"), names)
    return names


def test_there_is_an_example_of_everything() -> None:
    assert list(EXAMPLES) == ["A scorer", "A filter", "A transform", "A loss", "A stage", "A generator"]


@pytest.mark.parametrize("title", EXAMPLES)
def test_an_example_is_short(title: str) -> None:
    assert len([line for line in EXAMPLES[title].splitlines() if line]) <= 25


def test_the_scorer_scores() -> None:
    table = run("A scorer")["table"]
    np.testing.assert_allclose(table["halogen_share"], [1 / 3, 0, np.nan])
    assert table["qed"].notna().tolist() == table["error"].isna().tolist() == [True, True, False]


def test_the_filter_filters() -> None:
    table = run("A filter")["table"]
    assert table["kept"].tolist() == [True, False, False]
    assert table["reason"][1] == "flexible: 5 rotatable bonds"


def test_the_transform_is_part_of_an_objective() -> None:
    table = run("A transform")["table"]
    np.testing.assert_allclose(table["score"], np.exp(-((table["logp"] - 2.5) ** 2) / 2), rtol=1e-9)
    assert table["score"].isna().tolist() == [False, False, True]


def test_the_loss_trains() -> None:
    names = run("A loss")
    assert names["folder"].with_suffix(".safetensors").exists()
    assert "loss: least_squares" in Path("runs/least_squares/config.yaml").read_text()


def test_the_stage_runs_once_in_a_campaign() -> None:
    result = run("A stage")["result"]
    counts = pandas.read_csv(result.folder / "scaffolds.csv")
    assert 0 < counts["count"].sum() == result.kept
    assert list(result.seconds)[-2:] == ["scaffolds", "report"] and len(PIPELINES[CampaignConfig]) == 8


def test_the_generator_is_sampled() -> None:
    smiles = run("A generator")["smiles"]
    assert len(smiles) == 5 and set(smiles) <= {"CCO", "Oc1ccccc1", "CC(N)=O"}
