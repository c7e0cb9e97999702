"""The networks of a QSAR ensemble as functions of molecules. Those on fingerprints are plain arrays: they need neither
DeepChem nor PyTorch, whose import takes longer than scoring."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem, rdBase
from rdkit.Chem import rdFingerprintGenerator

from molgan.base.errors import ConfigError
from molgan.models.qsar.settings import FINGERPRINT_BITS, FINGERPRINT_RADIUS, QSARTraining, Target

Floats = NDArray[np.float64]
Tensors = Mapping[str, NDArray[Any]]


class Ensemble(ABC):
    """The outputs of the members, [members, n]: standardised targets or probabilities."""

    @abstractmethod
    def describe(self, mols: Sequence[Chem.Mol]) -> NDArray[Any]:
        """The input of the members, one row per molecule."""

    @abstractmethod
    def answer(self, rows: NDArray[Any]) -> Floats:
        """What each member says of each row: [members, n]."""

    def __call__(self, mols: Sequence[Chem.Mol]) -> Floats:
        return self.answer(self.describe(mols))


def open_ensemble(members: Sequence[Tensors], training: QSARTraining, task: Target) -> Ensemble:
    """The ensemble with these weights. Raises ConfigError when DeepChem is needed and missing, KeyError or ValueError
    for weights of another architecture."""
    if training.kind == "fingerprint":
        return FingerprintEnsemble(members, task)
    if training.kind != "dmpnn":
        raise ValueError(f"no networks of kind {training.kind}")
    return MessagePassingEnsemble(members, training, task)


class FingerprintEnsemble(Ensemble):
    """DeepChem's `MultitaskRegressor` and `MultitaskClassifier`: linear layers, ReLU between them, softmax at the end
    of a classifier."""

    def __init__(self, members: Sequence[Tensors], task: Target) -> None:
        self._task = task
        self._members = [_layers(tensors) for tensors in members]

    def describe(self, mols: Sequence[Chem.Mol]) -> NDArray[np.float32]:
        return counts(mols)

    def answer(self, rows: NDArray[np.float32]) -> Floats:
        return np.stack([self._forward(layers, rows) for layers in self._members])

    def _forward(self, layers: list[tuple[NDArray[np.float32], NDArray[np.float32]]], x: NDArray[np.float32]) -> Floats:
        for number, (weight, bias) in enumerate(layers):
            x = (np.maximum(x, 0) if number else x) @ weight.T + bias
        if self._task == "regression":
            return x[:, 0].astype(np.float64)
        # For two classes, softmax is the logistic function of the difference.
        return 1 / (1 + np.exp(x[:, 0].astype(np.float64) - x[:, 1]))


class MessagePassingEnsemble(Ensemble):
    """DeepChem's DMPNNModel: K. Yang et al., J. Chem. Inf. Model. 59, 3370 (2019)."""

    def __init__(self, members: Sequence[Tensors], training: QSARTraining, task: Target) -> None:
        import torch

        self._task = task
        self._networks = []
        for tensors in members:
            network = new_network(training, task)
            network.model.load_state_dict({name: torch.from_numpy(np.array(t)) for name, t in tensors.items()})
            self._networks.append(network)

    def describe(self, mols: Sequence[Chem.Mol]) -> NDArray[np.object_]:
        return graphs(mols)

    def answer(self, rows: NDArray[np.object_]) -> Floats:
        dataset = deepchem().data.NumpyDataset(rows)
        return np.stack([output(network.predict(dataset), self._task) for network in self._networks])


def new_network(training: QSARTraining, task: Target) -> Any:
    """An untrained DeepChem model, on the CPU. Its weights come from PyTorch's global generator."""
    import torch

    models = deepchem().models
    options: dict[str, Any] = {"batch_size": training.batch_size, "learning_rate": training.learning_rate}
    options |= {"device": torch.device("cpu"), "log_frequency": 10**9}
    if training.kind == "dmpnn":
        width, dropout = training.hidden, training.dropout
        return models.DMPNNModel(
            mode=task, n_classes=2, enc_hidden=width, ffn_hidden=width, ffn_dropout_p=dropout, **options
        )
    model = models.MultitaskRegressor if task == "regression" else models.MultitaskClassifier
    # DeepChem's default, biases of 1, would keep every unit of the hidden layer active.
    return model(
        1,
        FINGERPRINT_BITS,
        layer_sizes=[training.hidden],
        dropouts=training.dropout,
        bias_init_consts=0.0,
        **options,
    )


def features(mols: Sequence[Chem.Mol], training: QSARTraining) -> NDArray[Any]:
    """The input of a network of this kind, one row per molecule."""
    return counts(mols) if training.kind == "fingerprint" else graphs(mols)


def counts(mols: Sequence[Chem.Mol]) -> NDArray[np.float32]:
    """log(1 + count) of each folded ECFP4 environment, float32 [n, bits]."""
    generator = rdFingerprintGenerator.GetMorganGenerator(radius=FINGERPRINT_RADIUS, fpSize=FINGERPRINT_BITS)
    rows = [generator.GetCountFingerprintAsNumPy(mol) for mol in mols]
    return np.log1p(np.array(rows, dtype=np.float32).reshape(len(rows), FINGERPRINT_BITS))


def graphs(mols: Sequence[Chem.Mol]) -> NDArray[np.object_]:
    """DeepChem's molecular graphs, one per molecule."""
    rows = np.empty(len(mols), dtype=object)
    featurizer = deepchem().feat.DMPNNFeaturizer()
    for i, mol in enumerate(mols):
        # From the canonical SMILES, so that the order of atoms does not decide the last digits.
        (rows[i],) = featurizer.featurize([Chem.MolFromSmiles(Chem.MolToSmiles(mol))])
    return rows


def output(predicted: NDArray[Any], task: Target) -> Floats:
    """One number per molecule, from the result of DeepChem's `predict`."""
    flat = np.asarray(predicted, dtype=np.float64).reshape(len(predicted), -1)
    return flat[:, 0] if task == "regression" else flat[:, 1]


@cache
def deepchem() -> ModuleType:
    """Import DeepChem without its warnings about optional packages. Raises ConfigError when it is not installed."""
    logging.getLogger("deepchem").setLevel(logging.ERROR)
    silence = contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO())
    with silence[0], silence[1], rdBase.BlockLogs(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            import deepchem
        except ImportError as error:
            raise ConfigError(f"QSAR models need DeepChem: pip install 'molgan[qsar]' ({error})") from None
    module: ModuleType = deepchem
    return module


def _layers(tensors: Tensors) -> list[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    count = sum(name.startswith("layers.") and name.endswith(".weight") for name in tensors)
    names = [*(f"layers.{i}" for i in range(count)), "output_layer"]
    read = [[np.asarray(tensors[f"{name}.{part}"], np.float32) for part in ("weight", "bias")] for name in names]
    return [(weight, bias) for weight, bias in read]
