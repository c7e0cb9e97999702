"""Checkpoints: whole or not there, whatever happens in between."""

import os
from pathlib import Path

import pytest
import torch

from molgan.base.errors import RunError, WeightsError
from molgan.training.checkpoint import (
    load_checkpoint,
    optimizer_tensors,
    restore_optimizer,
    save_checkpoint,
    under_prefix,
    with_prefix,
)


def test_the_last_one_comes_back(tmp_path: Path) -> None:
    assert load_checkpoint(tmp_path / "c") is None
    for step in (1, 2):
        save_checkpoint(tmp_path / "c", {"w": torch.full((2,), float(step))}, {"step": step})
    tensors, state = load_checkpoint(tmp_path / "c")
    assert state == {"step": 2}
    assert torch.equal(tensors["w"], torch.tensor([2.0, 2.0]))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["c"]


def test_a_kill_between_the_two_renames_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_checkpoint(tmp_path / "c", {"w": torch.ones(1)}, {"step": 1})
    rename = Path.rename

    def killed_after_the_first(self: Path, target: Path) -> Path:
        if self.name == "c.new":
            raise KeyboardInterrupt
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", killed_after_the_first)
    with pytest.raises(KeyboardInterrupt):
        save_checkpoint(tmp_path / "c", {"w": torch.zeros(1)}, {"step": 2})
    monkeypatch.undo()
    assert load_checkpoint(tmp_path / "c")[1] == {"step": 1}
    save_checkpoint(tmp_path / "c", {"w": torch.zeros(1)}, {"step": 3})
    assert load_checkpoint(tmp_path / "c")[1] == {"step": 3}


def test_damage_and_no_permission_are_told_in_one_line(tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "c", {"w": torch.ones(1)}, {"step": 1})
    (tmp_path / "c" / "tensors.safetensors").write_bytes(b"half a file")
    with pytest.raises(WeightsError, match="damaged checkpoint"):
        load_checkpoint(tmp_path / "c")
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="cannot be written"):
        save_checkpoint(tmp_path / "file" / "c", {}, {})
    assert os.listdir(tmp_path / "c") != []


def test_an_optimiser_goes_on_as_if_nothing_had_happened() -> None:
    def steps(n: int, saved: dict[str, torch.Tensor] | None = None, start: float = 1.0) -> tuple[float, dict]:
        w = torch.tensor([start], requires_grad=True)
        optimizer = torch.optim.Adam([w], 0.1)
        if saved is not None:
            restore_optimizer(optimizer, saved)
        for _ in range(n):
            optimizer.zero_grad()
            (w**2).sum().backward()
            optimizer.step()
        return w.item(), optimizer_tensors(optimizer)

    at_once, _ = steps(5)
    half, saved = steps(2)
    assert steps(3, saved, half)[0] == at_once


def test_modules_share_a_checkpoint_by_prefix() -> None:
    tensors = {**with_prefix("a", {"w": torch.ones(1)}), **with_prefix("ab", {"w": torch.zeros(1)})}
    assert under_prefix("a", tensors).keys() == {"w"}
    assert under_prefix("a", tensors)["w"].item() == 1
