"""Molecules as rows of whole-molecule numbers, for a critic that does not look at graphs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from molgan.base.parallel import cores, map_chunks
from molgan.base.progress import Progress
from molgan.chem.familiarity import FAMILIARITIES, Familiarity, fragments
from molgan.chem.molecule import Molecule, parse
from molgan.chem.whole_molecule import DESCRIPTORS, descriptors

if TYPE_CHECKING:
    import torch

COLUMNS = (*DESCRIPTORS, *FAMILIARITIES)
_CHUNK = 2048


@dataclass(frozen=True, slots=True, eq=False)
class Descriptions:
    """`values` float32 [M, len(COLUMNS)]: NaN for an invalid molecule, whose reason is in `failures`."""

    values: np.ndarray
    failures: dict[int, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.values)

    @property
    def valid(self) -> np.ndarray:
        """bool [M]: True where the molecule is described."""
        return ~np.asarray(np.isnan(self.values).any(axis=1))

    def select(self, rows: np.ndarray) -> Descriptions:
        """The descriptions at `rows`, in that order."""
        failures = {n: self.failures[i] for n, i in enumerate(rows.tolist()) if i in self.failures}
        return Descriptions(self.values[rows], failures)

    def batch(self, rows: np.ndarray) -> torch.Tensor:
        """float32 [B, len(COLUMNS)]."""
        import torch

        return torch.from_numpy(self.values[rows])

    def concatenate(self, other: Descriptions) -> Descriptions:
        """These descriptions, followed by those of `other`."""
        behind = {len(self) + i: reason for i, reason in other.failures.items()}
        return Descriptions(np.concatenate([self.values, other.values]), {**self.failures, **behind})


def describe_all(
    molecules: Sequence[str | Molecule],
    familiarity: Familiarity,
    *,
    workers: int = 1,
    progress: Progress | None = None,
) -> Descriptions:
    """One row per molecule, in order. With `workers` above 1, SMILES are spread over spawned processes."""
    parts = _spread(molecules, workers, progress=progress)
    rows = [np.array(part[0], dtype=np.float32).reshape(-1, len(DESCRIPTORS)) for part in parts]
    known = [familiarity.look_up(part[1]) for part in parts]
    reasons = [reason for part in parts for reason in part[2]]
    values = np.column_stack([np.concatenate(rows), np.concatenate(known)]) if parts else np.empty((0, len(COLUMNS)))
    return Descriptions(values.astype(np.float32), {i: reason for i, reason in enumerate(reasons) if reason})


def count_fragments(molecules: Sequence[str], *, workers: int = 1) -> Familiarity:
    """How often each fragment occurs in a reference; invalid SMILES are left out."""
    return Familiarity.of(fragment for part in _spread(molecules, workers, described=False) for fragment in part[1])


_Part = tuple[list[list[float]], list[np.ndarray], list[str | None]]


def _spread(
    molecules: Sequence[str | Molecule], workers: int, *, described: bool = True, progress: Progress | None = None
) -> list[_Part]:
    texts = all(isinstance(molecule, str) for molecule in molecules)
    work = partial(_describe_chunk, described=described)
    return map_chunks(work, molecules, _CHUNK, min(workers, cores()) if texts else 1, progress=progress)


def _describe_chunk(molecules: Sequence[str | Molecule], described: bool) -> _Part:
    rows, parts, reasons = [], [], []
    for given in molecules:
        molecule = parse(given) if isinstance(given, str) else given
        mol = molecule.mol
        rows.append(descriptors(mol) if mol is not None and described else [np.nan] * len(DESCRIPTORS))
        parts.append(fragments(mol) if mol is not None else np.empty(0, dtype=np.uint32))
        reasons.append(None if mol is not None else molecule.reason or "no structure")
    return rows, parts, reasons
