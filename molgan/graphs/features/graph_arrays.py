"""Many molecular graphs as a few flat arrays, so that a training batch is a slice and not a thousand objects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from torch_geometric.data import Data

ATOM_COLUMNS = {"element": 12, "charge": 5, "hydrogens": 5, "aromatic": 2, "ring_size": 7, "rings": 4}
RELATIONS = ("single", "double", "triple", "aromatic")


@dataclass(frozen=True, slots=True, eq=False)
class GraphArrays:
    """M molecular graphs, one after the other, in the order of their molecules.

    A molecule that could not be represented is a graph without atoms, and `failures` has the reason.
    """

    atoms: np.ndarray  # uint8 [N, len(ATOM_COLUMNS)], the category of each atom in each column
    edges: np.ndarray  # int16 [E, 2], source and target as positions in their molecule, both directions of each bond
    relations: np.ndarray  # uint8 [E], index into RELATIONS; the edges of a molecule ascend by target, then relation
    atom_offsets: np.ndarray  # int64 [M + 1]
    edge_offsets: np.ndarray  # int64 [M + 1]
    failures: dict[int, str] = field(default_factory=dict)  # index of a molecule -> reason

    def __len__(self) -> int:
        return len(self.atom_offsets) - 1

    @property
    def sizes(self) -> np.ndarray:
        """int64 [M]: atoms of each molecule, 0 where it failed."""
        return np.diff(self.atom_offsets)

    @property
    def valid(self) -> np.ndarray:
        """bool [M]: True where the molecule is represented."""
        return self.sizes > 0

    def select(self, indices: np.ndarray | Sequence[int]) -> GraphArrays:
        """The graphs at `indices` (repeats allowed), in that order."""
        indices = np.asarray(indices, dtype=np.int64)
        atom_rows, atom_offsets = _rows(self.atom_offsets, indices)
        edge_rows, edge_offsets = _rows(self.edge_offsets, indices)
        failures = {n: self.failures[i] for n, i in enumerate(indices.tolist()) if i in self.failures}
        atoms, edges, relations = self.atoms[atom_rows], self.edges[edge_rows], self.relations[edge_rows]
        return GraphArrays(atoms, edges, relations, atom_offsets, edge_offsets, failures)

    def concatenate(self, other: GraphArrays) -> GraphArrays:
        """These graphs, followed by those of `other`."""
        return join([self, other])

    def batch(self, indices: np.ndarray | Sequence[int] | None = None) -> Data:
        """The graphs at `indices` (all by default) as one disconnected PyG graph.

        `x` long [N, C], `edge_index` long [2, E], `edge_type` long [E], `batch` long [N], `ptr` long [B + 1].
        """
        import torch
        from torch_geometric.data import Data

        chosen = self if indices is None else self.select(indices)
        first_atom = np.repeat(chosen.atom_offsets[:-1], np.diff(chosen.edge_offsets))
        graph = np.repeat(np.arange(len(chosen)), chosen.sizes)
        return Data(
            x=torch.from_numpy(chosen.atoms.astype(np.int64)),
            edge_index=torch.from_numpy(np.ascontiguousarray((chosen.edges + first_atom[:, None]).T)),
            edge_type=torch.from_numpy(chosen.relations.astype(np.int64)),
            batch=torch.from_numpy(graph),
            ptr=torch.from_numpy(chosen.atom_offsets.copy()),
        )


def join(parts: Sequence[GraphArrays]) -> GraphArrays:
    """The graphs of all parts, one part after the other."""
    failures: dict[int, str] = {}
    first = 0
    for part in parts:
        failures |= {first + i: reason for i, reason in part.failures.items()}
        first += len(part)
    return GraphArrays(
        np.concatenate([np.empty((0, len(ATOM_COLUMNS)), np.uint8), *(part.atoms for part in parts)]),
        np.concatenate([np.empty((0, 2), np.int16), *(part.edges for part in parts)]),
        np.concatenate([np.empty(0, np.uint8), *(part.relations for part in parts)]),
        offsets(np.concatenate([np.empty(0, np.int64), *(np.diff(part.atom_offsets) for part in parts)])),
        offsets(np.concatenate([np.empty(0, np.int64), *(np.diff(part.edge_offsets) for part in parts)])),
        failures,
    )


def offsets(counts: np.ndarray) -> np.ndarray:
    """int64 [M + 1]: the start of each of M runs of the given lengths, and the end of the last run."""
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def _rows(starts: np.ndarray, indices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Positions of the rows of the chosen runs, one run after the other, and the offsets of the runs among them."""
    counts = starts[indices + 1] - starts[indices]
    ends = offsets(counts)
    return np.repeat(starts[indices] - ends[:-1], counts) + np.arange(ends[-1]), ends
