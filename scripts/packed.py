"""Training data in one compressed file, for a machine that has PyTorch and little else."""

import io
import json
import lzma
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import MagicMock

try:
    import rdkit  # noqa: F401
except ImportError:
    # Modules that the network is defined in mention RDKit; what training does never calls it.
    class _Absent(ModuleType):
        __path__: list[str] = []  # noqa: RUF012

        def __getattr__(self, name: str) -> Any:
            if name.startswith("__"):
                raise AttributeError(name)
            return MagicMock(name=name)

    class _Finder(MetaPathFinder, Loader):
        def find_spec(self, name: str, path: object, target: object = None) -> ModuleSpec | None:
            return ModuleSpec(name, self, is_package=True) if name.split(".")[0] == "rdkit" else None

        def create_module(self, spec: ModuleSpec) -> ModuleType:
            return _Absent(spec.name)

        def exec_module(self, module: ModuleType) -> None:
            pass

    sys.meta_path.append(_Finder())

import numpy as np
import torch

from molgan.base.files import write_whole
from molgan.graphs.motif.actions import Vocabulary
from molgan.graphs.motif.grammar import Grammar, Tables
from molgan.graphs.motif.motif_data import ActionData
from molgan.models.motif.motif_generator import MotifGenerator

_PART = 15 << 20


def write_packed(path: Path, about: dict[str, Any], **arrays: np.ndarray) -> None:
    """Write arrays and JSON values."""
    content = io.BytesIO()
    np.savez(content, about=np.array(json.dumps(about)), **arrays)
    with write_whole(path) as file:
        file.write(lzma.compress(content.getvalue(), preset=6))
    print(f"{path}: {path.stat().st_size:,} bytes")


def read_packed(path: Path, changes: list[str]) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """What `write_packed` wrote, with other values of the form SECTION.KEY=JSON."""
    with lzma.open(path) as file:
        stored = dict(np.load(io.BytesIO(file.read()), allow_pickle=False))
    about = json.loads(str(stored.pop("about")))
    for change in changes:
        (section, key), value = change.partition("=")[0].split("."), json.loads(change.partition("=")[2])
        if section in about:
            about[section][key] = value
    return about, stored


def pack_data(path: Path, data: ActionData, tables: Tables, about: dict[str, Any], **more: np.ndarray) -> None:
    """Write encoded molecules and all that a network needs of their vocabulary."""
    properties = np.zeros((len(data), 0)) if data.properties is None else data.properties
    write_packed(
        path,
        {**about, "vocabulary": data.vocabulary.description(), "summary": data.summary},
        actions=data.actions,
        lengths=data.lengths.astype(np.uint16),
        # By columns, each as fine as half precision, which compresses better than rows.
        properties=properties.T.astype(np.float16),
        **{f"table_{name}": value.numpy() for name, value in vars(tables).items()},
        **more,
    )


def unpack_data(about: dict[str, Any], stored: dict[str, np.ndarray]) -> tuple[ActionData, Tables]:
    """What `pack_data` wrote."""
    offsets = np.concatenate([[0], np.cumsum(stored["lengths"], dtype=np.int64)])
    properties = np.ascontiguousarray(stored["properties"].T.astype(np.float32))
    vocabulary = Vocabulary.from_description(about["vocabulary"])
    found = properties if properties.size else None
    data = ActionData(vocabulary, stored["actions"], offsets, about["summary"], found)
    prefix = "table_"
    named = {name: torch.from_numpy(each) for name, each in stored.items() if name.startswith(prefix)}
    return data, Tables(**{name.removeprefix(prefix): each for name, each in named.items()})


def set_tables(generator: MotifGenerator, tables: Tables) -> None:
    """Give a generator the grammar whose tables need RDKit."""
    generator._grammar = Grammar(generator.vocabulary, "cpu", tables)


def write_parts(generator: MotifGenerator, path: Path, **about: Any) -> None:
    """Write half-precision weights in parts of less than 16 MiB."""
    generator.cpu().save(path, dtype=torch.float16, **about)
    tensors = path.with_name(f"{path.name}.safetensors")
    content = tensors.read_bytes()
    tensors.unlink()
    for i, start in enumerate(range(0, len(content), _PART)):
        path.with_name(f"{path.name}.part{i:02d}").write_bytes(content[start : start + _PART])


def join_parts(parts: Path, output: Path) -> None:
    """Make weights of what `write_parts` wrote at `parts` (without suffix)."""
    found = sorted(parts.parent.glob(f"{parts.name}.part*"))
    output.parent.mkdir(parents=True, exist_ok=True)
    output.with_name(f"{output.name}.safetensors").write_bytes(b"".join(part.read_bytes() for part in found))
    output.with_name(f"{output.name}.json").write_text(parts.with_name(f"{parts.name}.json").read_text())
    generator = MotifGenerator.load(output)
    print(f"{len(found)} parts, {sum(p.numel() for p in generator.parameters()):,} parameters: {output}")
