"""A critic for few examples: the log density ratio of a domain to a generator, linear in counts of environments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from molgan.evaluation.roc import auc
from molgan.training.calibration import logistic_loss
from molgan.training.losses import logistic_critic

PENALTIES = (0.003, 0.03, 0.3)
_STEPS = 100


@dataclass(frozen=True, slots=True)
class DensityRatio:
    """log p(domain) / p(generator), in nats: `weights` [bits] on log(1 + count) of each bit, and a `bias`."""

    weights: np.ndarray
    bias: float

    def judge(self, counts: np.ndarray) -> np.ndarray:
        """Logits float64 [n] of molecules by their counts [n, bits]."""
        return np.asarray(np.log1p(counts, dtype=np.float32) @ self.weights + self.bias, dtype=np.float64)


def fit_density_ratio(real: np.ndarray, fake: np.ndarray, *, penalty: float) -> DensityRatio:
    """The critic that tells molecules of a domain from those of a generator, by the logistic loss (`logistic_critic`),
    whose best logit is the log density ratio (Goodfellow et al. 2014, proposition 1), and a ridge penalty.

    A convex problem, so that twenty molecules have one answer, without steps or seeds to choose.

    Args:
        real: Counts of atom environments (`ecfp_counts`) of molecules of the domain, [R, bits].
        fake: Those of generated molecules, [F, bits].
        penalty: Half the sum of squared weights counts this many times.
    """
    shown, faked = (torch.from_numpy(np.log1p(side, dtype=np.float32)) for side in (real, fake))
    weights = torch.zeros(real.shape[1], requires_grad=True)
    bias = torch.zeros((), requires_grad=True)
    optimizer = torch.optim.LBFGS([weights, bias], max_iter=_STEPS, line_search_fn="strong_wolfe")

    def close() -> torch.Tensor:
        optimizer.zero_grad()
        loss = logistic_critic(shown @ weights + bias, faked @ weights + bias) + penalty / 2 * weights @ weights
        loss.backward()
        return loss

    optimizer.step(close)
    return DensityRatio(weights.detach().numpy(), float(bias.detach()))


def choose_penalty(
    real: np.ndarray, fake: np.ndarray, part: np.ndarray, penalties: Sequence[float] = PENALTIES
) -> tuple[float, float]:
    """The penalty with the least loss on molecules that are held out, part by part, and the area under the ROC curve
    of these, .5 for a critic that knows nothing.

    Args:
        real: Counts of molecules of the domain, [R, bits].
        fake: Counts of generated molecules, [F, bits].
        part: The part of each molecule of the domain, [R]; generated ones are dealt out in turn.
        penalties: What is tried.
    """
    dealt = np.arange(len(fake)) % (part.max() + 1)
    found: list[tuple[float, float, float]] = []
    for penalty in penalties:
        on_real, on_fake = np.zeros(len(real)), np.zeros(len(fake))
        for held in range(part.max() + 1):
            ratio = fit_density_ratio(real[part != held], fake[dealt != held], penalty=penalty)
            on_real[part == held] = ratio.judge(real[part == held])
            on_fake[dealt == held] = ratio.judge(fake[dealt == held])
        found.append((logistic_loss(on_real, on_fake), penalty, auc(on_real, on_fake)))
    _, penalty, area = min(found)
    return penalty, area
