"""A critic for sampling by rejection: what it can tell from real molecules, sampling leaves out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from molgan.chem.molecule import parse, parse_all
from molgan.chem.support import Support
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
) -> tuple[Support, dict[str, float]]:
    """Train `critic` in place on `real` against fresh molecules of `generator`; gives the ranges in which the real ones
    lie, and the critic's figures on held-out ones, the `cap` of the logits and the `acceptance` at it, both of
    `candidates` that it never saw. The critic is spared what the ranges tell: fakes outside of them are left out.

    The generator stays as it is: its samples are accepted in proportion to exp(logit) when they are drawn (Azadi et al.
    2018), so that nothing has to be learned anew, and the price is paid at each sampling.
    """
    support = Support.of(parse(one) for one in real)
    fakes = _inside(support, generator, settings.fake, step_seed(seed, 0), settings.bf16)
    outcome = train_critic(
        critic,
        featurize_all(real, workers=processes),
        featurize_all(fakes, workers=processes),
        settings.critic,
        seed=step_seed(seed, 1),
        report=report,
        device=generator.device,
    )
    candidates = _inside(support, generator, settings.candidates, step_seed(seed, 2), settings.bf16)
    logits = critic.score(featurize_all(candidates, workers=processes))
    cap = float(np.nanquantile(logits, settings.cap_quantile))
    share = len(candidates) / settings.candidates
    figures = {f"critic_{name}": float(value) for name, value in asdict(outcome).items()}
    accepted = share * float(acceptance(logits, settings.cap_quantile).mean())
    return support, {**figures, "inside": share, "cap": cap, "acceptance": accepted}


def _inside(support: Support, generator: MotifGenerator, n: int, seed: int, bf16: bool) -> list[str]:
    """Those of `n` samples that lie where the data does."""
    drawn = [one.smiles for one in generator.sample(n, seed=seed, bf16=bf16)]
    return [one for one, inside in zip(drawn, support.contains(parse_all(drawn)), strict=True) if inside]
