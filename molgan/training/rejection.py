"""A critic for sampling by rejection: what it can tell from real molecules, sampling leaves out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from molgan.graphs.featurizer import featurize_all
from molgan.models.discriminator import Discriminator
from molgan.models.motif import MotifGenerator
from molgan.training.critic import acceptance, train_critic
from molgan.training.settings import RejectionSettings
from molgan.training.signal import step_seed

Report = Callable[[dict[str, Any], Mapping[str, Any] | None], None]


def train_rejection(
    generator: MotifGenerator,
    critic: Discriminator,
    real: Sequence[str],
    settings: RejectionSettings,
    *,
    seed: int,
    report: Report = lambda metrics, checkpoint: None,
    processes: int = 1,
) -> dict[str, float]:
    """Train `critic` in place on `real` against fresh molecules of `generator`; gives its figures on held-out ones, the
    `cap` of the logits and the `acceptance` at it, both of `candidates` that it never saw.

    The generator stays as it is: its samples are accepted in proportion to exp(logit) when they are drawn (Azadi et al.
    2018), so that nothing has to be learned anew, and the price is paid at each sampling.
    """
    fakes = generator.sample(settings.fake, seed=step_seed(seed, 0), bf16=settings.bf16)
    outcome = train_critic(
        critic,
        featurize_all(real, workers=processes),
        featurize_all([fake.smiles for fake in fakes], workers=processes),
        settings.critic,
        seed=step_seed(seed, 1),
        report=report,
        device=generator.device,
    )
    candidates = generator.sample(settings.candidates, seed=step_seed(seed, 2), bf16=settings.bf16)
    logits = critic.score(featurize_all([one.smiles for one in candidates], workers=processes))
    cap = float(np.nanquantile(logits, settings.cap_quantile))
    figures = {f"critic_{name}": float(value) for name, value in asdict(outcome).items()}
    return {**figures, "cap": cap, "acceptance": float(acceptance(logits, settings.cap_quantile).mean())}
