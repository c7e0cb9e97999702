"""The distinct molecules of a list, and the position of each input among them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from molgan.chem.molecule import Molecule, parse
from molgan.scoring.fast.descriptors import Descriptors
from molgan.scoring.inputs import as_list, make_text

_CHUNK = 512


@dataclass(frozen=True, slots=True)
class Batch:
    """`molecules`: one per input. `distinct`: one per canonical isomeric SMILES, in order of first appearance.

    `place`: int [n], the position of each input in `distinct`, -1 for an invalid input.
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
            molecule = _parse_once(item, parsed)
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
        """The text of the first input of each distinct molecule: the value of another spelling may differ in its last
        bit."""
        first: dict[int, str] = {}
        for molecule, position in zip(self.molecules, self.place.tolist(), strict=True):
            first.setdefault(position, molecule.source)
        return [first[position] for position in range(len(self.distinct))]

    def find_rows(self, kept: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """The rows, bool [n], of the distinct molecules `kept` [distinct], and those of invalid inputs."""
        rows = self.place < 0
        rows[~rows] = kept[self.place[~rows]]
        return rows

    def take_rows(self, rows: NDArray[np.bool_]) -> "Batch":
        """The batch of these rows, bool [n], in order."""
        place, number = self.place[rows], np.full(len(self.distinct), -1, dtype=np.intp)
        present = np.unique(place[place >= 0])
        number[present] = np.arange(len(present))
        molecules = [self.molecules[row] for row in np.flatnonzero(rows).tolist()]
        moved = np.full(len(place), -1, dtype=np.intp)
        moved[place >= 0] = number[place[place >= 0]]
        return Batch(molecules, [self.distinct[position] for position in present.tolist()], moved)


def chunks(items: Iterable[Any]) -> Iterator[Batch]:
    """Batches of a size that keeps memory small and the processor's cache warm; at least one."""
    items = as_list(items)
    for start in range(0, max(len(items), 1), _CHUNK):
        yield Batch.of(items[start : start + _CHUNK])


def _parse_once(text: Any, parsed: dict[str, Molecule]) -> Molecule:
    # Converted to SMILES, so that a molecule has the same values in every form of input.
    text = make_text(text)
    if isinstance(text, Molecule):
        return text
    if not isinstance(text, str):
        return parse(text)
    molecule = parsed.get(text)
    if molecule is None:
        molecule = parsed[text] = parse(text)
    return molecule
