"""Weights on disk: tensors as safetensors with a JSON file that describes them. No pickle."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save
from torch import nn

from molgan.base.errors import WeightsError
from molgan.base.files import write_files

Module = TypeVar("Module", bound=nn.Module)

_LARGEST = 1e6
_SHIPPED = Path(str(files("molgan") / "data" / "weights"))


def save_weights(
    path: str | Path, module: nn.Module, description: Mapping[str, Any], *, dtype: torch.dtype | None = None
) -> None:
    """Write `path`.safetensors and `path`.json, so that no reader sees half a file. Raises RunError.

    `dtype` is the stored type of floating-point tensors, by default their own; loading restores their own type.
    """
    path = Path(path)
    tensors = {
        name: tensor.detach().to("cpu", dtype if tensor.is_floating_point() else None).contiguous()
        for name, tensor in module.state_dict().items()
    }
    # Not save_file, which leaves a file that only its owner can read.
    write_files(path.parent, {f"{path.name}.safetensors": [save(tensors)], **_encode_description(path, description)})


def list_shipped() -> list[str]:
    """The names of the shipped weights of generators."""
    return sorted(file.stem for file in _SHIPPED.glob("*.safetensors") if not file.stem.endswith("_critic"))


def find_weights(weights: str | Path) -> Path:
    """The path, without suffix, of weights given by a shipped name, a folder of `molgan train`, or a path.

    Raises WeightsError where no weights are found.
    """
    names = list_shipped()
    path = _SHIPPED / weights if str(weights) in names else Path(weights)
    try:
        path = path / "weights" if path.is_dir() else path
        is_there = _add_suffix(path, ".json").exists()
    except (OSError, ValueError):  # a name that is too long, or none at all
        is_there = False
    if not is_there:
        shipped = ", ".join(names) or "none"
        raise WeightsError(
            f"no weights at {path!s:.200}: give a folder of `molgan train`, or a shipped name ({shipped})"
        )
    return path


def shipped_descriptions() -> dict[str, str]:
    """The JSON text that describes each of the weights that come with molgan, by name."""
    return {name: _add_suffix(_SHIPPED / name, ".json").read_text() for name in list_shipped()}


def read_description(path: str | Path, kind: str) -> dict[str, Any]:
    """The content of `path`.json. Raises WeightsError if it is missing, unreadable, or not of this `kind`."""
    facts = read_facts(path)
    if facts["kind"] != kind:
        file = _add_suffix(Path(path), ".json")
        raise WeightsError(f"{file}: the weights belong to a {facts['kind']}, not to a {kind}")
    return facts


def read_kind(path: str | Path) -> str:
    """The format of the weights at `path`. Raises WeightsError if `path`.json is missing or unreadable."""
    return str(read_facts(path)["kind"])


def read_facts(path: str | Path) -> dict[str, Any]:
    """The content of `path`.json, which has a `kind`. Raises WeightsError if it is missing or unreadable."""
    file = _add_suffix(Path(path), ".json")
    try:
        facts = json.loads(file.read_text())
        _ = facts["kind"]
        return dict(facts)
    except OSError as error:
        raise WeightsError(f"{file}: {error.strerror}; give the path of saved weights without its suffix") from None
    except (ValueError, KeyError, TypeError):
        raise WeightsError(f"{file}: does not describe weights") from None


def add_facts(weights: str | Path, **about: Any) -> None:
    """Add facts, JSON values, to what the description of weights says about their training; the tensors stay as they
    are. Raises WeightsError where there are no such weights, RunError where they cannot be written."""
    path = find_weights(weights)
    facts = read_facts(path)
    facts["about"] = {**(facts.get("about") or {}), **about}
    write_files(path.parent, _encode_description(path, facts))


def load_module(path: str | Path, make: Callable[[], Module]) -> Module:
    """The module that `make` builds, with the weights of `path`.safetensors. Raises WeightsError unless names and
    shapes are the module's own, and all numbers finite.

    The description beside the weights may ask for a network of any size: shapes are compared before it takes memory.
    """
    file = _add_suffix(Path(path), ".safetensors")
    try:
        with torch.device("meta"):
            expected = {name: tuple(tensor.shape) for name, tensor in make().state_dict().items()}
    except (RuntimeError, ValueError, TypeError) as error:  # negative sizes, or beyond all numbers
        lines = str(error).splitlines() or [type(error).__name__]
        raise WeightsError(f"{file.with_suffix('.json')}: no network has these settings: {lines[0]:.100}") from error
    _refuse_difference(file, expected)
    module = make()
    load_weights(path, module)
    return module


def load_weights(path: str | Path, module: nn.Module) -> None:
    """Fill `module` from `path`.safetensors. Raises WeightsError unless names and shapes are the module's own, and all
    numbers finite."""
    file = _add_suffix(Path(path), ".safetensors")
    _refuse_difference(file, {name: tuple(tensor.shape) for name, tensor in module.state_dict().items()})
    with _translate_errors(file):
        tensors = load_file(file)
    for name, tensor in tensors.items():
        # Beyond, logits outweigh what masks them; NaN is not below it either.
        if tensor.is_floating_point() and not (tensor.abs() < _LARGEST).all():
            raise WeightsError(f"{file}: {name} holds a number that is not finite, or beyond {_LARGEST:g}: damaged")
    module.load_state_dict(tensors)


def _refuse_difference(file: Path, expected: Mapping[str, tuple[int, ...]]) -> None:
    with _translate_errors(file), safe_open(file, "pt") as tensors:  # reads the header alone
        found = {name: tuple(tensors.get_slice(name).get_shape()) for name in tensors.keys()}  # noqa: SIM118
    if difference := _difference(found, expected):
        raise WeightsError(f"{file}: {difference}; the weights belong to another architecture")


@contextmanager
def _translate_errors(file: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, SafetensorError) as error:
        raise WeightsError(f"{file}: {str(error).splitlines()[0]}") from None


def _difference(found: Mapping[str, tuple[int, ...]], expected: Mapping[str, tuple[int, ...]]) -> str | None:
    for name, shape in expected.items():
        if name not in found:
            return f"{name} is missing"
        if found[name] != shape:
            return f"{name} has shape {found[name]}, not {shape}"
    return next((f"{name} is not part of the model" for name in found if name not in expected), None)


def _encode_description(path: Path, description: Mapping[str, Any]) -> dict[str, list[bytes]]:
    """The content of `path`.json, by the name of the file."""
    return {f"{path.name}.json": [(json.dumps(dict(description), indent=1, sort_keys=True) + "\n").encode()]}


def _add_suffix(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)
