"""What the training loops share."""

from pathlib import Path

import pytest
import torch
from torch import nn

from molgan.base.errors import WeightsError
from molgan.training.loop import is_due, resume, save, update, update_average, warm_up_and_decay


def optimizer_of(network: nn.Module) -> torch.optim.Optimizer:
    return torch.optim.Adam(network.parameters(), 0.1)


def rates(done: int, steps: int = 10) -> list[float]:
    optimizer = optimizer_of(nn.Linear(1, 1))
    schedule = warm_up_and_decay(optimizer, warmup=4, decay=6, steps=steps, done=done)
    found = []
    for _ in range(done, steps):
        found += schedule.get_last_lr()
        optimizer.step()
        schedule.step()
    return found


def test_the_rate_rises_and_falls_and_a_resumed_loop_goes_on_in_it() -> None:
    assert rates(0) == pytest.approx([0.025, 0.05, 0.075, 0.1, *(0.1 * left / 6 for left in (6, 5, 4, 3, 2, 1))])
    assert rates(7) == rates(0)[7:]


def test_due_at_each_interval_and_at_the_end() -> None:
    assert [step for step in range(1, 8) if is_due(step, 7, 3)] == [3, 6, 7]


def test_an_update_is_clipped_and_gives_the_norm_of_before() -> None:
    network = nn.Linear(1, 1, bias=False)
    optimizer, before = torch.optim.SGD(network.parameters(), 1.0), network.weight.item()
    norm = update(optimizer, 5 * network.weight.sum(), network, clip=2.0)
    assert norm.item() == pytest.approx(5)
    assert network.weight.item() == pytest.approx(before - 2, abs=1e-4)


def test_a_young_average_follows_quickly() -> None:
    average, current = nn.Linear(1, 1, bias=False), nn.Linear(1, 1, bias=False)
    nn.init.zeros_(average.weight)
    nn.init.ones_(current.weight)
    update_average(average, current, decay=0.99, step=1)
    assert average.weight.item() == pytest.approx(9 / 11)
    nn.init.zeros_(average.weight)
    update_average(average, current, decay=0.99, step=10_000)
    assert average.weight.item() == pytest.approx(0.01, rel=1e-4)


def test_a_checkpoint_brings_modules_and_optimiser_back(tmp_path: Path) -> None:
    network = nn.Linear(2, 1)
    optimizer = optimizer_of(network)
    update(optimizer, network(torch.ones(1, 2)).sum(), network, clip=9.0)
    save(tmp_path / "c", {"network": network}, optimizer, {"identity": {"seed": 1}, "step": 1})
    update(optimizer, network(torch.ones(1, 2)).square().sum(), network, clip=9.0)

    other = nn.Linear(2, 1)
    resumed = optimizer_of(other)
    assert resume(tmp_path / "none", {"network": other}, resumed) is None
    state = resume(tmp_path / "c", {"network": other}, resumed, {"seed": 1})
    assert state is not None and state["step"] == 1
    update(resumed, other(torch.ones(1, 2)).square().sum(), other, clip=9.0)
    assert torch.equal(other.weight, network.weight)
    with pytest.raises(WeightsError, match="of another training"):
        resume(tmp_path / "c", {"network": other}, resumed, {"seed": 2})
