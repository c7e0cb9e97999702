"""What the generator is told of its molecules: the critic's word and the property reward, mixed by MolGAN's lambda."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from molgan.models.critics.discriminator import Discriminator


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
    return np.asarray(sum(parts))


def critic_logits(critic: Discriminator, smiles: Sequence[str], clip: float, *, bf16: bool = True) -> np.ndarray:
    """The critic's log density ratio of real to generated, within ±clip; the lowest where it cannot be computed."""
    return np.clip(np.nan_to_num(critic.score(smiles, bf16=bf16), nan=-clip), -clip, clip)


def step_seed(seed: int, *where: int) -> int:
    """A seed for one step of a loop, so that a resumed loop draws what the undisturbed one would have drawn."""
    return int(np.random.SeedSequence([seed, *where]).generate_state(1, np.uint32)[0])
