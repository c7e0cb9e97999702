"""The distinct molecules of a list, and where each input's value is found among theirs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from molgan.chem.molecule import Molecule, parse
from molgan.errors import InputError
from molgan.scoring.descriptors import Descriptors

_CHUNK = 512


@dataclass(frozen=True, slots=True)
class Batch:
    """`molecules`: one an input. `distinct`: one a canonical isomeric SMILES, in order of first appearance.

    `place`: int [n], the position in `distinct` of each input, -1 where the input is not a valid molecule.
    """

    molecules: list[Molecule]
    distinct: list[Descriptors]
    place: NDArray[np.intp]

    @classmethod
    def of(cls, items: Sequence[str | Molecule | None]) -> "Batch":
        """Parse and dedupe. A repeated text is parsed once. Raises InputError for a single string."""
        refuse_single(items)
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


def chunks(items: Sequence[str | Molecule | None]) -> Iterator[Batch]:
    """Batches of a size that keeps memory small and the processor's cache warm; at least one."""
    refuse_single(items)
    for start in range(0, max(len(items), 1), _CHUNK):
        yield Batch.of(items[start : start + _CHUNK])


def refuse_single(items: object) -> None:
    """Raises InputError for a single string, which is a sequence of strings too."""
    if isinstance(items, str | bytes):
        raise InputError("expected a list of SMILES, not a single string: write [smiles]")


def _parse_once(text: str | None, parsed: dict[str, Molecule]) -> Molecule:
    if not isinstance(text, str):
        return parse(text)
    molecule = parsed.get(text)
    if molecule is None:
        molecule = parsed[text] = parse(text)
    return molecule
