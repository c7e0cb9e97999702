"""Workers that share batches train as one that has them all."""

from __future__ import annotations

from collections.abc import Callable
from threading import Barrier, Lock, Thread

import pytest
import torch
from torch import Tensor

from molgan.chem.references import load_reference
from molgan.graphs.datasets import ActionData, prepare
from molgan.models.motif import MotifGenerator
from molgan.models.settings import MotifNetworkSettings
from molgan.training.pretrain import pretrain
from molgan.training.settings import PretrainSettings
from molgan.training.share import Share

STEPS, BATCH, MOLECULES = 6, 15, 60
SETTINGS = PretrainSettings(
    epochs=STEPS * BATCH / MOLECULES, batch_size=BATCH, warmup=2, checkpoint_every=2, report_every=1, bf16=False
)


class Together:
    """Threads that stand for workers; a tensor becomes the sum of the tensors that all of them give."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._given: list[Tensor] = [torch.empty(0)] * workers
        self._barrier = Barrier(workers, timeout=60)

    def share(self, rank: int) -> Share:
        def all_reduce(tensor: Tensor) -> None:
            self._given[rank] = tensor.clone()
            self._barrier.wait()
            tensor.copy_(torch.stack(self._given).sum(0))
            self._barrier.wait()

        return Share(rank, self.workers, all_reduce)

    def run(self, work: Callable[[Share], None]) -> None:
        threads = [Thread(target=work, args=(self.share(rank),)) for rank in range(self.workers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


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


def test_two_workers_give_the_gradients_of_one(data: ActionData) -> None:
    sequences = [data[i] for i in range(8)]

    def gradients(share: Share, rows: list[int]) -> list[Tensor]:
        generator = fresh(data)
        (-generator.log_likelihood([sequences[i] for i in rows]).sum() / 8).backward()
        share.sum_gradients(generator.parameters())
        return [parameter.grad for parameter in generator.parameters()]

    whole = gradients(Share(), list(range(8)))
    parts: dict[int, list[Tensor]] = {}
    Together(2).run(lambda share: parts.update({share.rank: gradients(share, list(range(share.rank, 8, 2)))}))
    for rank in (0, 1):
        for expected, found in zip(whole, parts[rank], strict=True):
            torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("workers", [2, 3])
def test_workers_end_with_the_weights_of_one(data: ActionData, workers: int, tmp_path) -> None:
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
