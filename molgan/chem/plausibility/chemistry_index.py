"""The chemistry of a data set: how many of its molecules have each ring system, atom environment, bond between
heteroatoms and circular fragment."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from functools import cache, cached_property
from importlib.resources import as_file, files
from itertools import islice
from pathlib import Path
from typing import NamedTuple, Self
from zipfile import BadZipFile

import numpy as np
from rdkit import Chem, rdBase

from molgan.base.default_weights import DEFAULT_WEIGHTS
from molgan.base.errors import InputError
from molgan.base.files import write_whole
from molgan.base.parallel import Processes, split_chunks
from molgan.base.progress import Progress, Silent
from molgan.chem.familiarity import fragments
from molgan.chem.molecule import parse
from molgan.chem.plausibility.count_table import CountTable, hash_texts
from molgan.chem.plausibility.environments import find_environments, find_hetero_bonds
from molgan.chem.plausibility.strain import find_trans_rings
from molgan.chem.ring_systems import find_ring_systems

_CHUNK = 2_000
_CHUNKS_TOGETHER = 32
_MEND = "make one by scripts/prepare_chemistry.py"


class Chemistry(NamedTuple):
    """What an index counts of one molecule; see `find_ring_systems`, `find_trans_rings`, `find_hetero_bonds`,
    `find_environments` and `familiarity.fragments`."""

    rings: list[str]
    trans_rings: list[str]
    bonds: list[str]
    environments: list[str]


class ChemistryIndex:
    """Counts of molecules by what they have.

    Five tables: `rings` by the SMILES of the ring system, `trans_rings` those with a trans double bond, `bonds` between
    heteroatoms, `environments` of radius 1, `fragments` of radius 0 to 2 (Morgan). `molecules` is the number of
    molecules counted. What fewer than `least` molecules have may be left out of the tables.
    """

    tables = ("rings", "trans_rings", "bonds", "environments", "fragments")

    def __init__(
        self,
        rings: CountTable,
        trans_rings: CountTable,
        bonds: CountTable,
        environments: CountTable,
        fragments: CountTable,
        *,
        molecules: int,
        least: int = 1,
    ) -> None:
        self.rings = rings
        self.trans_rings = trans_rings
        self.bonds = bonds
        self.environments = environments
        self.fragments = fragments
        self.molecules = molecules
        self.least = least

    @cached_property
    def identity(self) -> str:
        """A digest of the content: what depends on the index is the same where it is."""
        content = hashlib.blake2b(digest_size=16)
        for table in (getattr(self, name) for name in self.tables):
            content.update(table.keys.tobytes() + table.counts.tobytes())
        return content.hexdigest()

    @classmethod
    def of(
        cls, smiles: Iterable[str], processes: int = 1, *, task: str = "chemistry", progress: Progress | None = None
    ) -> Self:
        """The index of molecules as SMILES; those that cannot be read are left out. Memory grows with what differs in
        them, not with their number.

        Args:
            smiles: The molecules.
            processes: Number of processes.
            task: Name of the task for `progress`, which counts molecules.
            progress: Receiver of the progress; None shows nothing.

        Raises:
            RunError: A process died.
        """
        progress = progress or Silent()
        progress.start(task, len(smiles) if isinstance(smiles, Sequence) else None)
        whole = cls._join([])
        with Processes(_count, processes) as workers:
            parts = workers.map(split_chunks(smiles, _CHUNK))
            while some := list(islice(parts, _CHUNKS_TOGETHER)):
                counted = [cls(*map(CountTable.of, arrays), molecules=molecules) for arrays, molecules, _ in some]
                whole = cls._join([whole, *counted])
                progress.advance(task, sum(given for _, _, given in some))
        progress.finish(task)
        return whole

    def merge(self, other: ChemistryIndex) -> ChemistryIndex:
        """The index of the molecules of both."""
        return ChemistryIndex._join([self, other])

    def prune(self, least: int) -> ChemistryIndex:
        """Without the ring systems, environments, bonds and fragments that fewer molecules have."""
        kept = [getattr(self, name).prune(least) for name in self.tables]
        return ChemistryIndex(*kept, molecules=self.molecules, least=max(least, self.least))

    def save(self, path: Path) -> None:
        """Write the index as .npz. Raises OSError."""
        arrays = {key: values for name in self.tables for key, values in getattr(self, name).pack(name).items()}
        with write_whole(path) as file:
            np.savez_compressed(file, about=np.array([self.molecules, self.least]), **arrays)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote. Raises InputError where the file is missing or damaged."""
        try:
            with np.load(path, allow_pickle=False) as arrays:
                molecules, least = arrays["about"].tolist()
                found = [CountTable.unpack(name, arrays) for name in cls.tables]
        except (OSError, ValueError, KeyError, BadZipFile) as error:
            raise InputError(f"{path}: not an index of chemistry ({error}); {_MEND}") from error
        return cls(*found, molecules=molecules, least=least)

    @classmethod
    def _join(cls, indices: Sequence[ChemistryIndex]) -> Self:
        tables = [CountTable.merge([getattr(index, name) for index in indices]) for name in cls.tables]
        return cls(
            *tables,
            molecules=sum(index.molecules for index in indices),
            least=max((index.least for index in indices), default=1),
        )


def describe_chemistry(mol: Chem.Mol) -> Chemistry:
    """What an index counts of a molecule, its fragments aside."""
    return Chemistry(find_ring_systems(mol), find_trans_rings(mol), find_hetero_bonds(mol), find_environments(mol))


@cache
def load_chemistry(path: Path | None = None) -> ChemistryIndex:
    """The index of a file, or that of the default weights, read once. Raises InputError."""
    if path is not None:
        return ChemistryIndex.load(path)
    with as_file(files("molgan") / "data" / "weights" / f"{DEFAULT_WEIGHTS}_chemistry.npz") as shipped:
        return ChemistryIndex.load(shipped)


def _count(smiles: list[str]) -> tuple[list[list[np.ndarray]], int, int]:
    """The keys of each molecule for each table, the number of valid molecules, and of all."""
    columns: list[list[np.ndarray]] = [[] for _ in ChemistryIndex.tables]
    with rdBase.BlockLogs():
        mols = [mol for text in smiles if (mol := parse(text).mol) is not None]
        for mol in mols:
            for column, texts in zip(columns, describe_chemistry(mol), strict=False):
                column.append(np.unique(hash_texts(texts)))
            columns[-1].append(fragments(mol))
    return columns, len(mols), len(smiles)
