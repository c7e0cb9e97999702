"""Computes the energy that a generator follows: critic's logit and property reward, mixed by MolGAN's lambda."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from molgan.models.protocols import Critic


def mix(
    rewards: np.ndarray | None,
    logits: np.ndarray | None,
    *,
    gan_weight: float,
    reward_scale: float,
) -> np.ndarray:
    """gan_weight · logit + (1 - gan_weight) · reward_scale · reward, in nats, [n]; a missing part counts as 0.

    MolGAN (De Cao & Kipf 2018, section 3.3) mixes the two losses by lambda; here the signals are mixed, so that the
    generator's target density is anchor · exp(energy).
    """
    parts = []
    if logits is not None:
        parts.append(gan_weight * logits)
    if rewards is not None:
        parts.append((1 - gan_weight) * reward_scale * rewards)
    energy: np.ndarray = np.asarray(sum(parts))
    return energy


def critic_logits(critic: Critic, smiles: Sequence[str], clip: float, *, bf16: bool = True) -> np.ndarray:
    """The critic's log density ratio of real to generated, within ±clip; -clip where it cannot be computed."""
    logits: np.ndarray = np.nan_to_num(critic.score(smiles, bf16=bf16), nan=-clip)
    return logits.clip(-clip, clip)
