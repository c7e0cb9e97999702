"""A critic for sampling by rejection: what it can tell from real molecules, sampling leaves out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from molgan.chem.known import KnownSet
from molgan.chem.molecule import parse, parse_all
from molgan.chem.support import Support
from molgan.graphs.descriptions import familiarity_of
from molgan.models.descriptor_critic import DescriptorCritic
from molgan.models.motif import MotifGenerator
from molgan.models.refined import RefinedGenerator
from molgan.training.critic import acceptance, train_critic
from molgan.training.settings import RejectionSettings
from molgan.training.signal import step_seed

_CHUNK = 10_000

Report = Callable[[dict[str, Any], Mapping[str, Any] | None], None]


def train_rejection(
    generator: MotifGenerator,
    data: Sequence[str],
    settings: RejectionSettings,
    *,
    seed: int,
    known: KnownSet | None = None,
    report: Report = lambda metrics, checkpoint: None,
    processes: int = 1,
) -> tuple[RefinedGenerator, dict[str, float]]:
    """A generator that accepts its molecules in proportion to exp(logit) of a critic (Azadi et al. 2018), and figures.

    `data` are distinct molecules in random order: the first `settings.real` are shown to the critic as real ones, and
    the others make fragments familiar. Fakes are what the data's ranges and `known` leave of the generator's own, so
    that the critic learns what these two do not tell, and makes up for what they distort. The figures are of held-out
    molecules; `eligible` is the share that the two leave, `acceptance` what the critic then leaves of all.

    The generator stays as it is: nothing has to be learned anew, and the price is paid at each sampling.
    """
    real, reference = data[: settings.real], data[settings.real :]
    support = Support.of(parse(one) for one in real)

    def fakes(n: int, seed: int) -> list[str]:
        drawn = [one.smiles for one in generator.sample(n, seed=seed, bf16=settings.bf16)]
        kept: list[str] = []
        for start in range(0, n, _CHUNK):  # molecules take some ten times the memory of their SMILES
            molecules = parse_all(drawn[start : start + _CHUNK])
            eligible = support.contains(molecules)
            if known is not None:
                eligible &= ~known.contains([str(molecule.smiles) for molecule in molecules])
            kept += [drawn[start + i] for i in np.flatnonzero(eligible)]
        return kept

    critic = DescriptorCritic(familiarity_of(reference, workers=processes), settings.network, seed=seed)
    shown = critic.describe(real, workers=processes)
    critic.fit_scale(shown)
    outcome = train_critic(
        critic,
        shown,
        critic.describe(fakes(settings.fake, step_seed(seed, 0)), workers=processes),
        settings.critic,
        seed=step_seed(seed, 1),
        report=report,
        device=generator.device,
    )
    candidates = fakes(settings.candidates, step_seed(seed, 2))
    logits = critic.score(candidates)
    cap = float(np.nanquantile(logits, settings.cap_quantile))
    eligible = len(candidates) / settings.candidates
    accepted = eligible * float(acceptance(logits, settings.cap_quantile).mean())
    figures = {f"critic_{name}": float(value) for name, value in asdict(outcome).items()}
    refined = RefinedGenerator(generator, critic, cap=cap, known=known, support=support)
    return refined, {**figures, "eligible": eligible, "cap": cap, "acceptance": accepted}
