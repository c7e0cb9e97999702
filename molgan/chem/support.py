"""The ranges in which the molecules of a data set lie, for what sampling must not leave."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from rdkit import Chem
from rdkit.Chem import Crippen, rdMolDescriptors

from molgan.chem.molecule import Molecule

_DESCRIPTORS: dict[str, Callable[[Chem.Mol], float]] = {
    "weight": rdMolDescriptors.CalcExactMolWt,
    "logp": Crippen.MolLogP,
    "tpsa": rdMolDescriptors.CalcTPSA,
    "rotatable_bonds": rdMolDescriptors.CalcNumRotatableBonds,
    "rings": rdMolDescriptors.CalcNumRings,
    "heteroatoms": rdMolDescriptors.CalcNumHeteroatoms,
}


@dataclass(frozen=True)
class Support:
    """Range of each descriptor, lowest and highest (weight in Da, TPSA in Å², the others are plain numbers or counts).

    Data sets are often cut at limits (MOSES: 250 to 350 Da, seven rotatable bonds), where a network that gives atom
    after atom is blurred and a critic of local features learns the edge slowly.
    """

    ranges: Mapping[str, tuple[float, float]]

    @classmethod
    def of(cls, molecules: Iterable[Molecule], *, outside: float = 2e-4) -> Self:
        """The ranges that leave the share `outside` of the molecules out at each end. Raises ValueError for none."""
        rows = [[of(m.mol) for of in _DESCRIPTORS.values()] for m in molecules if m.mol is not None]
        if not rows:
            raise ValueError("no molecule to take the ranges of")
        low, high = np.quantile(np.array(rows), [outside, 1 - outside], axis=0)
        return cls({name: (float(low[i]), float(high[i])) for i, name in enumerate(_DESCRIPTORS)})

    def contains(self, molecules: Sequence[Molecule]) -> np.ndarray:
        """Whether all descriptors of each molecule are in their ranges, bool [n]; what has no structure is not."""
        return np.array([molecule.mol is not None and self._has(molecule.mol) for molecule in molecules], dtype=bool)

    def _has(self, mol: Chem.Mol) -> bool:
        return all(low <= _DESCRIPTORS[name](mol) <= high for name, (low, high) in self.ranges.items())
