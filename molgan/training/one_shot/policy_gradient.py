"""Trains a generator with `rows` for the reward by its own likelihood, anchored to its weights at the start."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from molgan.graphs.dense.dense_graph import decode, encode
from molgan.models.one_shot.soft_graphs import SoftGraphs, harden
from molgan.models.precision import autocast
from molgan.training.losses import log_variance
from molgan.training.one_shot.one_shot_run import OneShotRun
from molgan.training.one_shot.settings import PolicySettings


def follow_reward(run: OneShotRun, graphs: SoftGraphs, targets: Tensor | None) -> tuple[Tensor, float]:
    """The loss, which is 0 where the generator's density is prior^power · exp(scale · reward), and the mean reward.

    Log-probabilities above `ceiling` cost more.
    """
    assert run.prior is not None and run.settings.policy is not None
    policy = run.settings.policy
    rows, energy, targets, score = _weigh(run, policy, graphs, targets)
    with autocast(enabled=run.settings.bf16):
        own = run.generator.rows.log_likelihood(rows, targets)
        with torch.no_grad():
            anchored = run.prior.log_likelihood(rows, targets)
    if policy.ceiling is not None:
        own = below_ceiling(own, policy.ceiling)
    return log_variance(own, policy.prior * anchored, energy), score


def _weigh(
    run: OneShotRun, policy: PolicySettings, soft: SoftGraphs, targets: Tensor | None
) -> tuple[Tensor, Tensor, Tensor | None, float]:
    """Rows to learn from [L, n], their energies in nats [L], their targets, and the mean reward of the drawn graphs.

    An invalid graph, or one with its atoms in another order than its SMILES, gets no reward and loses `invalid` nats:
    otherwise a molecule would be drawn as each of its graphs. The graph in the right order is learned from as well.
    """
    assert run.oracle is not None
    vocabulary, atoms = run.generator.rows.vocabulary, run.generator.settings.atoms
    graphs = harden(soft, atoms)
    smiles = [molecule.smiles for molecule in decode(graphs)]
    valid = [text for text in smiles if text is not None]
    earned = run.oracle(valid)
    if run.diversity is not None:
        earned = run.diversity.penalise(valid, earned)
    whole = np.array([text is not None for text in smiles])
    gained = np.zeros(len(smiles), dtype=np.float32)
    gained[whole] = policy.scale * np.minimum(earned, policy.enough)
    in_order = encode([text or "" for text in smiles], max_atoms=vocabulary.max_atoms, atoms=atoms)
    ordered = whole & graphs.same_as(in_order)
    others = vocabulary.encode(in_order)
    strays = np.flatnonzero(whole & ~ordered & (others >= 0).all(axis=1))
    rows = np.concatenate([vocabulary.encode(graphs), others[strays]])
    energy = np.concatenate([np.where(ordered, gained, -policy.invalid), gained[strays]]).astype(np.float32)
    targets = None if targets is None else torch.cat([targets, targets[strays]])
    return torch.from_numpy(rows), torch.from_numpy(energy), targets, float(earned.sum() / len(smiles))


def below_ceiling(log_probability: Tensor, ceiling: float, slope: float = 3.0) -> Tensor:
    """Log-probabilities [B] in nats, whose part above `ceiling` counts 1 + `slope` times.

    Used for the agent in `log_variance`: a molecule one nat above the ceiling needs 1 + slope nats more of reward.
    The likeliest molecules are drawn repeatedly, which exp(scale · reward) alone ignores: of n draws a share of n / 2
    times the sum of squared probabilities repeats another, as long as that is small.
    """
    return log_probability + slope * F.relu(log_probability - ceiling)
