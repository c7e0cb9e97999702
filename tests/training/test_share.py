"""Workers that share batches train as one that has them all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, Lock
from typing import Any, TypeVar

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from molgan.chem.shipped_sets import load_reference
from molgan.graphs.features.descriptions import count_fragments
from molgan.graphs.features.featurizer import featurize_all
from molgan.graphs.motif.actions import SPELL, Vocabulary
from molgan.graphs.motif.motif_data import ActionData, prepare
from molgan.models.critics.descriptor_critic import DescriptorCritic
from molgan.models.critics.discriminator import Discriminator
from molgan.models.critics.joint_critic import JointCritic
from molgan.models.motif.motif_generator import MotifGenerator
from molgan.models.settings import DescriptorCriticSettings, DiscriminatorSettings, MotifNetworkSettings
from molgan.training.losses import log_variance, logistic_critic
from molgan.training.prior.pretrain import pretrain
from molgan.training.rl.adversarial import refine
from molgan.training.rl.reinforce import reinforce
from molgan.training.rl.settings import ReinforceSettings
from molgan.training.settings import AdversarialCriticSettings, AdversarialSettings, PretrainSettings
from molgan.training.share import Share

T = TypeVar("T")

STEPS, BATCH, MOLECULES = 6, 15, 60
SETTINGS = PretrainSettings(
    epochs=STEPS * BATCH / MOLECULES, batch_size=BATCH, warmup=2, checkpoint_every=2, report_every=1, bf16=False
)


class Together:
    """Threads that stand for workers; a tensor becomes the sum of the tensors that all of them give."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._given: list[Any] = [None] * workers
        self._barrier = Barrier(workers, timeout=60)

    def share(self, rank: int) -> Share:
        def all_reduce(tensor: Tensor) -> None:
            self._given[rank] = tensor.clone()
            self._barrier.wait()
            tensor.copy_(torch.stack(self._given).sum(0))
            self._barrier.wait()

        def all_gather(value: Any) -> list[Any]:
            self._given[rank] = value
            self._barrier.wait()
            values = list(self._given)
            self._barrier.wait()
            return values

        return Share(rank, self.workers, all_reduce, all_gather)

    def run(self, work: Callable[[Share], T]) -> list[T]:
        """What the work gives in each worker."""
        with ThreadPoolExecutor(self.workers) as threads:
            return list(threads.map(work, [self.share(rank) for rank in range(self.workers)]))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> ActionData:
    folder = tmp_path_factory.mktemp("data")
    molecules = [record.smiles for record in load_reference("moses_reference_1000")][:MOLECULES]
    (folder / "in.smi").write_text("\n".join(molecules))
    return prepare(folder / "in.smi", folder / "cache", least_count=5)


_SEEDING = Lock()  # the threads share torch's global random numbers


def fresh(data: ActionData) -> MotifGenerator:
    with _SEEDING:
        torch.manual_seed(0)
        return MotifGenerator(data.vocabulary, MotifNetworkSettings(embedding=16, hidden=16, layers=1), max_atoms=27)


def assert_same_gradients(
    loss: Callable[[nn.Module, Share, list[int]], Tensor], network: Callable[[], nn.Module]
) -> None:
    """`loss(network, share, rows)`: a worker's part of the loss of eight molecules."""

    def gradients(share: Share) -> list[Tensor]:
        module = network()
        loss(module, share, share.of(np.arange(8)).tolist()).backward()
        share.sum_gradients(module.parameters())
        return [parameter.grad for parameter in module.parameters() if parameter.grad is not None]

    whole = gradients(Share())
    assert any(bool(gradient.any()) for gradient in whole)
    for part in Together(2).run(gradients):
        for expected, found in zip(whole, part, strict=True):
            torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


def test_two_workers_give_the_gradients_of_one_likelihood(data: ActionData) -> None:
    assert_same_gradients(
        lambda generator, share, rows: -generator.log_likelihood([data[i] for i in rows]).sum() / 8,
        lambda: fresh(data),
    )


def test_two_workers_give_the_gradients_of_one_log_variance(data: ActionData) -> None:
    """Its variance is over the batch, whose mean the workers share."""
    energy, anchor = torch.linspace(-3, 5, 8), torch.linspace(-30, -20, 8)

    def loss(generator: nn.Module, share: Share, rows: list[int]) -> Tensor:
        found = generator.log_likelihood([data[i] for i in rows])
        return log_variance(found, anchor[rows], energy[rows], share=share, size=8)

    assert_same_gradients(loss, lambda: fresh(data))


def test_two_workers_give_the_gradients_of_one_critic() -> None:
    graphs = featurize_all([record.smiles for record in load_reference("moses_reference_1000")][:16])

    def loss(critic: nn.Module, share: Share, rows: list[int]) -> Tensor:
        logits = critic(graphs.batch([*rows, *(8 + i for i in rows)]))
        return logistic_critic(logits[: len(rows)], logits[len(rows) :]) * (len(rows) / 8)

    assert_same_gradients(loss, small_critic)


def small_critic() -> Discriminator:
    with _SEEDING:
        return Discriminator(DiscriminatorSettings(width=8, layers=1, readout=8))


def small_descriptor_critic() -> DescriptorCritic:
    with _SEEDING:
        return DescriptorCritic(count_fragments(["CN", "CCO"]), DescriptorCriticSettings(width=8, layers=1))


@pytest.mark.parametrize("workers", [2, 3])
def test_workers_end_with_the_weights_of_one(data: ActionData, workers: int, tmp_path: Path) -> None:
    alone, losses = fresh(data), list[float]()
    pretrain(alone, data, SETTINGS, seed=0, report=lambda metrics, _: losses.append(metrics["loss"]))

    generators = [fresh(data) for _ in range(workers)]
    reported: list[list[float]] = [[] for _ in range(workers)]

    def work(share: Share) -> None:
        pretrain(
            generators[share.rank],
            data,
            SETTINGS,
            seed=0,
            checkpoint=tmp_path / f"of-{share.rank}",
            report=lambda metrics, _: reported[share.rank].append(metrics["loss"]),
            share=share,
        )

    Together(workers).run(work)
    assert len(losses) == STEPS
    for rank in range(workers):
        assert reported[rank] == pytest.approx(losses, rel=1e-5)
        for a, b in zip(alone.parameters(), generators[rank].parameters(), strict=True):
            torch.testing.assert_close(b, a, rtol=1e-4, atol=1e-5)
    assert [path.name for path in tmp_path.iterdir()] == ["of-0"]  # one of them writes checkpoints


def agent() -> MotifGenerator:
    motifs = ("C", "O", "N", "C=O", "c1ccccc1", "n1ccccc1", "C1CCNCC1", "F", "C#N")
    with _SEEDING:
        torch.manual_seed(0)
        generator = MotifGenerator(
            Vocabulary(motifs), MotifNetworkSettings(embedding=8, hidden=8, layers=1), max_atoms=12
        )
    generator.head.bias.data[SPELL] -= 5
    return generator


class Toy:
    """A reward that counts what it is asked."""

    def __init__(self) -> None:
        self.asked: list[str | None] = []

    def __call__(self, smiles: Sequence[str | None]) -> np.ndarray:
        self.asked.extend(smiles)
        return np.array([(text or "").count("N") / len(text or "C") for text in smiles])


@pytest.mark.parametrize("staleness", [0, 1])
def test_reinforcement_by_two_workers_is_that_of_one(staleness: int, tmp_path: Path) -> None:
    settings = ReinforceSettings(
        steps=6, batch_size=16, learning_rate=0.005, replay=4, bf16=False, checkpoint_every=3, staleness=staleness
    )

    def train(share: Share) -> tuple[list[dict[str, Any]], list[Tensor], Toy]:
        rows, reward, generator = list[dict[str, Any]](), Toy(), agent()
        reinforce(
            generator, reward, settings, seed=0, share=share, critic=small_critic(),
            checkpoint=tmp_path / f"{share.workers}-{share.rank}", report=lambda metrics, _: rows.append(metrics),
        )  # fmt: skip
        return rows, list(generator.parameters()), reward

    rows, weights, reward = train(Share())
    workers = Together(2).run(train)
    assert len(set(reward.asked)) == len(reward.asked)
    assert [each.asked for _, _, each in workers] == [reward.asked, []]  # nothing twice, all by the leader
    for found, parameters, _ in workers:
        for mine, expected in zip(found, rows, strict=True):
            texts = {name: value for name, value in expected.items() if isinstance(value, str)}
            assert texts == {name: mine.pop(name) for name in texts}
            numbers = {name: value for name, value in expected.items() if name not in texts}
            assert mine == pytest.approx(numbers, rel=1e-3, abs=1e-5)
        for a, b in zip(weights, parameters, strict=True):
            torch.testing.assert_close(b, a, rtol=1e-3, atol=1e-4)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1-0", "2-0"]


@pytest.mark.parametrize("kind", ["graph", "both"])
def test_refinement_by_two_workers_is_that_of_one(kind: str) -> None:
    settings = AdversarialSettings(
        rounds=2, real=60, fake=60, steps=3, batch_size=12, gan_weight=0.5, bf16=False,
        critic=AdversarialCriticSettings(epochs=2, batch_size=16, evaluate_every=2, bf16=False),
    )  # fmt: skip
    real = ["NC1CCNCC1", "CCO", "c1ccccc1C"] * 40

    def train(share: Share) -> tuple[list[dict[str, Any]], dict[str, float], list[Tensor]]:
        rows, generator, critic = list[dict[str, Any]](), agent(), small_critic()
        critic = JointCritic(critic, small_descriptor_critic()) if kind == "both" else critic
        figures = refine(
            generator, critic, real, settings, reward=Toy(), seed=0, share=share,
            report=lambda metrics, _: rows.append({k: v for k, v in metrics.items() if k != "phase"}),
        )  # fmt: skip
        return rows, figures, [*generator.parameters(), *critic.parameters()]

    rows, figures, weights = train(Share())
    for found, mine, parameters in Together(2).run(train):
        for row, expected in zip(found, rows, strict=True):
            assert row == pytest.approx(expected, rel=1e-3, abs=1e-4)
        timed = {"seconds", "molecules_per_second"}
        assert {k: v for k, v in mine.items() if k not in timed} == pytest.approx(
            {k: v for k, v in figures.items() if k not in timed}, rel=1e-3, abs=1e-4
        )
        for a, b in zip(weights, parameters, strict=True):
            torch.testing.assert_close(b, a, rtol=1e-3, atol=1e-4)
