"""A QSAR model as one small file, as those that come with molgan: arrays that deflate well, no pickle."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError
from rdkit.DataStructs import ExplicitBitVect

from molgan.base.errors import WeightsError
from molgan.base.files import write_whole
from molgan.models.qsar.ensemble import QSARModel
from molgan.models.qsar.networks import Tensors
from molgan.models.qsar.settings import QSARDescription

Bytes = NDArray[np.uint8]

_CHILDREN = ("left", "right")


def save_packed(model: QSARModel, path: Path) -> None:
    """Write a model as .npz: `about` is its description as JSON, `<i>.<name>` are the arrays of member i, `bits.…` the
    fingerprints of the training molecules. Raises OSError."""
    arrays: dict[str, NDArray[Any]] = {"about": _write_text(model.description.model_dump_json())}
    for number, tensors in enumerate(model.members):
        arrays |= {f"{number}.{name}": values for name, values in _shrink(tensors).items()}
    arrays |= _pack_bits(model.domain)
    with write_whole(path) as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)


def load_packed(path: Path) -> QSARModel:
    """Read what `save_packed` wrote. Raises WeightsError where the file is missing or damaged."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            description = QSARDescription.model_validate_json(arrays["about"].tobytes())
            members = [
                _grow({name: arrays[name] for name in arrays.files if name.startswith(f"{number}.")})
                for number in range(description.training.files)
            ]
            return QSARModel(description, members, _unpack_bits(arrays))
    except (OSError, ValueError, KeyError, BadZipFile, ValidationError) as error:
        raise WeightsError(f"{path}: damaged: {' '.join(str(error).split()):.120}") from None


def _write_text(text: str) -> Bytes:
    return np.frombuffer(text.encode(), dtype=np.uint8)


def _shrink(tensors: Tensors) -> dict[str, NDArray[Any]]:
    """Children of a node as how far they lie behind it, and the values of leaves alone: small numbers, few of them."""
    if "feature" not in tensors:
        return dict(tensors)
    shrunk, nodes = dict(tensors), np.arange(len(tensors["feature"]))
    is_leaf = tensors["feature"] < 0
    for side in _CHILDREN:
        distance = (tensors[side] - nodes)[~is_leaf]
        shrunk[side] = distance.astype(np.min_scalar_type(int(distance.max(initial=0))))
    shrunk["feature"] = tensors["feature"].astype(np.int16)
    shrunk["threshold"] = tensors["threshold"][~is_leaf].astype(np.float32)
    shrunk["value"] = tensors["value"][is_leaf].astype(np.float16)
    return shrunk


def _grow(named: dict[str, NDArray[Any]]) -> Tensors:
    tensors = {name.partition(".")[2]: values for name, values in named.items()}
    if "feature" not in tensors:
        return tensors
    feature = tensors["feature"].astype(np.int32)
    is_leaf, nodes = feature < 0, np.arange(len(feature), dtype=np.int32)
    for side in _CHILDREN:
        children = np.full(len(feature), -1, dtype=np.int32)
        children[~is_leaf] = tensors[side].astype(np.int32) + nodes[~is_leaf]
        tensors[side] = children
    threshold, value = np.zeros(len(feature), np.float32), np.zeros(len(feature), np.float32)
    threshold[~is_leaf], value[is_leaf] = tensors["threshold"], tensors["value"]
    return {**tensors, "feature": feature, "threshold": threshold, "value": value}


def _pack_bits(fingerprints: Sequence[ExplicitBitVect]) -> dict[str, NDArray[Any]]:
    """The distances between the bits that are on, in two bytes each, the upper ones apart since they are mostly 0.
    Fingerprints that are there twice are left out: the nearest is the same without them."""
    rows = sorted({tuple(bits.GetOnBits()) for bits in fingerprints})
    gaps = np.concatenate([np.diff(row, prepend=-1) for row in rows]) if rows else np.zeros(0)
    size = fingerprints[0].GetNumBits() if fingerprints else 0
    return {
        "bits.size": np.array([size], np.int32),
        "bits.count": np.array([len(row) for row in rows], np.uint16),
        "bits.low": (gaps.astype(np.uint16) & 255).astype(np.uint8),
        "bits.high": (gaps.astype(np.uint16) >> 8).astype(np.uint8),
    }


def _unpack_bits(arrays: Any) -> list[ExplicitBitVect]:
    gaps = arrays["bits.low"].astype(np.int64) + (arrays["bits.high"].astype(np.int64) << 8)
    size, ends = int(arrays["bits.size"][0]), np.cumsum(arrays["bits.count"].astype(np.int64))
    if ends.size and ends[-1] != len(gaps):
        raise ValueError("bits of another number of molecules")
    found = []
    for row in np.split(gaps, ends[:-1]) if ends.size else []:
        bits = ExplicitBitVect(size)
        bits.SetBitsFromList((np.cumsum(row) - 1).tolist())
        found.append(bits)
    return found
