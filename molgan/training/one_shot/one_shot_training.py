"""Adversarial training of a one-shot generator: MolGAN's three networks, and the watch for collapse."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from molgan.evaluation.collapse import Verdict
from molgan.graphs.dense.dense_data import DenseData
from molgan.graphs.dense.dense_graph import decode
from molgan.models.critics.dense_critic import DenseCritic, DenseRewardNetwork
from molgan.models.one_shot.one_shot_generator import OneShotGenerator
from molgan.models.one_shot.soft_graphs import SoftGraphs, harden, one_hot
from molgan.models.precision import autocast
from molgan.training.checkpoint import load_checkpoint, save_checkpoint
from molgan.training.loop import check_identity, is_due, step_seed, update_average
from molgan.training.memory import Reward
from molgan.training.one_shot.gan_losses import GAN_LOSSES
from molgan.training.one_shot.gradient_penalties import gradient_penalty, zero_centred_penalty
from molgan.training.one_shot.likelihood import anchor_loss, targets_of
from molgan.training.one_shot.one_shot_run import OneShotOutcome, OneShotRun
from molgan.training.one_shot.policy_gradient import follow_reward
from molgan.training.one_shot.settings import OneShotTrainingSettings
from molgan.training.report import Report, report_again, silent


def train_oneshot(
    generator: OneShotGenerator,
    critic: DenseCritic,
    data: DenseData,
    settings: OneShotTrainingSettings,
    *,
    reward: Reward | None = None,
    reward_network: DenseRewardNetwork | None = None,
    seed: int,
    checkpoint: Path | None = None,
    report: Report = silent,
    message: Callable[[str], None] = lambda text: None,
) -> OneShotOutcome:
    """Train `generator` in place against `critic`, and for a `reward` that `reward_network` predicts.

    A step updates the critic `critic_steps` times, the reward network once, and the generator once, with
    gan_weight · adversarial + (1 - gan_weight) · scale · (-predicted reward).

    Departures from MolGAN (De Cao & Kipf 2018): atoms and bonds in Kekulé form with charges, in canonical order; real
    molecules are drawn with replacement, so that a run is so many steps and not epochs; training does not stop where
    uniqueness falls below 2%, unless the watch is on. Levers that MolGAN does not have are off by default: other losses
    and penalties, packing, the averaged generator, size curriculum, diversity, entropy, anchor, watch; so is `policy`,
    by which a generator with `rows` follows the reward itself and not a network's prediction of it.

    A conditional generator draws for the targets of real molecules, and the critic judges graphs with their targets.
    The watch draws molecules now and then; on collapse or divergence the training goes back to its last good state
    (`LastGood`) and changes the factors of `cure`.

    Args:
        generator: The generator.
        critic: The critic.
        data: Real molecules as dense graphs.
        settings: Settings of the training.
        reward: The reward of SMILES, 0 to 1.
        reward_network: Predicts the reward of graphs, with gradients.
        seed: Seed of the random numbers.
        checkpoint: The folder from which the loop resumes exactly.
        report: Takes the metrics.
        message: Takes messages of the watch.

    Raises:
        WeightsError: The checkpoint belongs to another training.
    """
    rows = _choose_rows(len(data), settings.molecules, seed)
    run = OneShotRun(generator, critic, settings, reward, reward_network)
    about = {"seed": seed, "molecules": len(rows), "network": generator.settings.model_dump(mode="json")}
    identity = {**about, **settings.model_dump(mode="json")}
    if checkpoint is not None and (saved := load_checkpoint(checkpoint)) is not None:
        check_identity(checkpoint, saved[1], identity)
        run.resume(*saved)
        report_again(report, saved[1])
    while run.step < settings.steps and run.outcome.stopped is None:
        run.step += 1
        rng = torch.Generator().manual_seed(step_seed(seed, run.step, run.rollbacks))
        run.set_learning_rates((settings.steps - run.step + 1) / settings.steps if settings.decay else 1.0)
        small = curriculum_rows(data, rows, run.step, settings)
        metrics: dict[str, Any] = {"step": run.step, "steps": settings.steps}
        turns = settings.critic_steps + (settings.critic_warmup if run.step == 1 else 0)
        for turn in range(turns):
            fake = _generate(run, data, small, rng, trains=turn == turns - 1 and not run.by_likelihood)
            metrics |= _update_critic(run, data, small, fake.detach(), turn, rng)
        # The last molecules serve all three networks; the generator has not changed since they were drawn.
        if run.reward_network is not None:
            metrics |= _update_reward_network(run, data, small, fake.detach().graphs, rng)
        metrics |= _update_generator(run, data, small, fake, rng)
        verdict = _watch(run, metrics, rng)
        if verdict.state != "healthy":
            message(run.roll_back(verdict))
            metrics |= {"event": "collapse", "message": run.outcome.events[-1]}
        saves = is_due(run.step, settings.steps, settings.checkpoint_every) or "event" in metrics
        if saves and "event" not in metrics:
            run.offer()
        saved_now = {"step": run.step} if saves and checkpoint is not None else None
        if saved_now and checkpoint is not None:
            tensors, state = run.checkpoint()
            save_checkpoint(checkpoint, tensors, {**state, "identity": identity, "reported": metrics})
        if is_due(metrics["step"], settings.steps, settings.report_every) or saved_now or "event" in metrics:
            report(metrics, saved_now)
    generator.load_state_dict(run.averaged.state_dict())
    generator.eval()
    run.outcome.oracle_calls = 0 if run.oracle is None else run.oracle.calls
    return run.outcome


class _Batch(NamedTuple):
    """Graphs, their targets [B, names], and the rows of the data that the targets belong to."""

    graphs: SoftGraphs
    targets: Tensor | None
    rows: np.ndarray

    def judge(self, critic: DenseCritic) -> Tensor:
        logits: Tensor = critic(*self.graphs, self.targets)
        return logits

    def detach(self) -> _Batch:
        return self._replace(graphs=self.graphs.detach())


def _generate(run: OneShotRun, data: DenseData, rows: np.ndarray, rng: torch.Generator, *, trains: bool) -> _Batch:
    """Draw graphs for the targets of real molecules, with gradients if the generator `trains` on them."""
    chosen, n = np.empty(0, dtype=np.int64), run.settings.batch_size
    if data.targets is not None:
        chosen = rows[torch.randint(len(rows), (n,), generator=rng).numpy()]
    targets = None if data.targets is None else targets_of(data, chosen)
    with torch.set_grad_enabled(trains), autocast(enabled=run.settings.bf16):
        nodes, bonds = run.generator.graphs(n, rng, targets)
    return _Batch(SoftGraphs(nodes.float(), bonds.float()), targets, chosen)


def _update_critic(
    run: OneShotRun, data: DenseData, rows: np.ndarray, fake: _Batch, turn: int, rng: torch.Generator
) -> dict[str, Any]:
    settings = run.settings
    real = _draw_real(data, rows, settings.batch_size, rng)
    on_real, on_fake = real.judge(run.critic), fake.judge(run.critic)
    loss = GAN_LOSSES[settings.loss].critic(on_real, on_fake)
    if ((run.step - 1) * settings.critic_steps + turn) % settings.penalty_every == 0:
        penalty = torch.zeros(())
        if settings.gradient_penalty:
            for_fake = partial(run.critic, targets=fake.targets)
            penalty = penalty + settings.gradient_penalty * gradient_penalty(for_fake, real.graphs, fake.graphs, rng)
        for weight, batch in ((settings.r1, real), (settings.r2, fake)):
            if weight:
                slopes = zero_centred_penalty(partial(run.critic, targets=batch.targets), batch.graphs)
                penalty = penalty + weight * slopes
        loss = loss + penalty * settings.penalty_every * run.penalty
    norm = _step(run.critic_optimizer, loss, run.critic, settings.clip)
    gap = (on_real.mean() - on_fake.mean()).item()
    return {"critic_loss": loss.item(), "critic_gap": gap, "critic_gradient_norm": norm}


def _update_reward_network(
    run: OneShotRun, data: DenseData, rows: np.ndarray, fake: SoftGraphs, rng: torch.Generator
) -> dict[str, Any]:
    """Train the reward network on real and generated molecules; repeats and full scaffolds get a lower reward."""
    settings, network = run.settings, run.reward_network
    assert network is not None and run.oracle is not None and run.reward_optimizer is not None
    real = _draw_real(data, rows, settings.batch_size, rng)
    smiles = [molecule.smiles for molecule in decode(harden(fake, run.generator.settings.atoms))]
    earned = run.oracle([text for text in smiles if text is not None])
    allowed = earned
    valid = [text for text in smiles if text is not None]
    if run.diversity is not None and run.rewards:
        allowed = run.diversity.penalise(valid, earned)
    first = {text: i for i, text in reversed(list(enumerate(valid)))}
    repeated = np.array([first[text] != i for i, text in enumerate(valid)], dtype=float)
    targets = torch.zeros(len(smiles))
    targets[[i for i, text in enumerate(smiles) if text is not None]] = torch.from_numpy(
        np.clip(allowed - settings.repeat_penalty * repeated, 0, 1)
    ).float()
    known = torch.from_numpy(run.oracle([data.smiles[i] for i in real.rows])).float()
    loss = network.loss(real.graphs, known) + network.loss(fake, targets)
    _step(run.reward_optimizer, loss, network, settings.clip)
    score = float(earned.sum() / len(smiles))
    return {"reward_loss": loss.item(), "score": score, "valid": len(valid) / len(smiles)}


def _update_generator(
    run: OneShotRun, data: DenseData, rows: np.ndarray, fake: _Batch, rng: torch.Generator
) -> dict[str, Any]:
    settings = run.settings
    real = _draw_real(data, rows, settings.batch_size, rng)
    with torch.no_grad():
        on_real = real.judge(run.critic)
    loss = adversarial = GAN_LOSSES[settings.loss].generator(on_real, fake.judge(run.critic))
    metrics = {"loss": adversarial.item()}
    if run.rewards and run.reward_network is not None:
        predicted = run.reward_network(*fake.graphs).mean()
        scale = (adversarial / predicted).abs().detach() if settings.balance else 1.0
        loss = run.gan_weight * adversarial - (1 - run.gan_weight) * scale * predicted
        metrics |= {"predicted_reward": predicted.item(), "gan_weight": run.gan_weight}
    if run.rewards and run.prior is not None:
        followed, score = follow_reward(run, fake.graphs, fake.targets)
        loss = run.gan_weight * adversarial + (1 - run.gan_weight) * followed
        metrics |= {"policy_loss": followed.item(), "score": score, "gan_weight": run.gan_weight}
    if settings.entropy:
        spread = _entropy(run.generator, fake)
        loss = loss - settings.entropy * spread
        metrics |= {"entropy": spread.item()}
    if settings.anchor:
        held = anchor_loss(run.generator, data.rows(real.rows).graphs, real.targets)
        loss = loss + settings.anchor * held
        metrics |= {"anchor": held.item()}
    metrics["gradient_norm"] = _step(run.optimizer, loss, run.generator, settings.clip)
    if settings.ema:
        update_average(run.averaged, run.generator, decay=settings.ema, step=run.step)
    return metrics


def _watch(run: OneShotRun, metrics: dict[str, Any], rng: torch.Generator) -> Verdict:
    """The verdict of the watch on a few new molecules, and on the critic gap and gradient of this step."""
    settings = run.settings
    if run.watch is None or run.step < settings.watch_from * settings.steps:
        finite = all(math.isfinite(value) for value in metrics.values() if isinstance(value, float))
        return Verdict("healthy") if finite else Verdict("diverging", "a loss is not finite")
    smiles: list[str | None] = []
    if run.step % settings.watch_every == 0:
        seed = int(torch.randint(2**62, (), generator=rng))
        drawn = run.generator.sample(settings.watch_batch, seed=seed, batch=settings.watch_batch)
        smiles = [molecule.smiles for molecule in drawn]
    verdict = run.watch.update(smiles, critic_gap=metrics["critic_gap"], gradient_norm=metrics["gradient_norm"])
    metrics |= {name: verdict.figures[name] for name in verdict.figures}
    return verdict


def _step(optimizer: torch.optim.Optimizer, loss: Tensor, module: nn.Module, clip: float) -> float:
    """Take one step of the optimiser; returns the norm of the gradient before clipping."""
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    gradients = torch.autograd.grad(loss, parameters, allow_unused=True)
    for parameter, gradient in zip(parameters, gradients, strict=True):
        parameter.grad = gradient
    norm = torch.nn.utils.clip_grad_norm_(parameters, clip or math.inf)
    optimizer.step()
    return float(norm)


def _choose_rows(molecules: int, wanted: int | None, seed: int) -> np.ndarray:
    """The rows of the training data that are used, in ascending order."""
    if wanted is None or wanted >= molecules:
        return np.arange(molecules)
    return np.sort(np.random.default_rng([seed, molecules]).choice(molecules, wanted, replace=False))


def curriculum_rows(data: DenseData, rows: np.ndarray, step: int, settings: OneShotTrainingSettings) -> np.ndarray:
    """The rows of the molecules that are small enough for this step of the curriculum."""
    if settings.curriculum is None:
        return rows
    largest, start = int(data.sizes[rows].max()), settings.curriculum.start
    share = min(1.0, (step - 1) / max(1, settings.curriculum.until * settings.steps))
    small = rows[data.sizes[rows] <= start + math.floor(share * (largest - start) + 1e-9)]
    return small if len(small) else rows


def _draw_real(data: DenseData, rows: np.ndarray, n: int, rng: torch.Generator) -> _Batch:
    """Real molecules, drawn with replacement."""
    chosen = rows[torch.randint(len(rows), (n,), generator=rng).numpy()]
    return _Batch(one_hot(data.graphs, chosen), targets_of(data, chosen), chosen)


def _entropy(generator: OneShotGenerator, fake: _Batch) -> Tensor:
    """The entropy in nats: with `rows` that of the draws; else the mean over positions and pairs of the entropy of the
    categories in the batch, 0 if all graphs are the same."""
    graphs = fake.graphs
    if generator.settings.rows is not None:
        rows = torch.from_numpy(generator.rows.vocabulary.encode(harden(graphs, generator.settings.atoms)))
        own: Tensor = generator.rows.entropy(rows, fake.targets).mean()
        return own
    shares = [graphs.nodes.mean(0).flatten(0, -2), graphs.bonds.mean(0).flatten(0, -2)]
    entropies = [-(share * share.clamp(min=1e-8).log()).sum(-1) for share in shares]
    return torch.cat(entropies).mean()
