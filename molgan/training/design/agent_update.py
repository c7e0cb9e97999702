"""Updates the agent by the elite, anchored to the prior."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from molgan.chem.stereo import UnknownStereo
from molgan.graphs.motif.actions import NotEncodable, encode
from molgan.graphs.motif.forcing import force, join, pad, split
from molgan.models.precision import autocast
from molgan.models.protocols import MotifTreeGenerator
from molgan.training.checkpoint import optimizer_tensors, restore_optimizer
from molgan.training.design.agent_losses import AGENT_LOSSES
from molgan.training.design.elite import Elite, Entry
from molgan.training.design.space import Space
from molgan.training.loop import update
from molgan.training.settings import OptimizeSettings


class AgentUpdate:
    """Moves the agent towards prior · exp(reward_scale · score / best score), by molecules of the elite."""

    def __init__(self, agent: MotifTreeGenerator, prior: MotifTreeGenerator, space: Space, settings: OptimizeSettings):
        self.agent = agent
        self.prior = copy.deepcopy(prior).requires_grad_(False)
        self._space = space
        self._settings = settings
        self._log_normaliser = nn.Parameter(torch.zeros((), device=agent.device))
        self._optimizer = self._make_optimizer()
        self._queued: list[tuple[Sequence[Entry], int]] = []

    def add(self, entries: Sequence[Entry], seed: int) -> None:
        """Queue new molecules of the elite, which are encoded before the next update."""
        self._queued.append((entries, seed))

    def encode(self) -> None:
        """Encode the queued molecules."""
        for entries, seed in self._queued:
            self._encode(entries, np.random.default_rng(seed))
        self._queued = []

    def restore_walks(self, entries: Sequence[Entry]) -> None:
        """Walk entries whose actions and prior are known through the grammar."""
        self._walk(entries, judged=True)

    def update_agent(self, elite: Elite, rng: np.random.Generator) -> dict[str, float]:
        """Encode new molecules, and update the agent a few times; returns figures of the last update."""
        self.encode()
        able = np.array([bool(entry.walks) for entry in elite.entries])
        if not able.any():
            return {}
        settings, entries = self._settings, elite.entries
        weights = np.where(able, elite.weights, 0)
        weights /= weights.sum()
        top = max((abs(entry.score) for entry in entries), default=0.0) or 1.0
        figures: dict[str, float] = {}
        for _ in range(settings.updates):
            picks = [int(i) for i in rng.choice(len(entries), settings.update_size, p=weights)]
            drawn = [(i, int(rng.integers(len(entries[i].walks)))) for i in picks]
            place = {pair: at for at, pair in enumerate(dict.fromkeys(drawn))}  # repeats are computed once
            with autocast(self.agent.device, enabled=settings.bf16):
                batch = join(self.agent.grammar, [entries[i].walks[k] for i, k in place])
                log_prob = self.agent.log_probs(batch).sum(1)[[place[pair] for pair in drawn]]
            prior = torch.tensor([entries[i].prior[k] for i, k in drawn]).to(log_prob)
            energy = torch.tensor([settings.reward_scale * entries[i].score / top for i in picks]).to(log_prob)
            loss = AGENT_LOSSES[settings.loss](log_prob, prior, energy, self._log_normaliser)
            norm = float(update(self._optimizer, loss, self.agent, clip=settings.clip))
            figures = {"log_prob": float(log_prob.detach().mean()), "prior": float(prior.mean()), "gradient_norm": norm}
        return figures

    def tensors(self) -> dict[str, Tensor]:
        return {"log_normaliser": self._log_normaliser.detach(), **optimizer_tensors(self._optimizer)}

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        self._log_normaliser.data.copy_(tensors["log_normaliser"])
        self._optimizer = self._make_optimizer()
        restore_optimizer(self._optimizer, tensors)

    def _encode(self, entries: Sequence[Entry], rng: np.random.Generator) -> None:
        for entry in entries:
            try:
                trees = self._space.training_trees(entry.mol, entry.tree, self._settings.roots, rng)
                entry.actions = list(dict.fromkeys(tuple(encode(tree, self.agent.vocabulary)) for tree in trees))
            except (NotEncodable, UnknownStereo, ValueError):
                entry.actions = []  # the molecule can be a parent, but not a training example
        self._walk(entries, judged=False)

    @torch.no_grad()
    def _walk(self, entries: Sequence[Entry], *, judged: bool) -> None:
        """Walk the actions of entries through the grammar, and compute their `prior`, unless `judged`."""
        sequences = [actions for entry in entries for actions in entry.actions]
        if not sequences:
            return
        forced = force(self.agent.grammar, pad(sequences, self.agent.device), self._settings.max_atoms)
        walks = iter(split(forced))
        with autocast(self.agent.device, enabled=self._settings.bf16):
            values = iter([0.0] * len(sequences) if judged else self.prior.log_probs(forced).sum(1).tolist())
        for entry in entries:
            kept = [(a, w, p) for a, w, p in zip(entry.actions, walks, values) if len(w.actions)]  # noqa: B905
            entry.actions, entry.walks = [a for a, _, _ in kept], [w for _, w, _ in kept]
            if not judged:
                entry.prior = [p for _, _, p in kept]

    def _make_optimizer(self) -> torch.optim.Optimizer:
        groups: list[dict[str, Any]] = [
            {"params": list(self.agent.parameters())},
            {"params": [self._log_normaliser], "lr": 0.1},  # Malkin et al. 2022 train it faster than the policy
        ]
        return torch.optim.Adam(groups, self._settings.learning_rate, fused=True)
