"""Likelihood training of the generator that goes atom by atom."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch

from molgan.base.errors import InputError
from molgan.graphs.dense.dense_data import DenseData
from molgan.graphs.dense.dense_graph import encode
from molgan.models.one_shot.one_shot_generator import OneShotGenerator
from molgan.models.one_shot.settings import OneShotSettings, RowSettings
from molgan.training.one_shot.likelihood import anchor_loss, learn_rows
from molgan.training.one_shot.settings import LikelihoodSettings

SMILES = ["C", "CC", "CO", "C#N", "C=O", "CCC", "CCO", "C=CC", "NC=O", "O"]


@pytest.fixture(scope="module")
def data() -> DenseData:
    return DenseData(encode(SMILES, max_atoms=3), SMILES, {})


def fresh(condition: tuple[str, ...] = ()) -> OneShotGenerator:
    rows = RowSettings(width=32, layers=1, embedding=16)
    return OneShotGenerator(OneShotSettings(max_atoms=3, rows=rows, condition=condition))


LEARN = LikelihoodSettings(steps=200, batch_size=32, learning_rate=1e-2, warmup=5, bf16=False, ema=0.9)


def test_molecules_become_as_likely_as_they_are_in_the_data(data: DenseData) -> None:
    generator = fresh()
    reports: list[dict[str, float]] = []
    learn_rows(generator, data, LEARN, seed=0, report=lambda metrics, _: reports.append(dict(metrics)))
    assert reports[-1]["coverage"] == 1
    with torch.no_grad():
        loss = anchor_loss(generator, data.graphs, None).item()
    assert math.log(10) - 1e-4 <= loss < math.log(10) + 0.15
    drawn = [molecule.smiles for molecule in generator.sample(400, seed=0)]
    assert sum(smiles in SMILES for smiles in drawn) > 360
    assert set(SMILES) <= set(drawn)


def test_a_conditional_generator_learns_which_molecules_belong_to_a_target() -> None:
    smiles = ["CCC", "OCO"]
    data = DenseData(encode(smiles, max_atoms=3), smiles, {}).with_targets(np.array([[1.0], [-1.0]], np.float32))
    generator = fresh(("logp",))
    learn_rows(generator, data, LEARN, seed=0)
    generator.targets.learn(np.array([[1.0], [-1.0]]))
    drawn = [m.smiles for m in generator.sample(100, seed=0, targets={"logp": 1.0})]
    assert drawn.count("CCC") > 90


def test_an_interrupted_training_ends_as_an_undisturbed_one(data: DenseData, tmp_path: Path) -> None:
    settings = LEARN.model_copy(update={"steps": 20, "checkpoint_every": 6})
    whole = fresh()
    learn_rows(whole, data, settings, seed=0)

    def stop(metrics, saved) -> None:
        if saved and metrics["step"] == 12:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        learn_rows(fresh(), data, settings, seed=0, checkpoint=tmp_path / "c", report=stop)
    resumed = fresh()
    learn_rows(resumed, data, settings, seed=0, checkpoint=tmp_path / "c")
    assert all(torch.equal(a, b) for a, b in zip(whole.parameters(), resumed.parameters(), strict=True))


def test_data_without_rows_is_refused(data: DenseData) -> None:
    broken = encode(["CO"], max_atoms=3)
    broken.bonds[:] = 0
    with pytest.raises(InputError, match="no molecule of the data"):
        learn_rows(fresh(), DenseData(broken, ["CO"], {}), LEARN, seed=0)
