"""Reinforcement learning: moves the agent towards the objective, anchored to the prior."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from molgan.evaluation.collapse import CollapseWatch, Verdict
from molgan.models.protocols import Critic, LikelihoodGenerator
from molgan.training.checkpoint import load_checkpoint, save_checkpoint
from molgan.training.loop import collect_tensors, is_due, restore_tensors, step_seed
from molgan.training.memory import DiversityMemory, OracleCache, Reward
from molgan.training.report import Report, report_again, silent
from molgan.training.rl.anchored_update import DrawnBatch, draw_batch, follow_energy
from molgan.training.rl.energy import mix
from molgan.training.rl.replay_memory import Replayed, ReplayMemory
from molgan.training.settings import ReinforceSettings
from molgan.training.share import ALONE, Share


@dataclass
class ReinforceOutcome:
    """The result: distinct molecules scored, actions of the collapse watch, and the reason of an early stop, if any."""

    oracle_calls: int = 0
    events: list[str] = field(default_factory=list)
    stopped: str | None = None


def reinforce(
    agent: LikelihoodGenerator,
    reward: Reward,
    settings: ReinforceSettings,
    *,
    critic: Critic | None = None,
    seed: int,
    checkpoint: Path | None = None,
    report: Report = silent,
    message: Callable[[str], None] = lambda text: None,
    share: Share = ALONE,
) -> ReinforceOutcome:
    """Train `agent` in place towards high reward, anchored to the prior, which is the agent at the start.

    Each update draws a batch, scores its new molecules, and lowers the variance of log p_agent - log p_prior - energy
    over the batch and some replayed best molecules. Departures from REINVENT (Olivecrona et al. 2017; Blaschke et al.
    2020): the batch mean takes the place of a zero normaliser in the augmented likelihood; the critic has a share in
    the signal (`gan_weight`), so that molecules stay realistic; a collapse watch takes the agent back to the last
    healthy checkpoint and lowers learning rate and reward scale, or stops.

    With `staleness` the next batch is drawn while this one is scored, by the agent before the update, except after a
    checkpoint.

    Args:
        agent: The generator.
        reward: The reward of SMILES, 0 to 1.
        settings: Settings of the training.
        critic: The critic, if there is one.
        seed: Seed of the random numbers.
        checkpoint: The folder from which the loop resumes exactly: weights, optimiser, memories, watch and counters.
        report: Takes the metrics.
        message: Takes messages of the collapse watch.
        share: This worker's part of every batch, where several workers train. The leading worker calls the reward, and
            all keep the same memories.
    """
    run = _Run(agent, OracleCache(reward, share), settings)
    if checkpoint is not None and (saved := load_checkpoint(checkpoint)) is not None:
        run.restore(*saved, memories=True)
        report_again(report, saved[1])
    healthy = run.snapshot()
    ahead: DrawnBatch | None = None
    background = ThreadPoolExecutor(1) if settings.staleness else None
    while run.step < settings.steps and run.outcome.stopped is None:
        run.step += 1
        saves = is_due(run.step, settings.steps, settings.checkpoint_every)
        drawn = ahead or _draw(run, critic, seed, run.step, share)
        answer = run.oracle.ask(drawn.smiles, background)
        ahead = _draw(run, critic, seed, run.step + 1, share) if background and not saves else None
        rewards = answer()
        metrics = {"step": run.step, "steps": settings.steps, **_learn(run, drawn, rewards, critic, seed, share)}
        verdict = run.watch.update(drawn.smiles, gradient_norm=metrics["gradient_norm"])
        saved_now = None
        if verdict.state != "healthy":
            _roll_back(run, verdict, healthy, settings, message)
            metrics |= {"event": "collapse", "message": run.outcome.events[-1]}
            ahead = None
        if verdict.state != "healthy" or saves:
            healthy = run.snapshot()
            if checkpoint is not None:
                if share.leads:
                    save_checkpoint(checkpoint, healthy[0], {**healthy[1], "reported": metrics})
                saved_now = {"step": run.step}
        report(metrics, saved_now)
    run.outcome.oracle_calls = run.oracle.calls
    return run.outcome


def _learn(
    run: _Run, drawn: DrawnBatch, rewards: np.ndarray, critic: Critic | None, seed: int, share: Share
) -> dict[str, Any]:
    """Update the agent once, by the drawn batch and replayed molecules, and remember the batch."""
    settings, smiles = run.settings, drawn.smiles
    allowed = rewards if run.diversity is None else run.diversity.penalise(smiles, rewards)
    gan_weight = 0.0 if critic is None else settings.gan_weight
    energy = mix(allowed, drawn.logits, gan_weight=gan_weight, reward_scale=settings.reward_scale * run.caution)
    replayed = run.replay.draw(settings.replay, np.random.default_rng([seed, run.step, run.rollbacks]))
    actions = [*drawn.actions, *(entry.actions for entry in replayed)]
    prior = np.concatenate([drawn.prior, [entry.prior for entry in replayed]])
    worth = np.concatenate([energy, [entry.energy for entry in replayed]])
    made = follow_energy(run.agent, run.optimizer, actions, prior, worth, settings, drawn=len(smiles), share=share)
    columns = (smiles, allowed.tolist(), energy.tolist(), drawn.prior.tolist(), drawn.actions)
    run.replay.add([Replayed(*entry) for entry in zip(*columns, strict=True) if entry[1] > 0])
    return {
        "loss": made.loss,
        "score": float(rewards.mean()),
        "best": run.replay.best[0].reward if run.replay.best else float("nan"),
        "best_smiles": run.replay.best[0].smiles if run.replay.best else "",
        "unique": len(set(smiles)) / len(smiles),
        "kl": made.log_ratio / len(smiles),
        **({} if drawn.logits is None else {"critic_logit": float(drawn.logits.mean())}),
        **({} if run.diversity is None else {"scaffolds": run.diversity.scaffolds}),
        "oracle_calls": run.oracle.calls,
        "gradient_norm": made.gradient_norm,
    }


def _roll_back(
    run: _Run,
    verdict: Verdict,
    healthy: tuple[dict[str, Tensor], dict[str, Any]],
    settings: ReinforceSettings,
    message: Callable[[str], None],
) -> None:
    """Go back to the last healthy state and continue with more caution, or stop there."""
    step, rollbacks = run.step, run.rollbacks + 1
    stop = settings.on_collapse == "stop" or rollbacks > settings.most_rollbacks
    events = run.outcome.events
    run.restore(*healthy, memories=False)
    run.watch.reset()
    run.rollbacks = rollbacks
    run.caution *= settings.rollback_factor
    for group in run.optimizer.param_groups:
        group["lr"] = settings.learning_rate * run.caution
    text = f"step {step}: {verdict.state}: {verdict.reason}; back to step {run.step}"
    text += ", stopped" if stop else f", learning rate and reward scale times {run.caution:g}"
    run.outcome.events = [*events, text]
    run.outcome.stopped = text if stop else None
    message(text)


def _draw(run: _Run, critic: Critic | None, seed: int, step: int, share: Share) -> DrawnBatch:
    """Draw the batch of a step."""
    drawn_by = step_seed(seed, step, run.rollbacks)
    return draw_batch(run.agent, run.prior, critic, run.settings, seed=drawn_by, share=share)


class _Run:
    """The state of the loop, which a checkpoint holds."""

    def __init__(self, agent: LikelihoodGenerator, oracle: OracleCache, settings: ReinforceSettings):
        self.agent = agent
        self.prior = copy.deepcopy(agent).requires_grad_(False)
        self.optimizer = torch.optim.Adam(agent.parameters(), settings.learning_rate)
        self.settings = settings
        self.oracle = oracle
        self.replay = ReplayMemory(settings.replay_size)
        self.diversity = None if settings.diversity is None else DiversityMemory(settings.diversity)
        self.watch = CollapseWatch(settings.collapse)
        self.step = 0
        self.rollbacks = 0
        self.caution = 1.0
        self.outcome = ReinforceOutcome()

    def snapshot(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """A copy of the state: tensors and JSON values."""
        tensors = collect_tensors(self._modules(), self.optimizer)
        state = {
            "step": self.step,
            "rollbacks": self.rollbacks,
            "caution": self.caution,
            "events": list(self.outcome.events),
            "stopped": self.outcome.stopped,
            "replay": self.replay.state_dict(),
            "diversity": None if self.diversity is None else self.diversity.state_dict(),
            "oracle": copy.deepcopy(self.oracle.state_dict()),
            "watch": self.watch.state_dict(),
        }
        return {name: tensor.detach().clone() for name, tensor in tensors.items()}, state

    def restore(self, tensors: Mapping[str, Tensor], state: Mapping[str, Any], *, memories: bool) -> None:
        """Go back to a snapshot. Without `memories` the known scores of the oracle are kept."""
        # A new optimiser, since a snapshot before the first step has no state to restore.
        self.optimizer = torch.optim.Adam(self.agent.parameters(), self.settings.learning_rate * state["caution"])
        restore_tensors(self._modules(), self.optimizer, tensors)
        self.step, self.rollbacks, self.caution = state["step"], state["rollbacks"], state["caution"]
        self.outcome = ReinforceOutcome(events=list(state["events"]), stopped=state["stopped"])
        self.replay.load_state_dict(state["replay"])
        if self.diversity is not None:
            self.diversity.load_state_dict(state["diversity"])
        self.watch.load_state_dict(state["watch"])
        if memories:
            self.oracle.load_state_dict(state["oracle"])

    def _modules(self) -> dict[str, LikelihoodGenerator]:
        return {"agent": self.agent, "prior": self.prior}
