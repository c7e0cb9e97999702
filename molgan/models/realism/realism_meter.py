"""How real molecules look: what the critic and the likelihood of weights say, as percentiles among real molecules."""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rdkit import Chem, rdBase

from molgan.base.errors import ConfigError, InputError
from molgan.chem.molecule import Molecule, parse_all
from molgan.models.critics.descriptor_critic import DescriptorCritic
from molgan.models.loading import load_any
from molgan.models.motif.motif_generator import MotifGenerator
from molgan.models.nll import Nll, NllMeter
from molgan.models.realism.odd_parts import OddPart, find_odd_parts
from molgan.models.realism.realism_calibration import RealismCalibration, combine, find_critic
from molgan.models.weights import find_weights

_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Realism:
    """What weights say of a molecule; NaN where they cannot, and `error` says why.

    `realism`, `critic`, `likelihood`, `part` and `typicality` are shares (0 to 1) of real molecules that look less
    real: by critic and likelihood together, by the critic, by the likelihood per heavy atom, by the least likely part,
    and by all three together. `logit` is the critic's, `nll_per_atom` in nats, `parts` the least likely first, their
    atoms as numbered in the text that was given.
    """

    realism: float = math.nan
    critic: float = math.nan
    likelihood: float = math.nan
    part: float = math.nan
    typicality: float = math.nan
    logit: float = math.nan
    nll_per_atom: float = math.nan
    parts: tuple[OddPart, ...] = ()
    error: str | None = None


class RealismMeter:
    """Judges molecules one by one: the values do not depend on the others.

    Each of the critic's logit and the log-likelihood per heavy atom becomes a percentile among real molecules that
    neither was trained on; the sum of the logarithms of the two becomes a percentile again. So realism rises with each,
    never falls with either, and of real molecules the share x has at most x.
    """

    def __init__(
        self, generator: MotifGenerator, critic: DescriptorCritic, calibration: RealismCalibration | None = None
    ) -> None:
        self._vocabulary = generator.vocabulary
        self._nll = NllMeter(generator, quantiles=None)
        # In double precision the last digits that a batch leaves are none that are told.
        self._critic = copy.deepcopy(critic).double().eval()
        self._calibration = calibration

    @classmethod
    def load(cls, weights: str | Path, *, calibrated: bool = True) -> RealismMeter:
        """The meter of shipped weights, or those in a folder.

        Raises ConfigError for weights without likelihoods, critic or calibration, else as `load_any`.
        """
        path = find_weights(weights)
        generator = load_any(path, raw=True)
        if not isinstance(generator, MotifGenerator):
            kind = getattr(generator, "kind", type(generator).__name__)
            raise ConfigError(f"weights {weights}: a {kind} has no likelihoods; give weights of a motif-tree generator")
        critic = DescriptorCritic.load(find_critic(path))
        return cls(generator, critic, RealismCalibration.load(path) if calibrated else None)

    def __call__(self, molecules: Sequence[Molecule]) -> list[Realism]:
        """What the weights say of molecules, in order."""
        if self._calibration is None:
            raise ConfigError("the meter has no calibration")
        logits, nlls, parts = self._measure(molecules)
        known = self._calibration
        shares = known.logit(logits), known.likelihood(_per_atom(nlls)), known.part(_least_likely(parts))
        realism = known.realism(combine(*shares[:2]))
        typicality = known.typicality(combine(*shares))
        found = []
        for i, (nll, odd) in enumerate(zip(nlls, parts, strict=True)):
            if nll.error is not None or not math.isfinite(realism[i]):
                found.append(Realism(error=nll.error or "not judged by the critic"))
                continue
            told = realism[i], *(share[i] for share in shares), typicality[i], logits[i], nll.nll_per_atom
            both, critic, likelihood, part, all_three, logit, per_atom = (round(float(each), _DIGITS) for each in told)
            found.append(Realism(both, critic, likelihood, part, all_three, logit, per_atom, tuple(odd)))
        return found

    def describe(self, molecules: Sequence[Molecule]) -> np.ndarray:
        """What the critic sees of molecules, float32 [n, len(COLUMNS)], NaN for an invalid one."""
        return self._critic.describe(molecules).values

    def calibrate(self, smiles: Sequence[str]) -> tuple[RealismCalibration, int]:
        """The calibration by real molecules, which the training must not have seen, and how many of them counted.

        Raises InputError where none has both a logit and a likelihood.
        """
        logits, nlls, parts = self._measure(parse_all(smiles))
        try:
            found = RealismCalibration.of(logits, _per_atom(nlls), _least_likely(parts))
        except ValueError:
            raise InputError("no molecule has a likelihood under these weights") from None
        return found, int(np.isfinite(logits * _per_atom(nlls)).sum())

    def _measure(self, molecules: Sequence[Molecule]) -> tuple[np.ndarray, list[Nll], list[list[OddPart]]]:
        nlls = self._nll(molecules)
        parts = [self._find_parts(molecule, nll) for molecule, nll in zip(molecules, nlls, strict=True)]
        logits = np.full(len(molecules), np.nan)
        # What has no likelihood has no realism either, so that the critic, which knows it less still, is not asked.
        rows = [i for i, nll in enumerate(nlls) if nll.error is None]
        if rows:
            logits[rows] = self._critic.score([molecules[i] for i in rows])
        return logits, nlls, parts

    def _find_parts(self, molecule: Molecule, nll: Nll) -> list[OddPart]:
        mol = read_as_given(molecule)
        if mol is None or molecule.mol is None or nll.error is not None:
            return []
        try:
            return find_odd_parts(mol, nll.steps, self._vocabulary)
        except ValueError:  # centres of AND and OR groups are open in `mol`, in whose text they are not
            return find_odd_parts(molecule.mol, nll.steps, self._vocabulary)


def read_as_given(molecule: Molecule) -> Chem.Mol | None:
    """A molecule with its atoms as numbered in its text: a symmetric one may have others in `mol`."""
    text = molecule.source.strip().partition(" ")[0]
    with rdBase.BlockLogs():
        return (Chem.MolFromSmiles(text) if text and molecule.valid else None) or molecule.mol


def _per_atom(nlls: Sequence[Nll]) -> np.ndarray:
    return np.array([-nll.nll_per_atom for nll in nlls], dtype=np.float64)


def _least_likely(parts: Sequence[Sequence[OddPart]]) -> np.ndarray:
    return np.array([-odd[0].nats if odd else np.nan for odd in parts], dtype=np.float64)
