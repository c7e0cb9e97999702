"""The development tasks of the PMO benchmark as oracles, its figure of merit, and published results.

W. Gao et al., "Sample Efficiency Matters" (NeurIPS 2022): 10,000 calls a task, the area under the mean of the ten best
molecules. The tasks are those of GuacaMol (N. Brown et al., J. Chem. Inf. Model. 59, 1096 (2019)), implemented anew
from their definitions; the published figures are AUC top-10 as the papers state them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from rdkit import Chem
from rdkit.Chem import QED, rdFingerprintGenerator, rdMolDescriptors
from rdkit.DataStructs import TanimotoSimilarity

from molgan.scoring.scorers.isomer import Isomer

BUDGET = 10_000
_EVERY = 100  # calls between two looks at the ten best

PUBLISHED = {
    # task: REINVENT, Graph GA, Genetic GFN, InVirtuoGen
    "qed": (0.941, 0.940, 0.942, 0.942),
    "celecoxib_rediscovery": (0.714, 0.630, 0.802, 0.798),
    "perindopril_mpo": (0.537, 0.539, 0.595, 0.645),
    "osimertinib_mpo": (0.837, 0.832, 0.860, 0.870),
    "median1": (0.357, 0.295, 0.379, 0.342),
    "isomers_c7h8n2o2": (0.852, 0.862, 0.969, 0.968),
    "zaleplon_mpo": (0.358, 0.347, 0.552, 0.536),
    "amlodipine_mpo": (0.635, 0.661, 0.761, 0.733),
}
METHODS = ("REINVENT", "Graph GA", "Genetic GFN", "InVirtuoGen")

Value = Callable[[Chem.Mol], float]


def task(name: str) -> Callable[[Sequence[str]], list[float]]:
    """A development task: SMILES to scores in 0..1, in order; NaN for invalid input. Raises KeyError."""
    value = _TASKS[name]()

    def oracle(smiles: Sequence[str]) -> list[float]:
        mols = [Chem.MolFromSmiles(text) for text in smiles]
        return [math.nan if mol is None else value(mol) for mol in mols]

    return oracle


def auc_top(scores: Sequence[float], budget: int, *, top: int = 10, every: int = _EVERY) -> float:
    """Area under the mean of the `top` best scores so far over the calls, in 0..1 for scores in 0..1.

    By trapezoids of `every` calls and a shorter last one; unused calls of the budget count with the last value.
    """
    values = np.nan_to_num(np.asarray(scores, dtype=float))
    area, before, done = 0.0, 0.0, 0
    for n in [*range(every, len(values), every), len(values)]:
        now = float(np.sort(values[:n])[-top:].mean()) if n else 0.0
        area += (n - done) * (before + now) / 2
        before, done = now, n
    return (area + (budget - done) * before) / budget


def _similarity(smiles: str, radius: int = 2, *, features: bool = False) -> Value:
    """Tanimoto similarity of unfolded Morgan counts: ECFP, or FCFP with `features`."""
    invariants: dict[str, Any] = {}
    if features:
        invariants["atomInvariantsGenerator"] = rdFingerprintGenerator.GetMorganFeatureAtomInvGen()
    generator = rdFingerprintGenerator.GetMorganGenerator(radius=radius, **invariants)
    wanted = generator.GetSparseCountFingerprint(Chem.MolFromSmiles(smiles))
    return lambda mol: float(TanimotoSimilarity(generator.GetSparseCountFingerprint(mol), wanted))


def _bell(value: Value, centre: float, width: float, *, low: float = -math.inf, high: float = math.inf) -> Value:
    """exp(-(x - centre)² / (2 width²)), and 1 below `low` and above `high`."""

    def bell(mol: Chem.Mol) -> float:
        x = value(mol)
        x = centre if x <= low or x >= high else x
        return math.exp(-0.5 * ((x - centre) / width) ** 2)

    return bell


def _mean(*values: Value) -> Value:
    """The geometric mean."""
    return lambda mol: float(math.prod(value(mol) for value in values) ** (1 / len(values)))


def _isomer(formula: str) -> Value:
    scorer = Isomer(formula=formula)
    return lambda mol: float(scorer._score([mol])[0])


def _osimertinib() -> Value:
    smiles = "COc1cc(N(C)CCN(C)C)c(NC(=O)C=C)cc1Nc2nccc(n2)c3cn(C)c4ccccc34"
    pharmacophore = _similarity(smiles, features=True)
    return _mean(
        lambda mol: min(pharmacophore(mol) / 0.8, 1.0),
        _bell(_similarity(smiles, radius=3), 0.85, 0.1, low=0.85),
        _bell(rdMolDescriptors.CalcTPSA, 100, 10, high=100),
        _bell(lambda mol: rdMolDescriptors.CalcCrippenDescriptors(mol)[0], 1, 1, low=1),
    )


_TASKS: dict[str, Callable[[], Value]] = {
    "qed": lambda: QED.qed,
    "celecoxib_rediscovery": lambda: _similarity("CC1=CC=C(C=C1)C1=CC(=NN1C1=CC=C(C=C1)S(N)(=O)=O)C(F)(F)F"),
    "perindopril_mpo": lambda: _mean(
        _similarity("O=C(OCC)C(NC(C(=O)N1C(C(=O)O)CC2CCCCC12)C)CCC"),
        _bell(rdMolDescriptors.CalcNumAromaticRings, 2, 0.5),
    ),
    "osimertinib_mpo": _osimertinib,
    "median1": lambda: _mean(_similarity("CC(C)C1CCC(C)CC1O"), _similarity("CC1(C)C2CCC1(C)C(=O)C2")),
    "isomers_c7h8n2o2": lambda: _isomer("C7H8N2O2"),
    "zaleplon_mpo": lambda: _mean(_similarity("O=C(C)N(CC)C1=CC=CC(C2=CC=NC3=C(C=NN23)C#N)=C1"), _isomer("C19H17N3O2")),
    "amlodipine_mpo": lambda: _mean(
        _similarity(r"Clc1ccccc1C2C(=C(/N/C(=C2/C(=O)OCC)COCCN)C)\C(=O)OC"),
        _bell(rdMolDescriptors.CalcNumRings, 3, 0.5),
    ),
}
