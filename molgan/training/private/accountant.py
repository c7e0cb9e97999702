"""What private training spends: epsilon of the subsampled Gaussian mechanism, and the noise that keeps to a budget."""

from __future__ import annotations

import math
import warnings
from dataclasses import asdict, dataclass
from typing import Any

from molgan.base.errors import ConfigError
from molgan.training.private.settings import PrivateSettings

_ORDERS = [1 + x / 4 for x in range(1, 16)] + list(range(5, 65)) + [80, 96, 128, 192, 256, 512, 1024]
_MOST_NOISE = 100.0  # times the clip: nothing of a gradient is left beyond
_MISSING = "private: needs Opacus, whose accountant tells what training spends; pip install 'molgan[privacy]'"


@dataclass(frozen=True, slots=True)
class PrivacyPlan:
    """What `steps` updates spend: (epsilon, delta) for molecules that are in a batch with the chance `rate` each, with
    normal noise of standard deviation `noise` times the clip. The number of molecules counts as public."""

    epsilon: float
    delta: float
    noise: float
    rate: float
    steps: int

    def spend(self, steps: int) -> float:
        """The epsilon of the first so many steps."""
        return measure_epsilon(self.noise, self.rate, steps, self.delta)

    def describe(self) -> dict[str, Any]:
        """JSON values for the description of weights."""
        return {**asdict(self), "epsilon": round(self.epsilon, 4), "accountant": "Renyi", "vocabulary": "public"}


def plan_privacy(
    settings: PrivateSettings, *, molecules: int, batch: int, steps: int, batch_name: str, length: str
) -> PrivacyPlan:
    """The plan that keeps to the budget of `settings`.

    Args:
        settings: The budget.
        molecules: Molecules in the training data.
        batch: Molecules of a batch, on average.
        steps: Updates.
        batch_name: The setting that decides `batch`, for errors.
        length: The setting that decides `steps`, for errors.

    Raises:
        ConfigError: The budget cannot be met with these steps, delta is too large, or Opacus is not installed. One
            line that says what to change.
    """
    if batch > molecules:
        raise ConfigError(f"{batch_name}: {batch:,} molecules a step of {molecules:,} in all; give {molecules} at most")
    delta = settings.delta if settings.delta is not None else 0.1 / molecules
    if delta >= 1 / molecules:
        raise ConfigError(
            f"private.delta: {delta:g} is not below 1 over the {molecules:,} molecules, so that one of them could be "
            f"published; give {0.1 / molecules:.1g}, or leave it out"
        )
    rate = batch / molecules
    needed = find_noise(settings.epsilon, delta, rate, steps)
    noise = needed if settings.noise is None else settings.noise
    spent = measure_epsilon(noise, rate, steps, delta) if math.isfinite(noise) else math.inf
    if noise > _MOST_NOISE or spent > settings.epsilon:
        raise ConfigError(_describe_excess(settings, noise, needed, spent, rate, steps, delta, length))
    return PrivacyPlan(spent, delta, noise, rate, steps)


def measure_epsilon(noise: float, rate: float, steps: int, delta: float) -> float:
    """The epsilon that `steps` updates spend (Mironov, Talwar & Zhang 2019, "Rényi differential privacy of the sampled
    Gaussian mechanism", with the conversion of Balle et al. 2020), by Opacus. Raises ConfigError without Opacus."""
    try:
        from opacus.accountants import RDPAccountant
    except ImportError:
        raise ConfigError(_MISSING) from None
    if not steps:
        return 0.0
    accountant = RDPAccountant()
    accountant.history = [(noise, rate, steps)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that the best order is the last one: the bound holds all the same
        return float(accountant.get_epsilon(delta, alphas=_ORDERS))


def find_noise(epsilon: float, delta: float, rate: float, steps: int) -> float:
    """The least noise, in units of the clip and to a thousandth, with which `steps` updates spend at most `epsilon`;
    infinite where even a thousand times the clip is not enough. Raises ConfigError without Opacus."""
    low, high = 0.0, 1.0
    while measure_epsilon(high, rate, steps, delta) > epsilon:
        low, high = high, 2 * high
        if high > 10 * _MOST_NOISE:
            return math.inf
    while high - low > 1e-3 * high:
        middle = (low + high) / 2
        if measure_epsilon(middle, rate, steps, delta) > epsilon:
            low = middle
        else:
            high = middle
    return high


def _describe_excess(
    settings: PrivateSettings,
    noise: float,
    needed: float,
    spent: float,
    rate: float,
    steps: int,
    delta: float,
    length: str,
) -> str:
    """One line on a budget that is not met, with each setting that would mend it."""
    allowed = min(noise, _MOST_NOISE)
    fewer = _find_steps(settings.epsilon, allowed, rate, steps, delta)
    mends = [f"lower {length} to {fewer / steps:.2g} times what it is"] if fewer else []
    if settings.noise is not None and needed <= _MOST_NOISE:
        mends.append(f"raise private.noise to {math.ceil(100 * needed) / 100:g}")
    least = measure_epsilon(allowed, rate, steps, delta)
    mends.append(f"allow private.epsilon: {math.ceil(100 * least) / 100:g}")
    if settings.noise is not None and settings.noise <= _MOST_NOISE:
        fault = f"{steps:,} steps at noise {settings.noise:g} spend {spent:.3g}"
    else:
        fault = f"{steps:,} steps need noise of more than {_MOST_NOISE:g} times the clip, which drowns every gradient"
    return f"private.epsilon: {settings.epsilon:g} cannot be met: {fault}; {', or '.join(mends)}"


def _find_steps(epsilon: float, noise: float, rate: float, steps: int, delta: float) -> int:
    """The most updates, below `steps`, that keep to `epsilon`; 0 where even one does not."""
    low, high = 0, steps
    while high - low > 1:
        middle = (low + high) // 2
        if measure_epsilon(noise, rate, middle, delta) <= epsilon:
            low = middle
        else:
            high = middle
    return low
