"""How likely given molecules are under a generator: negative log-likelihoods, and ranks among the training data."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from molgan.base.errors import ConfigError, InputError, WeightsError
from molgan.chem.molecule import Molecule, parse_all
from molgan.graphs.motif.actions import NotEncodable
from molgan.graphs.motif.forcing import join
from molgan.models.loading import load_any
from molgan.models.motif.encoding import encode_molecule
from molgan.models.motif.motif_generator import MotifGenerator
from molgan.models.weights import find_weights, read_facts

_TOGETHER = 64  # sequences of similar length in one pass
_DIGITS = 6  # digits behind the point: double precision leaves no trace of the batch in them


@dataclass(frozen=True, slots=True)
class Nll:
    """A molecule's negative log-likelihood in nats, the same per heavy atom, and the share (0 to 1) of molecules of the
    training data that are less likely per atom; NaN where there is none, and `error` says why there is no likelihood.
    `steps` are the nats of each action.
    """

    nll: float = math.nan
    nll_per_atom: float = math.nan
    rank: float = math.nan
    error: str | None = None
    steps: tuple[float, ...] = ()


class NllMeter:
    """Measures molecules by the probability with which a generator draws their canonical sequence of actions.

    A molecule has other sequences too, from other roots of its tree; the generator was trained on this one alone. The
    values are the same in any batch: computed in double precision, and rounded.
    """

    def __init__(
        self,
        generator: MotifGenerator,
        *,
        targets: Mapping[str, float] | None = None,
        quantiles: Sequence[float] | None = None,
    ) -> None:
        """
        Args:
            generator: The generator; it is not changed.
            targets: Properties that the molecules aim at, in place of the generator's own aim.
            quantiles: What `measure_nll_quantiles` gave; None where it is not known. They are those of molecules that
                aim at nothing, so that there is no rank with an aim.

        Raises:
            InputError: The generator was not trained for a target.
        """
        self._network = copy.deepcopy(generator).double().eval()
        if targets:
            self._network.aim_at(targets)
        self._quantiles = None if self._network.aim.values is not None else quantiles

    @classmethod
    def load(cls, weights: str | Path, targets: Mapping[str, float] | None = None) -> NllMeter:
        """The meter of shipped weights, or those in a folder; the quantiles are `about.nll_quantiles` of their
        description. Raises ConfigError for weights of another kind, else as `load_any`."""
        path = find_weights(weights)
        generator = load_any(path, raw=True)
        if not isinstance(generator, MotifGenerator):
            kind = getattr(generator, "kind", type(generator).__name__)
            raise ConfigError(f"weights {weights}: a {kind} has no likelihoods; give weights of a motif-tree generator")
        return cls(generator, targets=targets, quantiles=_read_quantiles(path))

    def __call__(self, molecules: Sequence[Molecule]) -> list[Nll]:
        """The likelihoods of molecules, in order."""
        found: dict[str, Nll] = {}
        actions: dict[str, list[int]] = {}
        for molecule in molecules:
            if (smiles := molecule.smiles) is None or smiles in found or smiles in actions:
                continue
            try:
                actions[smiles] = encode_molecule(molecule, self._network)
            except NotEncodable as error:
                found[smiles] = Nll(error=str(error))
        atoms = {str(one.smiles): one.mol.GetNumHeavyAtoms() for one in molecules if one.mol is not None}
        for smiles, steps in zip(actions, self._measure(list(actions.values())), strict=True):
            found[smiles] = self._describe(steps, atoms[smiles])
        return [Nll(error=one.reason) if one.smiles is None else found[one.smiles] for one in molecules]

    @torch.no_grad()
    def _measure(self, actions: Sequence[Sequence[int]]) -> list[tuple[float, ...]]:
        """The negative log-likelihood of each action of sequences, in nats; none where the grammar forbids one."""
        network = self._network
        steps: list[tuple[float, ...]] = [()] * len(actions)
        walks = network.walk(actions)
        order = np.argsort([len(walk.actions) for walk in walks], kind="stable")
        order = order[[len(walks[i].actions) > 0 for i in order]]
        for start in range(0, len(order), _TOGETHER):
            rows = order[start : start + _TOGETHER].tolist()
            log_probs = network.log_probs(join(network.grammar, [walks[i] for i in rows])).double().cpu().numpy()
            for i, row in zip(rows, log_probs, strict=True):
                steps[i] = tuple((-row[: len(walks[i].actions)]).tolist())
        return steps

    def _describe(self, steps: tuple[float, ...], atoms: int) -> Nll:
        nll = round(math.fsum(steps), _DIGITS)
        if not steps or not math.isfinite(nll):
            return Nll(error="cannot be drawn by these weights")
        per_atom = round(nll / atoms, _DIGITS)
        if self._quantiles is None:
            return Nll(nll, per_atom, steps=steps)
        known = np.interp(per_atom, self._quantiles, np.linspace(0, 1, len(self._quantiles)))
        return Nll(nll, per_atom, round(1 - float(known), _DIGITS), steps=steps)


def measure_nll_quantiles(generator: MotifGenerator, smiles: Sequence[str]) -> list[float]:
    """The 101 percentiles (0 to 100) of the negative log-likelihood per heavy atom of molecules, held-out ones of
    the training data, in nats; for `about.nll_quantiles` of the weights' description.

    Molecules without a likelihood do not count. Raises InputError where none has one.
    """
    values = [nll.nll_per_atom for nll in NllMeter(generator)(parse_all(smiles)) if nll.error is None]
    if not values:
        raise InputError("no molecule has a likelihood under these weights")
    return [round(float(value), _DIGITS) for value in np.percentile(values, np.arange(101))]


def _read_quantiles(path: Path) -> list[float] | None:
    """The quantiles in the description of weights, None where it has none. Raises WeightsError for damaged ones."""
    about = read_facts(path).get("about")
    given = about.get("nll_quantiles") if isinstance(about, dict) else None
    if given is None:
        return None
    try:
        values = np.array(given, dtype=np.float64)
        sound = values.shape == (101,) and np.isfinite(values).all() and (np.diff(values) >= 0).all()
    except (TypeError, ValueError):
        sound = False
    if not sound:
        raise WeightsError(f"{path}.json: about.nll_quantiles: not 101 numbers in ascending order")
    return [float(value) for value in values]
