"""The distinct molecules of a list, and where each input's value is found among theirs."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem

from molgan.base.errors import InputError
from molgan.chem.molecule import Molecule, parse
from molgan.scoring.fast.descriptors import Descriptors

_CHUNK = 512
_MANY_RINGS = 10


@dataclass(frozen=True, slots=True)
class Batch:
    """`molecules`: one an input. `distinct`: one a canonical isomeric SMILES, in order of first appearance.

    `place`: int [n], the position in `distinct` of each input, -1 where the input is not a valid molecule.
    """

    molecules: list[Molecule]
    distinct: list[Descriptors]
    place: NDArray[np.intp]

    @classmethod
    def of(cls, items: Iterable[Any]) -> "Batch":
        """Parse and dedupe what `as_list` takes. A repeated text is parsed once. Raises InputError for a single
        string."""
        items = as_list(items)
        parsed: dict[str, Molecule] = {}
        distinct: dict[str, int] = {}
        described: list[Descriptors] = []
        molecules, place = [], np.full(len(items), -1, dtype=np.intp)
        for i, item in enumerate(items):
            molecule = item if isinstance(item, Molecule) else _parse_once(item, parsed)
            molecules.append(molecule)
            if molecule.mol is None or molecule.smiles is None:
                continue
            position = distinct.setdefault(molecule.smiles, len(described))
            if position == len(described):
                described.append(Descriptors(molecule.smiles, molecule.mol))
            place[i] = position
        return cls(molecules, described, place)

    @property
    def texts(self) -> list[str]:
        """The text of each distinct molecule that came first: a value of another spelling may differ in its last
        bit."""
        first: dict[int, str] = {}
        for molecule, position in zip(self.molecules, self.place.tolist(), strict=True):
            first.setdefault(position, molecule.source)
        return [first[position] for position in range(len(self.distinct))]


def chunks(items: Iterable[Any]) -> Iterator[Batch]:
    """Batches of a size that keeps memory small and the processor's cache warm; at least one."""
    items = as_list(items)
    for start in range(0, max(len(items), 1), _CHUNK):
        yield Batch.of(items[start : start + _CHUNK])


def as_list(items: Iterable[Any]) -> list[Any]:
    """SMILES, `Molecule`s and RDKit molecules, None for what is missing, from a list, a column of pandas or polars, an
    array, …. Raises InputError for a single string or molecule."""
    if isinstance(items, list):
        return items
    if isinstance(items, str | bytes | Molecule | Chem.Mol):
        raise InputError("expected a list of SMILES, not a single string: write [smiles]")
    return list(items)


def source_of(item: Any) -> str | None:
    """What a table shows of an input: its text."""
    if isinstance(item, Molecule):
        return item.source
    return _write(item) if isinstance(item, Chem.Mol) else item


def _parse_once(text: Any, parsed: dict[str, Molecule]) -> Molecule:
    if isinstance(text, Chem.Mol):
        # By way of SMILES, so that a molecule has the same values however it comes.
        text = _write(text)
    if not isinstance(text, str):
        return parse(None if type(text).__name__ == "NAType" else text)
    molecule = parsed.get(text)
    if molecule is None:
        molecule = parsed[text] = parse(text)
    return molecule


def _write(mol: Chem.Mol) -> str:
    # To put the atoms of a large cage in order can take minutes; parsing, which does that too, is guarded.
    cage = mol.GetNumBonds() - mol.GetNumAtoms() >= _MANY_RINGS
    return str(Chem.MolToSmiles(mol, canonical=not cage))
