"""A trained QSAR model: an ensemble, its expected error, and its training molecules."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError
from rdkit import Chem, DataStructs
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from molgan.base.errors import WeightsError
from molgan.base.files import write_files
from molgan.chem.fingerprints import ecfp, nearest
from molgan.chem.molecule import parse
from molgan.models.qsar.boosting import Boosting
from molgan.models.qsar.forest import Forest
from molgan.models.qsar.networks import Ensemble, Tensors, open_ensemble
from molgan.models.qsar.settings import FINGERPRINT_BITS, FINGERPRINT_RADIUS, QSARDescription

Floats = NDArray[np.float64]

DESCRIPTION = "model.json"
_DOMAIN = "domain.safetensors"


@dataclass(frozen=True, slots=True)
class Prediction:
    """One value per molecule, float64 [n] each. `value` and `spread`, the mean and the standard deviation over the
    ensemble, and `error`, the expected absolute error, are in the target's unit; for classes they are probabilities.
    `similarity` is the Tanimoto similarity (ECFP4, 0..1) to the nearest training molecule."""

    value: Floats
    spread: Floats
    similarity: Floats
    error: Floats

    def penalise(self, caution: float, *, low_is_good: bool = False) -> Floats:
        """The values [n], made worse by `caution` times the expected error."""
        return self.value + (caution if low_is_good else -caution) * self.error


class QSARModel:
    """An ensemble of networks or trees. The expected error of a prediction is a + b · spread + c · (1 - similarity),
    fitted to molecules outside the training part.

    Errors grow with the disagreement of networks: B. Lakshminarayanan et al., NeurIPS 2017; and with the distance to
    the nearest training molecule: R. P. Sheridan et al., J. Chem. Inf. Comput. Sci. 44, 1912 (2004). The sum of such
    terms follows normalised conformal prediction: H. Papadopoulos et al., J. Artif. Intell. Res. 40, 815 (2011).
    """

    def __init__(
        self, description: QSARDescription, members: Sequence[Tensors], domain: Sequence[DataStructs.ExplicitBitVect]
    ) -> None:
        """`members`: the weights of networks, the arrays of boosted trees, or those of one forest; `domain`: ECFP4 of
        the molecules trained on. Raises KeyError or ValueError for weights of another architecture."""
        self.description = description
        self.members = list(members)
        self.domain = list(domain)
        if description.training.kind == "forest":
            (trees,) = self.members
            self._ensemble: Ensemble = Forest(trees)
        elif description.training.kind == "boosting":
            self._ensemble = Boosting(self.members, description.task)
        else:
            self._ensemble = open_ensemble(members, description.training, description.task)

    @property
    def classifies(self) -> bool:
        """Whether values are probabilities."""
        return self.description.task == "classification"

    def predict(self, mols: Sequence[Chem.Mol]) -> Prediction:
        """Predict molecules: one value per molecule, in order. They are standardised if those of the training were."""
        if not mols:
            return Prediction(*np.zeros((4, 0)))
        if (standardize := self.description.training.standardize) is not None:
            standard = [standardize.standardise(parse(Chem.MolToSmiles(mol))).mol for mol in mols]
            mols = [mol if other is None else other for mol, other in zip(mols, standard, strict=True)]
        similarity, _ = nearest(ecfp(mols, FINGERPRINT_RADIUS, FINGERPRINT_BITS), self.domain)
        return self.predict_rows(self._ensemble.describe(mols), similarity)

    def predict_rows(self, rows: NDArray[Any], similarity: Floats) -> Prediction:
        """Predict molecules [n] from what the ensemble sees of them, one row each, and their similarity [n] to the
        nearest training molecule."""
        raw = self._ensemble.answer(rows) * self.description.scale + self.description.mean
        spread = raw.std(axis=0, ddof=1)
        a, b, c = self.description.error
        return Prediction(raw.mean(axis=0), spread, similarity, a + b * spread + c * (1 - similarity))

    def save(self, folder: Path) -> None:
        """Write model.json, a safetensors file a member and the training molecules' fingerprints; no pickle."""
        bits = np.stack([np.frombuffer(DataStructs.BitVectToBinaryText(bits), dtype=np.uint8) for bits in self.domain])
        files: dict[str, list[bytes]] = {_DOMAIN: [save({"fingerprints": bits})]}
        for i, tensors in enumerate(self.members):
            files[_member(i)] = [save({name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()})]
        text = json.dumps({"kind": "qsar", **self.description.model_dump(mode="json")}, indent=1)
        files[DESCRIPTION] = [text.encode(), b"\n"]
        write_files(folder, files)

    @classmethod
    def load(cls, folder: Path) -> QSARModel:
        """Read what `save` wrote. Raises WeightsError for missing or damaged files."""
        description = read_description(folder)
        try:
            members = [load_file(folder / _member(i)) for i in range(description.training.files)]
            bits = load_file(folder / _DOMAIN)["fingerprints"]
            domain = [DataStructs.CreateFromBinaryText(row.tobytes()) for row in bits]
            return cls(description, members, domain)
        except (OSError, SafetensorError, KeyError, ValueError, RuntimeError) as error:
            raise WeightsError(f"{folder}: damaged: {' '.join(str(error).split()):.120}; train it again") from None


def read_description(folder: Path) -> QSARDescription:
    """The description of a saved model. Raises WeightsError where it is missing or damaged."""
    try:
        content: dict[str, Any] = json.loads((folder / DESCRIPTION).read_text())
        if content.pop("kind", None) != "qsar":
            raise ValueError
        return QSARDescription.model_validate(content)
    except OSError:
        raise WeightsError(f"{folder}: no {DESCRIPTION} in it; give a folder that `molgan qsar train` wrote") from None
    except (ValueError, AttributeError, ValidationError):
        raise WeightsError(f"{folder / DESCRIPTION}: does not describe a QSAR model") from None


def _member(number: int) -> str:
    return f"member{number}.safetensors"
