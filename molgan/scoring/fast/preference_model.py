"""Which of two molecules chemists prefer, as a linear model of what the molecules have."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, Self
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem
from rdkit.Chem import rdFingerprintGenerator

from molgan.base.errors import WeightsError
from molgan.base.files import write_whole
from molgan.chem.whole_molecule import DESCRIPTORS, descriptors

RADIUS, BITS = 2, 1024
WIDTH = len(DESCRIPTORS) + BITS

Floats = NDArray[np.float64]


class PreferenceModel:
    """The model of R. A. Bradley and M. E. Terry, Biometrika 39, 324 (1952): the logit of the probability that a
    molecule is preferred to another is the difference of their worths. A worth is a linear function of `describe`,
    which is clipped to `low` and `high` and scaled; it is 0 for a molecule as the average of those compared.

    `weights` [members, WIDTH], members trained on parts of the pairs; `center`, `scale`, `low`, `high` float [WIDTH];
    `atoms`: the fewest and the most heavy atoms of a molecule compared.
    """

    def __init__(
        self, weights: Floats, center: Floats, scale: Floats, low: Floats, high: Floats, atoms: tuple[int, int]
    ) -> None:
        """Raises ValueError for arrays of other shapes."""
        self.weights, self.center, self.scale, self.low, self.high = weights, center, scale, low, high
        self.atoms = atoms
        if weights.ndim != 2 or any(array.shape != (weights.shape[1],) for array in (center, scale, low, high)):
            raise ValueError("arrays of different lengths")

    def weigh(self, rows: NDArray[np.float32]) -> Floats:
        """The worth that each member gives each row of `describe` [n, WIDTH]: [members, n]."""
        scaled = (np.clip(rows, self.low, self.high) - self.center) / self.scale
        return np.asarray(self.weights @ scaled.T)

    def save(self, path: Path) -> None:
        """Write as .npz, in float32. Raises OSError."""
        arrays: dict[str, Any] = {name: np.asarray(getattr(self, name), np.float32) for name in _ARRAYS}
        with write_whole(path) as file:
            np.savez_compressed(file, **arrays, atoms=np.array(self.atoms))

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote. Raises WeightsError where the file is missing or damaged."""
        try:
            with np.load(path, allow_pickle=False) as arrays:
                found = {name: arrays[name].astype(np.float64) for name in _ARRAYS}
                fewest, most = arrays["atoms"].tolist()
            return cls(**found, atoms=(fewest, most))
        except (OSError, ValueError, KeyError, BadZipFile) as error:
            raise WeightsError(f"{path}: damaged: {' '.join(str(error).split()):.120}") from None


_ARRAYS = ("weights", "center", "scale", "low", "high")


def describe(mol: Chem.Mol) -> NDArray[np.float32]:
    """The descriptors of `molgan.chem.whole_molecule`, then log(1 + count) of each folded ECFP4 environment, float32
    [WIDTH]; those of the canonical SMILES without stereo."""
    flat = Chem.MolFromSmiles(Chem.MolToSmiles(mol, isomericSmiles=False)) or mol
    generator = rdFingerprintGenerator.GetMorganGenerator(radius=RADIUS, fpSize=BITS)
    counts = np.log1p(generator.GetCountFingerprintAsNumPy(flat).astype(np.float32))
    return np.concatenate([np.array(descriptors(flat), dtype=np.float32), counts])


@cache
def load_preference() -> tuple[PreferenceModel, str]:
    """The model that comes with molgan, read once, and the hash of its file."""
    with as_file(files("molgan") / "data" / "preference.npz") as path:
        return PreferenceModel.load(path), hashlib.sha256(path.read_bytes()).hexdigest()[:32]
