"""Adversarial training of the motif generator against the discriminator."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import partial, reduce
from pathlib import Path
from typing import Any

import numpy as np
import torch

from molgan.base.progress import Silent
from molgan.base.stopping import leave_if_asked
from molgan.models.protocols import Critic, LikelihoodGenerator, Network
from molgan.training.critic_fitting import train_critic
from molgan.training.loop import is_due, resume, save, step_seed
from molgan.training.memory import Reward
from molgan.training.report import Report, report_again, silent
from molgan.training.rl.anchored_update import draw_batch, follow_energy
from molgan.training.rl.energy import mix
from molgan.training.settings import AdversarialSettings
from molgan.training.share import ALONE, Share

Prepared = Callable[[str, int, int], None]
"""Called with a task, the molecules that are ready since the last call, and how many there will be."""


class _Descriptions(Silent):
    """Progress of describing molecules for the critic."""

    def __init__(self, prepared: Prepared) -> None:
        self._prepared = prepared
        self._total = 0

    def start(self, task: str, total: int | None = None) -> None:
        self._total = total or 0

    def advance(self, task: str, done: int = 1, **figures: float) -> None:
        self._prepared("descriptions for the critic", done, self._total)


def refine(
    agent: LikelihoodGenerator,
    critic: Critic,
    real: Sequence[str],
    settings: AdversarialSettings,
    *,
    reward: Reward | None = None,
    seed: int,
    checkpoint: Path | None = None,
    report: Report = silent,
    prepared: Prepared = lambda task, done, total: None,
    processes: int = 1,
    share: Share = ALONE,
) -> dict[str, float]:
    """Train `critic`, and move `agent` towards the molecules that it calls real; both are trained in place.

    Departures from MolGAN (De Cao & Kipf 2018): molecules are discrete, so the critic learns by the logistic loss
    without gradient penalty, and its logit reaches the generator as a policy-gradient signal (GCPN, You et al. 2018)
    rather than by backpropagation; the critic is trained until it stops improving and then held while the generator
    moves, so that its logit is the log density ratio of real to the generator of the round's start, to which the
    generator stays anchored; the property reward is the real one, so no network has to imitate it.

    Args:
        agent: The generator.
        critic: The critic.
        real: SMILES of real molecules, split into equal shares for the rounds.
        settings: Settings of the training.
        reward: The reward of SMILES, 0 to 1, which is mixed with the logit by `settings.gan_weight`.
        seed: Seed of the random numbers.
        checkpoint: The folder from which the loop resumes: after the training of the critic, or at the last saved
            update.
        report: Takes the metrics.
        prepared: Takes the progress of drawing and describing molecules for the critic.
        processes: Processes that describe molecules.
        share: This worker's part of every batch, where several workers train; the leading worker calls the reward.

    Returns:
        The figures of the critic in the last round.
    """
    seen = _describe_share(critic, real, processes, share, prepared)
    anchor = copy.deepcopy(agent)
    optimizer = torch.optim.Adam(agent.parameters(), settings.learning_rate)
    modules: dict[str, Network] = {"agent": agent, "anchor": anchor, "critic": critic}
    first, done, figures = 0, -1, dict[str, float]()  # done is -1 until the critic of the round is trained
    if (state := resume(checkpoint, modules, optimizer)) is not None:
        first, done, figures = state["round"], state["step"], state["figures"]
        report_again(report, state)

    def save_at(at: int, step: int, reported: Mapping[str, Any] | None = None) -> dict[str, Any] | None:
        if checkpoint is None:
            return None
        state = {"round": at, "step": step, "figures": figures, "reported": reported}
        save(checkpoint, modules, optimizer, state, share)
        return state

    for at in range(first, settings.rounds):
        if done < 0:
            fakes = _draw_fakes(agent, settings, step_seed(seed, at), share, prepared)
            generated = _describe_share(critic, fakes, processes, share, prepared)
            shown = seen.select(np.arange(at, len(seen), settings.rounds)[: settings.real])
            if at == 0:
                critic.fit_scale(shown)

            def report_critic(metrics: dict[str, float], _: Mapping[str, Any] | None, at: int = at) -> None:
                report({"phase": "critic", "round": at + 1, **metrics}, None)

            outcome = train_critic(
                critic, shown, generated, settings.critic, seed=step_seed(seed, at, 1),
                report=report_critic, device=agent.device, share=share,
            )  # fmt: skip
            figures = {name: float(value) for name, value in asdict(outcome).items()}
            anchor.load_state_dict(agent.state_dict())
            done = 0
            save_at(at, done)
        for step in range(done + 1, settings.steps + 1):
            drawn = step_seed(seed, at, 2, step)
            metrics = _update(agent, anchor, critic, optimizer, settings, reward=reward, seed=drawn, share=share)
            metrics = {"phase": "generator", "round": at + 1, "step": step, "steps": settings.steps, **metrics}
            saved_now = save_at(at, step, metrics) if is_due(step, settings.steps, settings.checkpoint_every) else None
            report(metrics, saved_now)
            leave_if_asked(partial(save_at, at, step))
        done = -1
    return figures


def _update(
    agent: LikelihoodGenerator,
    anchor: LikelihoodGenerator,
    critic: Critic,
    optimizer: torch.optim.Optimizer,
    settings: AdversarialSettings,
    *,
    reward: Reward | None,
    seed: int,
    share: Share,
) -> dict[str, Any]:
    """Draw a batch, and move the agent by the judgement of critic and reward."""
    batch = draw_batch(agent, anchor, critic, settings, seed=seed, share=share)
    rewards = None if reward is None else share.from_leader(partial(reward, batch.smiles))
    assert batch.logits is not None
    energy = mix(rewards, batch.logits, gan_weight=settings.gan_weight, reward_scale=settings.reward_scale)
    drawn = settings.batch_size
    made = follow_energy(agent, optimizer, batch.actions, batch.prior, energy, settings, drawn=drawn, share=share)
    return {
        "loss": made.loss,
        "critic_logit": float(batch.logits.mean()),
        **({} if rewards is None else {"score": float(rewards.mean())}),
        "unique": len(set(batch.smiles)) / drawn,
        "kl": made.log_ratio / drawn,
        "gradient_norm": made.gradient_norm,
    }


def _draw_fakes(
    agent: LikelihoodGenerator, settings: AdversarialSettings, seed: int, share: Share, prepared: Prepared
) -> list[str]:
    """Draw molecules of the agent for the critic; each worker draws its part."""
    own = share.of(np.arange(settings.fake))
    fakes = agent.sample(
        settings.fake,
        seed=seed,
        bf16=settings.bf16,
        only=own,
        on_batch=lambda drawn: prepared("molecules for the critic", drawn, len(own)),
    )
    return share.whole([sample.smiles for sample in fakes])


def _describe_share(critic: Critic, smiles: Sequence[str], processes: int, share: Share, prepared: Prepared) -> Any:
    """All molecules as the critic sees them; each worker describes its part."""
    part = np.array_split(np.arange(len(smiles)), share.workers)[share.rank]
    own = critic.describe([smiles[i] for i in part], workers=processes, progress=_Descriptions(prepared))
    return reduce(lambda before, after: before.concatenate(after), share.all_gather(own))
