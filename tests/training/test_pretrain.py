"""Pretraining: learns, resumes exactly, and refuses a checkpoint of another training."""

import gzip
import json
import os
import signal
from pathlib import Path

import numpy as np
import pytest
import torch
from rdkit import Chem

from molgan.base.errors import InputError, WeightsError
from molgan.base.stopping import Stopped, stop_on_sigterm
from molgan.chem.motifs import write
from molgan.chem.shipped_sets import load_reference
from molgan.graphs.motif.actions import decode
from molgan.graphs.motif.motif_data import ActionData, prepare
from molgan.models.motif.motif_generator import MotifGenerator
from molgan.models.settings import MotifNetworkSettings
from molgan.training.loop import warm_up_and_decay
from molgan.training.prior.pretrain import pretrain
from molgan.training.settings import PretrainSettings

TINY = MotifNetworkSettings(embedding=16, hidden=16, layers=1)
SETTINGS = PretrainSettings(epochs=4, batch_size=32, learning_rate=0.02, warmup=2, checkpoint_every=5, report_every=1)


@pytest.fixture(scope="module")
def molecules() -> list[str]:
    return [record.smiles for record in load_reference("moses_reference_1000")][:200]


@pytest.fixture(scope="module")
def data(molecules: list[str], tmp_path_factory: pytest.TempPathFactory) -> ActionData:
    folder = tmp_path_factory.mktemp("data")
    (folder / "in.smi").write_text("\n".join([*molecules, "[Xe]", "C.C"]))
    return prepare(folder / "in.smi", folder / "cache", least_count=5)


def fresh(data: ActionData) -> MotifGenerator:
    torch.manual_seed(0)
    return MotifGenerator(data.vocabulary, TINY, max_atoms=27)


def test_every_molecule_of_the_file_is_there(data: ActionData, molecules: list[str]) -> None:
    def canonical(smiles: str) -> str:
        return Chem.MolToSmiles(Chem.MolFromSmiles(smiles))

    found = [canonical(write(decode(data[i].tolist(), data.vocabulary))) for i in range(len(data))]
    assert found == [canonical(smiles) for smiles in molecules]
    assert data.summary["read"] == 202
    assert data.summary["kept"] + sum(data.summary["rejected"].values()) == 202
    assert 0 < data.summary["coverage"] < 1


def test_preparation_reads_its_cache_and_does_not_depend_on_processes(molecules: list[str], tmp_path: Path) -> None:
    path = tmp_path / "in.csv.gz"
    with gzip.open(path, "wt") as handle:
        handle.write("\n".join(["SMILES", *molecules]))
    first = prepare(path, tmp_path / "a", least_count=5)
    again = prepare(path, tmp_path / "a", least_count=5)
    parallel = prepare(path, tmp_path / "b", least_count=5, processes=2)
    for other in (again, parallel):
        assert np.array_equal(first.actions, other.actions)
        assert first.vocabulary == other.vocabulary
    assert len(list((tmp_path / "a").iterdir())) == 1


def test_a_file_without_a_usable_molecule_is_refused(tmp_path: Path) -> None:
    (tmp_path / "in.smi").write_text("[Xe]\nC.C\n")
    with pytest.raises(InputError, match="no molecule of the file can be encoded"):
        prepare(tmp_path / "in.smi", tmp_path / "cache")


def test_the_loss_falls(data: ActionData) -> None:
    losses: list[float] = []
    pretrain(fresh(data), data, SETTINGS, seed=0, report=lambda metrics, _: losses.append(metrics["loss"]))
    assert len(losses) == 25
    assert np.mean(losses[-5:]) < 0.6 * losses[0]


def test_a_killed_training_ends_with_the_same_weights(data: ActionData, tmp_path: Path) -> None:
    undisturbed = fresh(data)
    pretrain(undisturbed, data, SETTINGS, seed=0)

    def kill(metrics: dict[str, float], _: object) -> None:
        if metrics["step"] == 13:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pretrain(fresh(data), data, SETTINGS, seed=0, checkpoint=tmp_path / "checkpoint", report=kill)
    resumed, steps = fresh(data), list[float]()
    pretrain(
        resumed, data, SETTINGS, seed=0, checkpoint=tmp_path / "checkpoint", report=lambda m, _: steps.append(m["step"])
    )
    assert steps[:2] == [10, 11]  # the checkpoint was of step 10, whose row is told again
    for a, b in zip(undisturbed.parameters(), resumed.parameters(), strict=True):
        assert torch.equal(a, b)


def test_a_training_that_is_asked_to_stop_saves_and_ends_with_the_same_weights(
    data: ActionData, tmp_path: Path
) -> None:
    def ask(metrics: dict[str, float], _: object) -> None:
        if metrics["step"] == 5:
            os.kill(os.getpid(), signal.SIGTERM)

    settings = SETTINGS.model_copy(update={"report_every": 5, "checkpoint_every": 1000})
    undisturbed = fresh(data)
    pretrain(undisturbed, data, settings, seed=0)
    with stop_on_sigterm(), pytest.raises(Stopped):
        pretrain(fresh(data), data, settings, seed=0, checkpoint=tmp_path / "checkpoint", report=ask)
    assert json.loads((tmp_path / "checkpoint" / "state.json").read_text())["step"] in (5, 6)
    resumed = fresh(data)
    pretrain(resumed, data, settings, seed=0, checkpoint=tmp_path / "checkpoint")
    for a, b in zip(undisturbed.parameters(), resumed.parameters(), strict=True):
        assert torch.equal(a, b)


def test_a_checkpoint_of_another_training_is_refused(data: ActionData, tmp_path: Path) -> None:
    short = SETTINGS.model_copy(update={"epochs": 0.5})
    pretrain(fresh(data), data, short, seed=0, checkpoint=tmp_path / "checkpoint")
    with pytest.raises(WeightsError, match="of another training"):
        pretrain(fresh(data), data, SETTINGS, seed=0, checkpoint=tmp_path / "checkpoint")


@pytest.mark.parametrize("decay", [5, 40, 90])
def test_the_learning_rate_rises_stays_and_falls(decay: int) -> None:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    schedule = warm_up_and_decay(optimizer, warmup=10, decay=decay, steps=100, done=0)
    rates = []
    for _ in range(100):
        rates.append(schedule.get_last_lr()[0])
        optimizer.step()
        schedule.step()
    assert max(rates) == 1.0 and rates[0] == pytest.approx(0.1)
    assert rates[9 : 100 - decay + 1] == [1.0] * (92 - decay)
    assert rates[-1] == pytest.approx(1 / decay)
    assert rates[10:] == sorted(rates[10:], reverse=True)


def test_a_part_of_the_batch_in_each_thread_is_the_same_step(data: ActionData) -> None:
    def train(threads: int) -> MotifGenerator:
        generator, before = fresh(data), torch.get_num_threads()
        torch.set_num_threads(threads)
        try:
            pretrain(generator, data, SETTINGS.model_copy(update={"bf16": False, "epochs": 1}), seed=0)
        finally:
            torch.set_num_threads(before)
        return generator

    one, two = train(1).state_dict(), train(2).state_dict()
    for name, tensor in one.items():
        torch.testing.assert_close(tensor, two[name], atol=1e-4, rtol=1e-3)
    assert any(not torch.equal(tensor, fresh(data).state_dict()[name]) for name, tensor in one.items())
