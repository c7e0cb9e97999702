"""Train a QSAR model: a scaffold split, an ensemble, its expected error, and its metrics on the test part."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem

from molgan.base.errors import InputError
from molgan.base.progress import Progress, Silent
from molgan.chem.fingerprints import ecfp
from molgan.models.qsar.boosting import describe, grow_boosting
from molgan.models.qsar.ensemble import Prediction, QSARModel
from molgan.models.qsar.forest import grow_forest
from molgan.models.qsar.measurements import Measured
from molgan.models.qsar.networks import Tensors, counts, deepchem, features, new_network
from molgan.models.qsar.settings import (
    FINGERPRINT_BITS,
    FINGERPRINT_RADIUS,
    Kind,
    QSARDescription,
    QSARTraining,
    Target,
)

Floats = NDArray[np.float64]
Metrics = dict[str, float | None]
Rows = NDArray[np.int64]
Parts = dict[str, Rows]

_PARTS = ("train", "valid", "test")
_NAMES = {"forest": "random forest", "boosting": "boosting"}
_PACKAGES = {
    "forest": ("scikit-learn", "rdkit"),
    "boosting": ("scikit-learn", "rdkit"),
    "fingerprint": ("deepchem", "torch", "rdkit"),
}


@dataclass(frozen=True)
class Trained:
    """A trained model. `part` is train, valid or test for each molecule of the data, `prediction` that of each
    molecule. `metrics` are those on the test part, of the model asked for (`ensemble` of networks, `boosting`), of a
    `random forest` on the same fingerprints and of the training data's `mean`. `choice` says, for the kind `best`,
    which model was chosen and why."""

    model: QSARModel
    part: list[str]
    prediction: Prediction
    choice: str = ""

    @property
    def metrics(self) -> dict[str, Metrics]:
        return self.model.description.metrics


def train(data: Measured, settings: QSARTraining, *, target: str, progress: Progress | None = None) -> Trained:
    """Train on 80% of the molecules, fit the expected error on 10%, measure on 10%; no scaffold is in two parts.

    DeepChem's scaffold split puts the rarest scaffolds into the test part (Z. Wu et al., Chem. Sci. 9, 513, 2018). For
    the kind `best`, the second part also decides between the models, so that the test part stays unseen. The
    same data and settings give the same model on the same machine. Raises ConfigError without DeepChem, InputError
    when a part lacks a class.
    """
    progress = progress or Silent()
    parts = _split(data)
    _refuse_one_class(data, parts)
    known, unseen, test = (parts[name] for name in _PARTS)
    kinds: list[Kind] = ["fingerprint", "boosting"] if settings.kind == "best" else [settings.kind]
    models = {
        _NAMES.get(kind, "ensemble"): fit(data, known, settings.model_copy(update={"kind": kind}), target, progress)
        for kind in dict.fromkeys([*kinds, "forest"])
    }
    predicted = {name: model.predict(data.mols) for name, model in models.items()}
    means = {"mean": np.full(len(data.target), data.target[known].mean())}
    values = {name: prediction.value for name, prediction in predicted.items()} | means
    measure = MEASURES[data.task]
    metrics = {name: measure(data.target[test], value[test]) for name, value in values.items()}
    chosen, choice = next(iter(models)), ""
    if settings.kind == "best":
        name, sign = ("RMSE", -1) if data.task == "regression" else ("ROC-AUC", 1)
        found = {model: measure(data.target[unseen], values[model][unseen])[name] or 0.0 for model in models}
        chosen = max(found, key=lambda model: sign * found[model])
        choice = f"{chosen}: {name} on the second part " + ", ".join(f"{value:.3f} ({m})" for m, value in found.items())
    first = predicted[chosen]
    error = fit_error(np.abs(first.value - data.target)[unseen], first.spread[unseen], first.similarity[unseen])
    draft = models[chosen]
    molecules = {name: len(rows) for name, rows in parts.items()}
    described = draft.description.model_copy(update={"error": error, "metrics": metrics, "molecules": molecules})
    model = QSARModel(described, draft.members, draft.domain)
    part = np.empty(len(data.smiles), dtype=object)
    for name, indices in parts.items():
        part[indices] = name
    return Trained(model, part.tolist(), model.predict(data.mols), choice)


def fit(
    data: Measured,
    known: Rows,
    settings: QSARTraining,
    target: str,
    progress: Progress | None = None,
    *,
    described: NDArray[Any] | None = None,
) -> QSARModel:
    """Train a model of one kind, not `best`, on some molecules of the data (`known`, int [n]). Its expected error is 0
    and it has no metrics. `described`: what `describe_rows` says of all molecules, if it is known already. Raises
    ConfigError without DeepChem."""
    progress = progress or Silent()
    mean, scale = (0.0, 1.0) if settings.kind == "forest" else _normal(data, known)
    goal = (data.target[known] - mean) / scale
    mols = [data.mols[i] for i in known]
    count = settings.files
    progress.start("train", count)
    members: list[Tensors] = []
    rows = describe_rows(mols, settings) if described is None else described[known]
    for member in range(count):
        members.append(_fit_member(rows, goal, data.task, settings, member))
        progress.advance("train")
    progress.finish("train")
    draft = QSARDescription(
        target=target,
        task=data.task,
        training=settings,
        mean=mean,
        scale=scale,
        error=(0.0, 0.0, 0.0),
        molecules={"train": len(known)},
        metrics={},
        versions={package: version(package) for package in _PACKAGES.get(settings.kind, _PACKAGES["fingerprint"])},
    )
    return QSARModel(draft, members, ecfp(mols, FINGERPRINT_RADIUS, FINGERPRINT_BITS))


def describe_rows(mols: list[Chem.Mol], settings: QSARTraining) -> NDArray[Any]:
    """What a model of this kind, not `best`, sees of molecules, one row each."""
    if settings.kind == "forest":
        return counts(mols)
    return describe(mols) if settings.kind == "boosting" else features(mols, settings)


def fit_error(residual: Floats, spread: Floats, similarity: Floats) -> tuple[float, float, float]:
    """The non-negative a, b, c of the least-squares fit of a + b · spread + c · (1 - similarity) to residuals [n]."""
    from scipy.optimize import nnls

    terms = np.stack([np.ones_like(spread), spread, 1 - similarity], axis=1)
    a, b, c = (float(number) for number in nnls(terms, residual)[0])
    return a, b, c


def _split(data: Measured) -> Parts:
    dc = deepchem()
    dataset = dc.data.NumpyDataset(np.zeros((len(data.smiles), 1)), ids=np.array(data.smiles))
    logging.getLogger("deepchem").setLevel(logging.ERROR)
    split = dc.splits.ScaffoldSplitter().split(dataset, frac_train=0.8, frac_valid=0.1, frac_test=0.1)
    return {name: np.sort(np.array(list(rows), dtype=np.int64)) for name, rows in zip(_PARTS, split, strict=True)}


def _refuse_one_class(data: Measured, parts: Parts) -> None:
    for name, rows in parts.items():
        if len(rows) == 0 or (data.task == "classification" and np.ptp(data.target[rows]) == 0):
            few = "is empty" if len(rows) == 0 else f"has {len(rows)} molecules of one class"
            raise InputError(f"the {name} part of the scaffold split {few}; give more molecules")


def _normal(data: Measured, known: Rows) -> tuple[float, float]:
    if data.task == "classification":
        return 0.0, 1.0
    dc = deepchem()
    dataset = dc.data.NumpyDataset(np.zeros((len(known), 1)), data.target[known, None])
    normal = dc.trans.NormalizationTransformer(transform_y=True, dataset=dataset)
    return float(np.ravel(normal.y_means)[0]), float(np.ravel(normal.y_stds)[0])


def _fit_member(rows: NDArray[Any], goal: Floats, task: Target, settings: QSARTraining, member: int) -> Tensors:
    if settings.kind == "forest":
        return grow_forest(rows, goal, settings, task)
    if settings.kind == "boosting":
        return grow_boosting(rows, goal, settings, task, member)
    dataset = deepchem().data.NumpyDataset(rows, goal[:, None])
    with _seed_generators(settings.seed * 1000 + member), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        network = new_network(settings, task)
        network.fit(dataset, nb_epoch=settings.epochs, checkpoint_interval=0)
    # Rounded to float16, as they are saved, so that the saved weights are the ones measured.
    state = network.model.state_dict().items()
    return {name: (t.half() if t.is_floating_point() else t).detach().cpu().numpy() for name, t in state}


@contextmanager
def _seed_generators(seed: int) -> Iterator[None]:
    """Seed the global generators of NumPy and PyTorch, which DeepChem uses, and restore them afterwards."""
    import torch

    before = np.random.get_state()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        np.random.seed(seed)
        try:
            yield
        finally:
            np.random.set_state(before)


def measure_regression(truth: Floats, predicted: Floats) -> Metrics:
    residual = truth - predicted
    return {
        "R2": float(1 - (residual**2).sum() / ((truth - truth.mean()) ** 2).sum()),
        "RMSE": float(np.sqrt((residual**2).mean())),
        "MAE": float(np.abs(residual).mean()),
    }


def measure_classification(truth: Floats, predicted: Floats) -> Metrics:
    from sklearn.metrics import average_precision_score, roc_auc_score

    return {
        "ROC-AUC": float(roc_auc_score(truth, predicted)),
        "PR-AUC": float(average_precision_score(truth, predicted)),
    }


MEASURES = {"regression": measure_regression, "classification": measure_classification}
"""What tells how good predictions [n] of true values [n] are, by the kind of target."""
