"""Reads and writes checkpoints: tensors as safetensors, the rest as JSON. A crash at any moment leaves one whole."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor

from molgan.base.errors import RunError, WeightsError
from molgan.base.files import write_folder


def save_checkpoint(folder: Path, tensors: Mapping[str, Tensor], state: Mapping[str, Any]) -> None:
    """Replace the checkpoint in `folder`; readers see the old one or the new one, never half. Raises RunError."""
    content = save({name: t.detach().cpu().contiguous() for name, t in tensors.items()})
    write_checkpoint(folder, {"tensors.safetensors": content, "state.json": json.dumps(state).encode()})


def write_checkpoint(folder: Path, files: Mapping[str, bytes]) -> None:
    """Replace the checkpoint in `folder` by the files that `read_checkpoint` returned. Raises RunError."""
    try:
        with write_folder(folder) as new:
            for name, content in files.items():
                (new / name).write_bytes(content)
    except OSError as error:
        raise RunError(f"{folder}: the checkpoint cannot be written: {error}") from error


def load_checkpoint(folder: Path) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
    """The tensors and the state last saved in `folder`, None where there is none. Raises WeightsError if damaged."""
    for place in (folder, folder.with_name(folder.name + ".old")):
        if (place / "state.json").exists():
            try:
                return load_file(place / "tensors.safetensors"), json.loads((place / "state.json").read_text())
            except (OSError, ValueError, SafetensorError) as error:
                message = f"{place}: damaged checkpoint ({error}); delete the folder to start again"
                raise WeightsError(message) from error
    return None


def read_checkpoint(folder: Path) -> dict[str, bytes]:
    """The files of the checkpoint in `folder`, empty where there is none."""
    for place in (folder, folder.with_name(folder.name + ".old")):
        if (place / "state.json").exists():
            return {file.name: file.read_bytes() for file in sorted(place.iterdir())}
    return {}


def optimizer_tensors(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """An optimiser's state as named tensors, for `save_checkpoint`; its hyperparameters are not in it."""
    return {
        f"optimizer.{i}.{name}": value
        for i, values in optimizer.state_dict()["state"].items()
        for name, value in values.items()
    }


def restore_optimizer(optimizer: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """Restore a copy of the state from `optimizer_tensors`; the hyperparameters stay as they are."""
    state: dict[int, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        if key.startswith("optimizer."):
            _, i, name = key.split(".", 2)
            state.setdefault(int(i), {})[name] = value.clone()
    optimizer.load_state_dict({**optimizer.state_dict(), "state": state})


def with_prefix(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors under `prefix.`, so that several modules share a checkpoint."""
    return {f"{prefix}.{name}": tensor for name, tensor in tensors.items()}


def under_prefix(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors that `with_prefix` put under `prefix.`, by their original names."""
    return {name[len(prefix) + 1 :]: tensor for name, tensor in tensors.items() if name.startswith(prefix + ".")}
