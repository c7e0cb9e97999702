"""Training on Ray ends with the weights that training in one process ends with, whatever happens on the way."""

import signal
from functools import partial
from pathlib import Path

import pytest
import torch

from molgan.base.errors import ConfigError, WeightsError
from molgan.chem.shipped_sets import load_reference
from molgan.distributed.settings import ComputeSettings
from molgan.distributed.train import pretrain_on_ray, train_on_ray
from molgan.graphs.motif.motif_data import ActionData, prepare
from molgan.models.motif.motif_generator import MotifGenerator
from molgan.models.settings import MotifNetworkSettings
from molgan.training.checkpoint import load_checkpoint, under_prefix
from molgan.training.prior.pretrain import pretrain
from molgan.training.settings import PretrainSettings

TWO = ComputeSettings(workers=2)
SETTINGS = PretrainSettings(
    epochs=2, batch_size=16, learning_rate=0.01, warmup=2, checkpoint_every=4, report_every=1, bf16=False
)
STEPS = 12


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> ActionData:
    folder = tmp_path_factory.mktemp("data")
    molecules = [record.smiles for record in load_reference("moses_reference_1000")][:96]
    (folder / "in.smi").write_text("\n".join(molecules))
    return prepare(folder / "in.smi", folder / "cache", least_count=5)


@pytest.fixture(scope="module")
def weights(data: ActionData) -> dict[str, torch.Tensor]:
    """What one process ends with."""
    generator = fresh(data)
    pretrain(generator, data, SETTINGS, seed=0)
    return generator.state_dict()


def fresh(data: ActionData) -> MotifGenerator:
    torch.manual_seed(0)
    return MotifGenerator(data.vocabulary, MotifNetworkSettings(embedding=16, hidden=16, layers=1), max_atoms=27)


def assert_close(found: dict[str, torch.Tensor], expected: dict[str, torch.Tensor]) -> None:
    for name, tensor in expected.items():
        torch.testing.assert_close(found[name], tensor, rtol=1e-3, atol=1e-4)


class Messages:
    def __init__(self) -> None:
        self.texts: list[str] = []

    def message(self, text: str) -> None:
        self.texts.append(text)


@pytest.mark.slow
def test_two_workers_end_with_the_weights_of_one(ray, data: ActionData, weights, tmp_path: Path) -> None:
    checkpoint, steps = tmp_path / "checkpoints" / "pretrain", list[float]()
    generator = fresh(data)

    def report(metrics: dict[str, float], saved: object) -> None:
        steps.append(metrics["step"])
        assert (saved is not None) == (metrics["step"] % 4 == 0)

    pretrain_on_ray(generator, data, SETTINGS, TWO, seed=0, checkpoint=checkpoint, report=report)
    assert steps == list(range(1, STEPS + 1))
    assert_close(generator.state_dict(), weights)
    again = fresh(data)
    pretrain(again, data, SETTINGS, seed=0, checkpoint=checkpoint)  # a finished training, whoever did it
    assert_close(again.state_dict(), generator.state_dict())


@pytest.mark.slow
def test_a_killed_worker_costs_the_steps_since_the_checkpoint(ray, data, weights, tmp_path: Path) -> None:
    from molgan_toy_loops import pretrain_and_die_once

    steps, messages, generator = list[float](), Messages(), fresh(data)
    loop = partial(pretrain_and_die_once, data=data, settings=SETTINGS, seed=0, died=tmp_path / "died", step=6)
    train_on_ray(
        loop, {"generator": generator}, TWO, checkpoint=tmp_path / "checkpoint",
        report=lambda metrics, _: steps.append(metrics["step"]),
        on_restart=lambda: steps.append(0), progress=messages,
    )  # fmt: skip
    assert (tmp_path / "died").exists()
    assert steps[-10:] == [0, *range(4, STEPS + 1)]  # from the checkpoint of step 4, whose row is told again
    assert messages.texts == ["a training worker was lost; all workers continue from the last checkpoint"]
    assert_close(under_prefix("generator", load_checkpoint(tmp_path / "checkpoint")[0]), weights)
    assert_close(generator.state_dict(), weights)


@pytest.mark.slow
def test_a_worker_that_is_stopped_is_ended_and_all_go_on(ray, data, weights, tmp_path: Path) -> None:
    """Stopped by SIGSTOP, it is alive for Ray, and the other one waits in a sum of gradients for it."""
    from molgan_toy_loops import pretrain_and_die_once

    steps, messages, generator = list[float](), Messages(), fresh(data)
    how = {"died": tmp_path / "died", "step": 6, "end": signal.SIGSTOP}
    loop = partial(pretrain_and_die_once, data=data, settings=SETTINGS, seed=0, **how)
    train_on_ray(
        loop, {"generator": generator}, ComputeSettings(workers=2, stall=300), checkpoint=tmp_path / "checkpoint",
        report=lambda metrics, _: steps.append(metrics["step"]),
        on_restart=lambda: steps.append(0), progress=messages,
    )  # fmt: skip
    assert steps[-10:] == [0, *range(4, STEPS + 1)]
    assert "training: worker 1 without a sign of life for 30 s: ended" in messages.texts
    assert "a training worker was lost; all workers continue from the last checkpoint" in messages.texts
    assert_close(generator.state_dict(), weights)


@pytest.mark.slow
def test_the_errors_of_the_loop_reach_the_user(ray, data: ActionData, tmp_path: Path) -> None:
    pretrain(fresh(data), data, SETTINGS, seed=0, checkpoint=tmp_path / "checkpoint")
    with pytest.raises(WeightsError, match="of another training"):
        pretrain_on_ray(fresh(data), data, SETTINGS, TWO, seed=1, checkpoint=tmp_path / "checkpoint")


def test_a_batch_smaller_than_the_number_of_workers_is_refused(data: ActionData, tmp_path: Path) -> None:
    many = ComputeSettings(workers=17)
    with pytest.raises(ConfigError, match="17 workers cannot share a batch of 16 molecules"):
        pretrain_on_ray(fresh(data), data, SETTINGS, many, seed=0, checkpoint=tmp_path / "checkpoint")
