"""The state of reinforcement learning, which a checkpoint holds; see `reinforce`."""

from __future__ import annotations

import copy
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from molgan.evaluation.collapse import CollapseWatch
from molgan.models.protocols import LikelihoodGenerator
from molgan.training.diversity_memory import DiversityMemory
from molgan.training.loop import collect_tensors, restore_tensors
from molgan.training.memory import OracleCache
from molgan.training.rl.replay_memory import Encoded, ReplayMemory
from molgan.training.rl.settings import ReinforceSettings


@dataclass
class ReinforceOutcome:
    """The result: distinct molecules scored, those refused before, by reason, actions of the collapse watch, the reason
    of an early stop, if any (target, plateau, or what the watch found), and the molecules of the replay memory, best
    first."""

    oracle_calls: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    events: list[str] = field(default_factory=list)
    stopped: str | None = None
    best: list[Encoded] = field(default_factory=list)


class ReinforceRun:
    """The state of the loop."""

    def __init__(
        self,
        agent: LikelihoodGenerator,
        prior: LikelihoodGenerator,
        oracle: OracleCache,
        settings: ReinforceSettings,
    ) -> None:
        """The agent is trained in place; the prior, the anchor, is copied."""
        self.agent = agent
        self.prior = copy.deepcopy(prior).requires_grad_(False)
        self.optimizer = torch.optim.Adam(agent.parameters(), settings.learning_rate)
        self.settings = settings
        self.oracle = oracle
        self.replay = ReplayMemory(settings.replay_size)
        self.diversity = None if settings.diversity is None else DiversityMemory(settings.diversity)
        self.watch = CollapseWatch(settings.collapse)
        self.step = 0
        self.rollbacks = 0
        self.caution = 1.0
        self.best = -math.inf  # the best mean score of a batch
        self.improved = 0  # the step that had it
        self.outcome = ReinforceOutcome()

    def note_score(self, mean: float) -> None:
        """Note the mean score of the step's batch, and whether training has reached its target or a plateau."""
        if mean > self.best + 1e-9:
            self.best, self.improved = mean, self.step
        settings = self.settings
        if settings.target is not None and mean >= settings.target:
            self.outcome.stopped = "target"
        elif settings.patience is not None and self.step - self.improved >= settings.patience:
            self.outcome.stopped = "plateau"

    def snapshot(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """A copy of the state: tensors and JSON values."""
        tensors = collect_tensors(self._modules(), self.optimizer)
        state = {
            "step": self.step,
            "rollbacks": self.rollbacks,
            "caution": self.caution,
            "best": self.best if math.isfinite(self.best) else None,
            "improved": self.improved,
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
        self.best, self.improved = -math.inf if state["best"] is None else state["best"], state["improved"]
        self.outcome = ReinforceOutcome(events=list(state["events"]), stopped=state["stopped"])
        self.replay.load_state_dict(state["replay"])
        if self.diversity is not None:
            self.diversity.load_state_dict(state["diversity"])
        self.watch.load_state_dict(state["watch"])
        if memories:
            self.oracle.load_state_dict(state["oracle"])

    def _modules(self) -> dict[str, LikelihoodGenerator]:
        return {"agent": self.agent, "prior": self.prior}
