"""Trains a critic on real against generated molecules, and computes acceptance probabilities from its logits."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol, Self, TypeVar

import numpy as np
import torch

from molgan.base.errors import InputError
from molgan.evaluation.roc import auc
from molgan.models.precision import autocast
from molgan.models.protocols import Critic
from molgan.training.calibration import calibration_error, fit_temperature, logistic_loss
from molgan.training.loop import is_due, update
from molgan.training.losses import logistic_critic
from molgan.training.report import Report, silent
from molgan.training.settings import CriticSettings
from molgan.training.share import ALONE, Share

Judge = Callable[[np.ndarray], np.ndarray]  # rows to logits


class Examples(Protocol):
    """The input of a critic: `GraphArrays` for a `Discriminator`, `Descriptions` for a `DescriptorCritic`."""

    @property
    def failures(self) -> dict[int, str]: ...

    def __len__(self) -> int: ...

    @property
    def valid(self) -> np.ndarray: ...

    def select(self, rows: np.ndarray, /) -> Self: ...

    def batch(self, rows: np.ndarray, /) -> Any: ...

    def concatenate(self, other: Self, /) -> Self: ...


_Examples = TypeVar("_Examples", bound=Examples)


@dataclass(frozen=True, slots=True)
class CriticReport:
    """The result of the training. The figures from `loss` on are of the calibrated critic on held-out molecules."""

    real: int  # molecules trained on
    fake: int
    held_out: int  # of both sides
    failed: int  # of both sides: could not be represented
    steps: int
    best_step: int  # the step whose weights were kept
    seconds: float
    molecules_per_second: float
    loss: float  # nats; 1.386 for a random critic
    accuracy: float  # .5 for a random critic
    auc: float
    calibration_error: float  # 0..1
    temperature: float  # by which the logits were divided
    mean_ratio: float  # mean of exp(logit) over fake molecules; 1 for an exact density ratio
    acceptance: float  # share of fake molecules that rejection sampling keeps


def train_critic(
    critic: Critic,
    real: _Examples,
    fake: _Examples,
    settings: CriticSettings,
    *,
    seed: int,
    report: Report = silent,
    device: torch.device | str = "cpu",
    share: Share = ALONE,
) -> CriticReport:
    """Train `critic` in place by the logistic loss, keep the weights with the least held-out loss, and calibrate them.

    Batches are half real, half fake; an epoch shows each molecule of the larger side once.

    Args:
        critic: The critic to train.
        real: Real molecules.
        fake: Generated molecules.
        settings: Settings of the training.
        seed: Seed of the random numbers.
        report: Takes the held-out figures every `evaluate_every` steps.
        device: PyTorch's device for the critic.
        share: This worker's part, where several workers train; all have the same examples.

    Raises:
        InputError: A side has too few molecules.
    """
    rng = np.random.default_rng(seed)
    examples = real.concatenate(fake)
    real_rows, real_held = _split(np.flatnonzero(real.valid), settings.held_out, rng)
    fake_rows, fake_held = _split(np.flatnonzero(fake.valid) + len(real), settings.held_out, rng)
    half = min(settings.batch_size // 2, len(real_rows), len(fake_rows))
    steps = max(1, round(settings.epochs * max(len(real_rows), len(fake_rows)) / half))
    pairs = zip(_draw_batches(real_rows, half, rng), _draw_batches(fake_rows, half, rng), strict=True)

    def judge(rows: np.ndarray) -> np.ndarray:
        return np.array(share.whole(critic.score(examples.select(share.of(rows)), bf16=settings.bf16).tolist()))

    critic.to(device)
    optimizer = torch.optim.AdamW(critic.parameters(), settings.learning_rate, weight_decay=settings.weight_decay)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _pace(step / steps))
    best_loss, best_step, best_weights = np.inf, 0, copy.deepcopy(critic.state_dict())
    start = time.perf_counter()
    for step, (shown, faked) in zip(range(1, steps + 1), pairs, strict=False):
        critic.train()
        own = share.of(shown)
        with autocast(device, enabled=settings.bf16):
            logits = critic(examples.batch(np.concatenate([own, share.of(faked)])).to(device))
        # This worker's part of the mean over the whole batch.
        loss = logistic_critic(logits[: len(own)], logits[len(own) :]) * (len(own) / half)
        update(optimizer, loss, critic, clip=settings.clip, share=share)
        schedule.step()
        if not is_due(step, steps, settings.evaluate_every):
            continue
        figures = _examine(judge, real_held, fake_held)
        report({"step": step, "train_loss": share.total(loss), **figures}, None)
        if figures["loss"] < best_loss:
            best_loss, best_step, best_weights = figures["loss"], step, copy.deepcopy(critic.state_dict())
        elif step >= best_step + settings.patience * settings.evaluate_every:
            break
    seconds = time.perf_counter() - start
    critic.load_state_dict(best_weights)
    critic.eval()
    # The temperature that fits the held-out molecules best divides the logits from now on.
    temperature = fit_temperature(judge(real_held), judge(fake_held))
    critic.temperature *= temperature
    return CriticReport(
        real=len(real_rows),
        fake=len(fake_rows),
        held_out=len(real_held) + len(fake_held),
        failed=len(real.failures) + len(fake.failures),
        steps=step,
        best_step=best_step,
        seconds=seconds,
        molecules_per_second=2 * half * step / seconds,
        temperature=temperature,
        **_examine(judge, real_held, fake_held),
    )


def acceptance(logits: np.ndarray, cap_quantile: float = 0.98) -> np.ndarray:
    """Probabilities in 0..1 with which generated molecules are kept, so that the kept ones follow the real density.

    min(1, exp(logit - cap)), where the cap, in place of the unbounded maximum, is the logits' quantile (Azadi et al.
    2018, equation 2); it holds as far as the critic is calibrated. NaN is never kept.
    """
    logits = np.asarray(logits, dtype=float)
    known = logits[~np.isnan(logits)]
    cap = np.quantile(known, cap_quantile) if len(known) else 0.0
    return np.nan_to_num(np.exp(np.minimum(logits - cap, 0)), nan=0.0)


def _examine(judge: Judge, real: np.ndarray, fake: np.ndarray) -> dict[str, float]:
    on_real, on_fake = judge(real), judge(fake)
    return {
        "loss": logistic_loss(on_real, on_fake),
        "accuracy": float(((on_real > 0).mean() + (on_fake <= 0).mean()) / 2),
        "auc": auc(on_real, on_fake),
        "calibration_error": calibration_error(on_real, on_fake),
        "mean_ratio": float(np.exp(on_fake).mean()),
        "acceptance": float(acceptance(on_fake).mean()),
    }


def _split(rows: np.ndarray, share: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    if len(rows) < 20:
        raise InputError(f"{len(rows)} molecules on one side; a critic needs at least 20 real and 20 generated ones")
    rows = rng.permutation(rows)
    held = max(1, round(share * len(rows)))
    return rows[held:], rows[:held]


def _draw_batches(rows: np.ndarray, size: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Endless batches of `size` rows; all rows come before any is repeated, except for a remainder below `size`."""
    while True:
        order = rng.permutation(rows)
        yield from (order[start : start + size] for start in range(0, len(order) - size + 1, size))


def _pace(done: float) -> float:
    """Share of the full learning rate: 5% of the steps rising to it, the others falling to 0 linearly."""
    return min(done / 0.05, (1 - done) / 0.95)
