"""Distils a critic into the generator, by training it on those of its own molecules that the critic takes for real."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from molgan.graphs.features.featurizer import featurize_all
from molgan.graphs.motif.motif_data import ActionData
from molgan.models.critics.discriminator import Discriminator
from molgan.models.protocols import MotifTreeGenerator, Sample
from molgan.training.checkpoint import load_checkpoint, save_checkpoint
from molgan.training.critic_fitting import acceptance, train_critic
from molgan.training.loop import step_seed
from molgan.training.prior.pretrain import pretrain
from molgan.training.report import Report, silent
from molgan.training.settings import DistilSettings


def distil(
    agent: MotifTreeGenerator,
    critic: Discriminator,
    real: Sequence[str],
    settings: DistilSettings,
    *,
    seed: int,
    checkpoint: Path,
    known: Callable[[Sequence[str]], np.ndarray] | None = None,
    report: Report = silent,
    processes: int = 1,
) -> list[dict[str, float]]:
    """Move `agent` to the density that its critic asks for; both are trained in place.

    A round draws fakes, trains `critic` on real against fake molecules, draws candidates that the critic has never
    seen, accepts each with a probability proportional to exp(logit) (rejection sampling by the density ratio, Azadi et
    al. 2018), and fits the agent to the accepted molecules by likelihood. The cost of rejection is paid once, in
    training, and not at every sampling. Departs from MolGAN (De Cao & Kipf 2018) in that no gradient passes from the
    critic to the generator.

    Args:
        agent: The generator.
        critic: The critic.
        real: SMILES of real molecules, split into equal shares for the rounds.
        settings: Settings of the training.
        seed: Seed of the random numbers.
        checkpoint: The folder where the results of each round are kept. The loop resumes from there: at the critic, at
            the accepted molecules, or at the last checkpoint of the fit.
        known: Says for each SMILES whether it is in the training data; the agent does not learn from such molecules.
        report: Takes the metrics.
        processes: Processes that featurise molecules.

    Returns:
        The figures of each round.
    """
    figures: list[dict[str, float]] = []
    for at in range(settings.rounds):
        folder = checkpoint / f"round{at + 1}"
        if (saved := load_checkpoint(folder / "accepted")) is None:
            shown = real[at :: settings.rounds][: settings.real]
            fakes = agent.sample(settings.fake, seed=step_seed(seed, at), bf16=settings.bf16)

            def report_critic(metrics: dict[str, Any], _: Mapping[str, Any] | None, at: int = at) -> None:
                report({"phase": "critic", "round": at + 1, **metrics}, None)

            outcome = train_critic(
                critic,
                featurize_all(shown, workers=processes),
                featurize_all([fake.smiles for fake in fakes], workers=processes),
                settings.critic,
                seed=step_seed(seed, at, 1),
                report=report_critic,
                device=agent.device,
            )
            candidates = agent.sample(settings.candidates, seed=step_seed(seed, at, 2), bf16=settings.bf16)
            logits = critic.score(featurize_all([candidate.smiles for candidate in candidates], workers=processes))
            chances = acceptance(logits, settings.cap_quantile)
            kept = np.random.default_rng([seed, at]).random(len(chances)) < chances
            found = {f"critic_{name}": float(value) for name, value in asdict(outcome).items()}
            if known is not None:
                copied = known([candidate.smiles for candidate in candidates])
                found["novelty"] = 1 - float(copied.mean())
                kept &= ~copied
            found |= {"accepted": float(kept.sum()), "acceptance": float(kept.mean())}
            critic.save(folder / "critic")
            _save(folder / "accepted", [candidates[i] for i in np.flatnonzero(kept)], found)
            saved = load_checkpoint(folder / "accepted")
        assert saved is not None
        critic.load_state_dict(Discriminator.load(folder / "critic").state_dict())
        data = ActionData(agent.vocabulary, saved[0]["actions"].numpy(), saved[0]["offsets"].numpy(), {})
        figures.append(saved[1])
        report({"phase": "accepted", "round": at + 1, **saved[1]}, None)

        def report_fit(metrics: dict[str, float], kept: Mapping[str, Any] | None, at: int = at) -> None:
            report({"phase": "generator", "round": at + 1, **metrics}, kept)

        pretrain(agent, data, settings.fit, seed=step_seed(seed, at, 3), checkpoint=folder / "fit", report=report_fit)
    return figures


def _save(folder: Path, samples: Sequence[Sample], figures: Mapping[str, float]) -> None:
    import torch

    lengths = [len(sample.actions) for sample in samples]
    actions = torch.tensor([action for sample in samples for action in sample.actions], dtype=torch.int32)
    offsets = torch.from_numpy(np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64))
    save_checkpoint(folder, {"actions": actions, "offsets": offsets}, json.loads(json.dumps(dict(figures))))
