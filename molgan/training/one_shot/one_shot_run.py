"""The state of the adversarial training of a one-shot generator, which a checkpoint holds."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from molgan.evaluation.collapse import CollapseWatch, Verdict
from molgan.models.critics.dense_critic import DenseCritic, DenseRewardNetwork
from molgan.models.one_shot.one_shot_generator import OneShotGenerator
from molgan.training.checkpoint import optimizer_tensors, restore_optimizer, under_prefix, with_prefix
from molgan.training.diversity_memory import DiversityMemory
from molgan.training.memory import OracleCache, Reward
from molgan.training.one_shot.rollback import LastGood, Snapshot
from molgan.training.one_shot.settings import OneShotTrainingSettings

# The name in a checkpoint, and the attribute.
_COUNTERS = {
    "step": "step",
    "cures": "rollbacks",
    "caution": "caution",
    "penalty": "penalty",
    "reward_share": "reward_share",
}


@dataclass
class OneShotOutcome:
    """The result: actions of the watch, the reason of an early stop, if any, and distinct molecules scored."""

    events: list[str] = field(default_factory=list)
    stopped: str | None = None
    oracle_calls: int = 0


class OneShotRun:
    """The networks, their optimisers, memories and watch, and the factors of rollbacks.

    `caution`, `penalty` and `reward_share` are the products of the rollbacks' factors so far.
    """

    def __init__(
        self,
        generator: OneShotGenerator,
        critic: DenseCritic,
        settings: OneShotTrainingSettings,
        reward: Reward | None,
        reward_network: DenseRewardNetwork | None,
    ) -> None:
        """
        Args:
            generator: The generator.
            critic: The critic.
            settings: Settings of the training.
            reward: The reward of SMILES, 0 to 1, None without one.
            reward_network: Predicts the reward of graphs, None without one.
        """
        self.generator, self.critic, self.settings = generator, critic, settings
        self.averaged = copy.deepcopy(generator).requires_grad_(False) if settings.ema else generator
        self.reward_network = None if reward is None else reward_network
        # The anchor of the policy gradient.
        self.prior = None if settings.policy is None else copy.deepcopy(generator.rows).requires_grad_(False)
        self.oracle = None if reward is None else OracleCache(reward)
        self.diversity = None if settings.diversity is None else DiversityMemory(settings.diversity)
        self.watch = None if settings.collapse is None else CollapseWatch(settings.collapse)
        self.step = self.rollbacks = 0
        self.caution = self.penalty = self.reward_share = 1.0
        self.outcome = OneShotOutcome()
        self._start_optimizers()
        self._good = LastGood(self.snapshot(), self._span)

    @property
    def rewards(self) -> bool:
        """Whether the reward is used at this step."""
        begun = self.step > self.settings.reward_from * self.settings.steps
        return self.oracle is not None and self.settings.gan_weight < 1 and begun

    @property
    def by_likelihood(self) -> bool:
        """Whether the generator learns by its likelihood alone, so that no gradient passes through its draws."""
        return self.rewards and self.prior is not None and self.gan_weight == 0 and self.settings.entropy == 0

    @property
    def gan_weight(self) -> float:
        """MolGAN's lambda, after the changes by rollbacks."""
        return 1 - (1 - self.settings.gan_weight) * self.reward_share

    def offer(self) -> None:
        """Offer this state as a good one, unless the watch is suspicious."""
        if self.watch is not None and not self.watch.suspicious:
            self._good.offer(self.snapshot())

    def roll_back(self, verdict: Verdict) -> str:
        """Go back to the last good state and change the factors, or stop there; returns a sentence about it."""
        cure, step, rollbacks, good = self.settings.cure, self.step, self.rollbacks + 1, self._good.state
        stop = cure.action == "stop" or rollbacks > cure.most
        caution, penalty, share = self.caution, self.penalty, self.reward_share
        self._restore(*good)
        if self.watch is not None:
            self.watch.reset()
        self.rollbacks = rollbacks
        self.caution, self.penalty = caution * cure.learning_rate, penalty * cure.penalty
        self.reward_share = share * cure.reward_share
        factors = {"learning rates": self.caution, "penalties": self.penalty, "share of the reward": self.reward_share}
        text = f"step {step}: {verdict.state}: {verdict.reason}; back to step {self.step}"
        text += ", stopped" if stop else "".join(f", {name} times {factor:g}" for name, factor in factors.items())
        self.outcome.events = [*self.outcome.events, text]
        self.outcome.stopped = text if stop else None
        self._good = LastGood(self.snapshot(), self._span)
        return text

    def set_learning_rates(self, share: float) -> None:
        """Set the learning rates to a share of the configured ones, times the caution."""
        for optimizer, rate in zip(self._optimizers().values(), self._rates(), strict=True):
            for group in optimizer.param_groups:
                group["lr"] = rate * share * self.caution

    def snapshot(self) -> Snapshot:
        """A copy of the state without that of the oracle: tensors and JSON values."""
        tensors: dict[str, Tensor] = {}
        for name, module in self._modules().items():
            tensors |= with_prefix(name, module.state_dict())
        for name, optimizer in self._optimizers().items():
            tensors |= with_prefix(name, optimizer_tensors(optimizer))
        state = {
            **{name: getattr(self, attribute) for name, attribute in _COUNTERS.items()},
            "events": list(self.outcome.events),
            "stopped": self.outcome.stopped,
            "diversity": None if self.diversity is None else self.diversity.state_dict(),
            "watch": None if self.watch is None else self.watch.state_dict(),
        }
        return {name: tensor.detach().clone() for name, tensor in tensors.items()}, state

    def checkpoint(self) -> Snapshot:
        """Everything that `resume` needs: this state, the last good one if there is a watch, and the known scores."""
        tensors, state = self.snapshot()
        state["oracle"] = None if self.oracle is None else self.oracle.state_dict()
        if self.watch is not None:
            good, state["last_good"] = self._good.pack()
            tensors |= with_prefix("last", good)
        return tensors, state

    def resume(self, tensors: Mapping[str, Tensor], state: Mapping[str, Any]) -> None:
        """Continue from the state that `checkpoint` returned."""
        self._restore(tensors, state)
        if self.oracle is not None:
            self.oracle.load_state_dict(state["oracle"])
        if self.watch is not None:
            self._good = LastGood.unpack(under_prefix("last", tensors), state["last_good"], self._span)

    @property
    def _span(self) -> int:
        """The number of steps after which the watch has seen a whole window of samples."""
        window = 0 if self.settings.collapse is None else self.settings.collapse.window
        return -(-window // self.settings.watch_batch) * self.settings.watch_every

    def _restore(self, tensors: Mapping[str, Tensor], state: Mapping[str, Any]) -> None:
        for name, module in self._modules().items():
            module.load_state_dict(under_prefix(name, tensors))
        self._start_optimizers()
        for name, optimizer in self._optimizers().items():
            restore_optimizer(optimizer, under_prefix(name, tensors))
        for name, attribute in _COUNTERS.items():
            setattr(self, attribute, state[name])
        self.outcome = OneShotOutcome(events=list(state["events"]), stopped=state["stopped"])
        if self.diversity is not None:
            self.diversity.load_state_dict(state["diversity"])
        if self.watch is not None:
            self.watch.load_state_dict(state["watch"])

    def _start_optimizers(self) -> None:
        betas = self.settings.betas
        rate, critic_rate, *_ = self._rates()
        adam = partial(torch.optim.Adam, fused=True)
        self.optimizer = adam(self.generator.parameters(), rate, betas)
        self.critic_optimizer = adam(self.critic.parameters(), critic_rate, betas)
        network = self.reward_network
        self.reward_optimizer = None if network is None else adam(network.parameters(), critic_rate)

    def _rates(self) -> list[float]:
        rates = [self.settings.learning_rate, self.settings.critic_learning_rate]
        return [*rates, self.settings.critic_learning_rate] if self.reward_network is not None else rates

    def _modules(self) -> dict[str, nn.Module]:
        modules: dict[str, nn.Module] = {"generator": self.generator, "critic": self.critic}
        if self.averaged is not self.generator:
            modules["averaged"] = self.averaged
        if self.prior is not None:
            modules["prior"] = self.prior
        return modules if self.reward_network is None else {**modules, "reward": self.reward_network}

    def _optimizers(self) -> dict[str, torch.optim.Optimizer]:
        optimizers: dict[str, torch.optim.Optimizer] = {}
        optimizers |= {"of_generator": self.optimizer, "of_critic": self.critic_optimizer}
        if self.reward_optimizer is not None:
            optimizers["of_reward"] = self.reward_optimizer
        return optimizers
