"""Reinforcement learning: moves the agent towards the objective, anchored to the prior."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from molgan.evaluation.collapse import Verdict
from molgan.models.protocols import Critic, LikelihoodGenerator
from molgan.training.checkpoint import load_checkpoint, save_checkpoint
from molgan.training.loop import is_due, step_seed
from molgan.training.memory import OracleCache, Reward
from molgan.training.refusals import refuse_implausible, tell_refusals
from molgan.training.report import Report, report_again, silent
from molgan.training.rl.anchored_update import DrawnBatch, draw_batch, follow_energy, judge
from molgan.training.rl.energy import mix
from molgan.training.rl.reinforce_run import ReinforceOutcome, ReinforceRun
from molgan.training.rl.replay_memory import Encoded, Replayed
from molgan.training.rl.settings import ReinforceSettings
from molgan.training.share import ALONE, Share


def reinforce(
    agent: LikelihoodGenerator,
    reward: Reward,
    settings: ReinforceSettings,
    *,
    prior: LikelihoodGenerator | None = None,
    critic: Critic | None = None,
    start: Sequence[Encoded] = (),
    seed: int,
    checkpoint: Path | None = None,
    report: Report = silent,
    message: Callable[[str], None] = lambda text: None,
    share: Share = ALONE,
) -> ReinforceOutcome:
    """Train `agent` in place towards high reward, anchored to the prior.

    Each update draws a batch, scores its new molecules, and lowers the variance of log p_agent - log p_prior - energy
    over the batch and some replayed best molecules. Departures from REINVENT (Olivecrona et al. 2017; Blaschke et al.
    2020): the batch mean takes the place of a zero normaliser in the augmented likelihood; the critic has a share in
    the signal (`gan_weight`), so that molecules stay realistic; molecules that are not plausible get a reward of 0
    (`plausible`); a collapse watch takes the agent back to the last
    healthy checkpoint and lowers learning rate and reward scale, or stops.

    With `staleness` the next batch is drawn while this one is scored, by the agent before the update, except after a
    checkpoint.

    Args:
        agent: The generator.
        reward: The reward of SMILES, 0 to 1.
        settings: Settings of the training.
        prior: The anchor; the agent at the start by default.
        critic: The critic, if there is one.
        start: Molecules that are scored first, and that the replay memory starts with.
        seed: Seed of the random numbers.
        checkpoint: The folder from which the loop resumes exactly: weights, optimiser, memories, watch and counters.
        report: Takes the metrics.
        message: Takes messages of the collapse watch.
        share: This worker's part of every batch, where several workers train. The leading worker calls the reward, and
            all keep the same memories.
    """
    refuse = refuse_implausible(settings.plausible, [each.smiles for each in start])
    run = ReinforceRun(agent, prior or agent, OracleCache(reward, share, refuse), settings)
    if checkpoint is not None and (saved := load_checkpoint(checkpoint)) is not None:
        run.restore(*saved, memories=True)
        report_again(report, saved[1])
    else:
        _fill_replay(run, start, critic, share, message)
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
        else:
            run.note_score(metrics["score"])
        if verdict.state != "healthy" or saves or run.outcome.stopped is not None:
            healthy = run.snapshot()
            if checkpoint is not None:
                if share.leads:
                    save_checkpoint(checkpoint, healthy[0], {**healthy[1], "reported": metrics})
                saved_now = {"step": run.step}
        report(metrics, saved_now)
    run.outcome.oracle_calls, run.outcome.refused = run.oracle.calls, run.oracle.refused
    run.outcome.best = [Encoded(entry.smiles, entry.actions) for entry in run.replay.best]
    return run.outcome


def _fill_replay(
    run: ReinforceRun,
    start: Sequence[Encoded],
    critic: Critic | None,
    share: Share,
    message: Callable[[str], None],
) -> None:
    """Score molecules and put those with a reward into the replay memory, unless the prior cannot draw them."""
    if not start:
        return
    settings, smiles, actions = run.settings, [each.smiles for each in start], [each.actions for each in start]
    rewards = run.oracle(smiles)
    prior, logits = share.from_leader(lambda: judge(smiles, actions, run.prior, critic, settings))
    gan_weight = 0.0 if critic is None else settings.gan_weight
    energy = mix(rewards, logits, gan_weight=gan_weight, reward_scale=settings.reward_scale)
    rows = zip(smiles, rewards.tolist(), energy.tolist(), prior.tolist(), actions, strict=True)
    worthy = [entry for row in rows if (entry := Replayed(*row)).reward > 0 and np.isfinite(entry.prior)]
    run.replay.add(worthy)
    if share.leads:
        message(f"replay: starts with {len(worthy):,} of {len(start):,} molecules, which have a score above 0")


def _learn(
    run: ReinforceRun, drawn: DrawnBatch, rewards: np.ndarray, critic: Critic | None, seed: int, share: Share
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
        **({} if run.diversity is None else run.diversity.figures),
        "oracle_calls": run.oracle.calls,
        **({"refused": refused.total(), "refusals": tell_refusals(refused)} if (refused := run.oracle.refused) else {}),
        "gradient_norm": made.gradient_norm,
    }


def _roll_back(
    run: ReinforceRun,
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


def _draw(run: ReinforceRun, critic: Critic | None, seed: int, step: int, share: Share) -> DrawnBatch:
    """Draw the batch of a step."""
    drawn_by = step_seed(seed, step, run.rollbacks)
    return draw_batch(run.agent, run.prior, critic, run.settings, seed=drawn_by, share=share)
