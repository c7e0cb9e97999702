"""Trains a critic for rejection sampling, which leaves out samples that the critic can tell from real molecules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import numpy as np

from molgan.base.errors import InputError
from molgan.chem.known_set import KnownSet
from molgan.chem.molecule import parse_all
from molgan.graphs.features.descriptions import Descriptions, count_fragments
from molgan.graphs.features.ranges import Support
from molgan.models.critics.descriptor_critic import DescriptorCritic
from molgan.models.motif.refined import RefinedGenerator
from molgan.models.protocols import Sampler
from molgan.training.critic_fitting import acceptance, train_critic
from molgan.training.loop import step_seed
from molgan.training.report import Report, silent
from molgan.training.settings import RejectionSettings

_CHUNK = 10_000


def train_rejection(
    generator: Sampler,
    data: Sequence[str],
    settings: RejectionSettings,
    *,
    seed: int,
    known: KnownSet | None = None,
    report: Report = silent,
    processes: int = 1,
) -> tuple[RefinedGenerator, dict[str, float]]:
    """Train a critic, by which a generator accepts its molecules in proportion to exp(logit) (Azadi et al. 2018).

    Fakes are samples that are within the ranges of the data and not in `known`, so that the critic learns the remaining
    differences, and corrects what the two checks distort. The generator itself does not change; the price of rejection
    is paid at every sampling.

    Args:
        generator: The generator.
        data: SMILES of distinct molecules in random order. The critic sees the first as real molecules; the others
            define familiar fragments, in the proportion of `settings.real` to `settings.reference` if there are fewer
            than both.
        settings: Settings of the training.
        seed: Seed of the random numbers.
        known: Molecules that sampling leaves out.
        report: Takes the metrics.
        processes: Processes that describe molecules.

    Returns:
        The generator with its critic, and figures on held-out molecules. `eligible` is the share of samples that pass
        ranges and `known`, `acceptance` the share of all samples that the critic then accepts.

    Raises:
        InputError: No molecule is left for the critic, or too few.
    """
    share = settings.real / (settings.real + settings.reference)
    count = min(settings.real, round(share * len(data)))
    real, reference = data[:count], data[count:]
    critic = DescriptorCritic(count_fragments(reference, workers=processes), settings.network, seed=seed)
    shown = critic.describe(real, workers=processes)
    if not shown.valid.any():
        raise InputError(f"rejection: none of {len(data):,} molecules is left for the critic; lower `reference`")
    support = Support.of(shown)
    critic.fit_scale(shown)

    def fakes(n: int, seed: int) -> Descriptions:
        drawn = [sample.smiles for sample in generator.sample(n, seed=seed, bf16=settings.bf16)]
        described = critic.describe(drawn if known is None else _new(drawn, known), workers=processes)
        return described.select(np.flatnonzero(support.contains(described)))

    outcome = train_critic(
        critic,
        shown,
        fakes(settings.fake, step_seed(seed, 0)),
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


def _new(smiles: list[str], known: KnownSet) -> list[str]:
    """The SMILES that are not known; in parts, since molecules take about ten times the memory of their SMILES."""
    kept: list[str] = []
    for start in range(0, len(smiles), _CHUNK):
        part = smiles[start : start + _CHUNK]
        seen = known.contains([str(molecule.smiles) for molecule in parse_all(part)])
        kept += [part[i] for i in np.flatnonzero(~seen)]
    return kept
