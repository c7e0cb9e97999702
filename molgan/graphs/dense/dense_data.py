"""A file of SMILES as dense graphs in canonical order, prepared once and cached by content."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from rdkit import Chem, rdBase

from molgan.base import cache_folder as cache
from molgan.base.errors import InputError
from molgan.base.parallel import Processes, split_chunks
from molgan.base.progress import Progress, Silent
from molgan.chem.reading import read_smiles
from molgan.graphs.dense.dense_graph import QM9_ATOMS, DenseGraphs, encode

_CHUNK = 2_000


@dataclass(frozen=True)
class DenseData:
    """The distinct molecules of a file, without stereo, as dense graphs.

    `smiles` are canonical, and the atoms of each graph follow their order, so that a molecule has one graph, and a
    network need not treat all orders alike. Molecules are in the order of the SHA-256 of their SMILES, which is fixed
    and as good as random; the first ones can be held out for evaluation. `summary` counts: read, kept, repeated, and
    rejected by reason. `targets` float32 [M, names] are properties for a conditional generator.
    """

    graphs: DenseGraphs
    smiles: list[str]
    summary: dict[str, Any]
    targets: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.graphs)

    @property
    def sizes(self) -> np.ndarray:
        """Heavy atoms of each molecule, [M]."""
        return np.asarray((self.graphs.nodes > 0).sum(axis=1))

    def part(self, start: int, stop: int | None) -> DenseData:
        """The molecules from `start` to `stop`, which is not included."""
        graphs = DenseGraphs(self.graphs.nodes[start:stop], self.graphs.bonds[start:stop], self.graphs.atoms)
        targets = None if self.targets is None else self.targets[start:stop]
        return DenseData(graphs, self.smiles[start:stop], self.summary, targets)

    def rows(self, chosen: np.ndarray) -> DenseData:
        """The molecules at the positions `chosen`, in that order."""
        graphs = DenseGraphs(self.graphs.nodes[chosen], self.graphs.bonds[chosen], self.graphs.atoms)
        targets = None if self.targets is None else self.targets[chosen]
        return DenseData(graphs, [self.smiles[i] for i in chosen], self.summary, targets)

    def with_targets(self, targets: np.ndarray) -> DenseData:
        """The same molecules with properties, float32 [M, names]."""
        return DenseData(self.graphs, self.smiles, self.summary, targets.astype(np.float32))


def prepare_dense(
    path: Path,
    *,
    column: str | None = None,
    max_atoms: int = 9,
    atoms: tuple[str, ...] = QM9_ATOMS,
    processes: int = 1,
    progress: Progress | None = None,
) -> DenseData:
    """The molecules of a SMILES file; a second call with the same content and options reads the cache.

    Molecules that cannot be represented are counted by reason.

    Args:
        path: File that `read_smiles` reads.
        column: Name of the SMILES column; None finds it by its name.
        max_atoms: Most heavy atoms of a molecule.
        atoms: Elements with their charges that atoms may be: C, N+, O-.
        processes: Number of processes, 1 for this process alone.
        progress: Receiver of the progress; None shows nothing.

    Raises:
        InputError: No molecule of the file can be represented.
        RunError: A process died.
    """
    progress = progress or Silent()
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:24]
    kept = cache.entry("dense-1", cache.content_hash([digest, str(column), str(max_atoms), *atoms]), ".npz")
    if not kept.exists():
        data = _prepare(path, column, max_atoms, atoms, processes, progress)
        with cache.store(kept) as file:
            _save(data, file)
    with np.load(kept, allow_pickle=False) as arrays:
        text = arrays["smiles"].tobytes().decode()
        graphs = DenseGraphs(arrays["nodes"], arrays["bonds"], atoms)
        data = DenseData(graphs, text.split("\n") if text else [], json.loads(str(arrays["summary"])))
    if not len(data):
        raise InputError(f"{path}: no molecule of the file fits a dense graph: {data.summary['rejected']}")
    return data


def flat_smiles(smiles: str) -> str | None:
    """Canonical SMILES without stereo, None where RDKit cannot read it."""
    with rdBase.BlockLogs():
        mol = Chem.MolFromSmiles(smiles)
        if mol is None:
            return None
        # Read again, since the canonical order of atoms with stereo may not be canonical without.
        return str(Chem.MolToSmiles(Chem.MolFromSmiles(Chem.MolToSmiles(mol, isomericSmiles=False))))


def _prepare(
    path: Path, column: str | None, max_atoms: int, atoms: tuple[str, ...], processes: int, progress: Progress
) -> DenseData:
    rejected: Counter[str] = Counter()
    found: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    read = 0

    def note_bad_row(line: int, reason: str) -> None:
        nonlocal read
        read += 1
        rejected[reason] += 1

    rows = (record.smiles for record in read_smiles(path, column=column, on_bad=note_bad_row))
    progress.start("dense graphs")
    with Processes(partial(_encode_chunk, max_atoms=max_atoms, atoms=atoms), processes) as workers:
        for smiles, graphs in workers.map(split_chunks(rows, _CHUNK)):
            for i, text in enumerate(smiles):
                if text is None or i in graphs.failures:
                    rejected["not a SMILES" if text is None else graphs.failures[i]] += 1
                else:
                    found.setdefault(text, (graphs.nodes[i], graphs.bonds[i]))
            read += len(smiles)
            progress.advance("dense graphs", len(smiles))
    progress.finish("dense graphs")
    order = sorted(found, key=lambda text: hashlib.sha256(text.encode()).digest())
    nodes = np.array([found[text][0] for text in order], np.uint8).reshape(-1, max_atoms)
    bonds = np.array([found[text][1] for text in order], np.uint8).reshape(-1, max_atoms, max_atoms)
    refused = sum(rejected.values())
    summary = {"read": read, "kept": len(order), "repeated": read - refused - len(order), "rejected": dict(rejected)}
    return DenseData(DenseGraphs(nodes, bonds, atoms), order, summary)


def _encode_chunk(
    texts: Sequence[str], max_atoms: int, atoms: tuple[str, ...]
) -> tuple[Sequence[str | None], DenseGraphs]:
    smiles = [flat_smiles(text) for text in texts]
    return smiles, encode(smiles, max_atoms=max_atoms, atoms=atoms)


def _save(data: DenseData, file: BinaryIO) -> None:
    np.savez_compressed(
        file,
        nodes=data.graphs.nodes,
        bonds=data.graphs.bonds,
        smiles=np.frombuffer("\n".join(data.smiles).encode(), dtype=np.uint8),
        summary=np.array(json.dumps(data.summary)),
    )
