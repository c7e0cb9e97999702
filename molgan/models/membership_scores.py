"""Scores by which an attacker who has weights tells molecules of the training data from others."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from molgan.base.content import hash_file
from molgan.chem.known_set import KnownSet
from molgan.chem.molecule import parse_all
from molgan.models.critics.critic_kinds import load_critic
from molgan.models.loading import load_any
from molgan.models.motif.motif_generator import MotifGenerator
from molgan.models.motif.refined import RefinedGenerator
from molgan.models.nll import NllMeter
from molgan.models.protocols import Critic

Judge = Callable[[Sequence[str]], list[float | None]]
"""SMILES to scores, in order, higher for members; None where a molecule has none."""


@dataclass(frozen=True)
class Score:
    """A score, or the reason, `note`, why there is none. `key` is all that decides its values."""

    name: str
    title: str
    key: object
    judge: Judge | None
    note: str = ""


def open_likelihood_score(name: str, title: str, path: Path, key: object) -> Score:
    """The log-likelihood in nats under the generator at `path` (Yeom et al. 2018: the loss of members is lower)."""
    if not isinstance(load_any(path, raw=True), MotifGenerator):
        return Score(name, title, key, None, "the weights have no likelihoods")
    meter = NllMeter.load(path)

    def judge(smiles: Sequence[str]) -> list[float | None]:
        return _listed([-each.nll for each in meter(parse_all(smiles))])

    return Score(name, title, key, judge)


def open_critic_score(name: str, title: str, path: Path, critic: Path | None = None) -> Score:
    """The logit of the critic of the training: an overtrained one knows the real molecules it has seen (Hayes et al.
    2019, LOGAN). By default the critic beside the weights. Raises WeightsError for a damaged one."""
    found = _find_critic(path, critic)
    if found is None:
        return Score(name, title, None, None, "the weights have no critic")
    file, network = found

    def judge(smiles: Sequence[str]) -> list[float | None]:
        return _listed(network.score(network.describe(list(smiles))).tolist())

    return Score(name, title, hash_file(file), judge)


def open_known_score(name: str, title: str, path: Path) -> Score:
    """Whether the set of known molecules beside the weights, which refined sampling leaves out, has a molecule."""
    file = path.with_name(f"{path.name}_known.npz")
    if not file.exists():
        return Score(name, title, None, None, "there is none")
    known = KnownSet.load(file)
    return Score(name, title, hash_file(file), lambda smiles: known.contains(list(smiles)).astype(float).tolist())


def _find_critic(path: Path, critic: Path | None) -> tuple[Path, Critic] | None:
    if critic is not None:
        return critic.with_name(f"{critic.name}.safetensors"), load_critic(critic)
    generator = load_any(path, raw=True)
    refined = RefinedGenerator.load(path, generator) if isinstance(generator, MotifGenerator) else None
    if refined is not None:
        return path.with_name(f"{path.name}_critic.safetensors"), refined.critic
    beside = path.with_name("critic")
    if beside.with_name("critic.json").exists():
        return beside.with_name("critic.safetensors"), load_critic(beside)
    return None


def _listed(values: Sequence[float]) -> list[float | None]:
    return [float(value) if math.isfinite(value) else None for value in np.asarray(values, dtype=float)]
