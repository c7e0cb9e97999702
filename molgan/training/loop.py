"""Functions that the training loops share: seeds of steps, learning rates, updates, averaged weights, checkpoints."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import LambdaLR

from molgan.base.errors import WeightsError
from molgan.models.protocols import Network
from molgan.models.threads import map_in_threads
from molgan.training.checkpoint import (
    load_checkpoint,
    optimizer_tensors,
    restore_optimizer,
    save_checkpoint,
    under_prefix,
    with_prefix,
)
from molgan.training.share import ALONE, Share


def step_seed(seed: int, *where: int) -> int:
    """A seed for one step of a loop, so that a resumed loop draws what the undisturbed one would have drawn."""
    return int(np.random.SeedSequence([seed, *where]).generate_state(1, np.uint32)[0])


def is_due(step: int, steps: int, every: int) -> bool:
    """Whether something that happens `every` so many steps, and at the last of `steps`, happens at this one."""
    return step % every == 0 or step == steps


def warm_up_and_decay(optimizer: torch.optim.Optimizer, *, warmup: int, decay: int, steps: int, done: int) -> LambdaLR:
    """A learning rate that rises linearly over the first `warmup` steps and falls linearly over the last `decay` steps.

    Args:
        optimizer: The optimiser whose learning rate is scheduled.
        warmup: Steps over which the rate rises to its full value.
        decay: Steps over which it falls, to 0 after the last step.
        steps: The number of steps of the training.
        done: The number of finished steps.
    """

    def factor(step: int) -> float:
        return min(1.0, step / max(1, warmup), max(0.0, (steps - step + 1) / max(1, decay)))

    return LambdaLR(optimizer, lambda later: factor(done + 1 + later))


def update(
    optimizer: torch.optim.Optimizer, loss: Tensor, network: Network, *, clip: float, share: Share = ALONE
) -> Tensor:
    """Take one step of the optimiser with a clipped gradient.

    Args:
        optimizer: The optimiser.
        loss: The loss, a scalar; the losses of all workers add up to that of the batch.
        network: The network whose gradient is clipped.
        clip: Largest norm of the gradient over all parameters of the network.
        share: This worker's part, where several workers train.

    Returns:
        The norm of the gradient before clipping.
    """
    optimizer.zero_grad()
    loss.backward()
    return take_step(optimizer, network, clip=clip, share=share)


def add_gradients(network: Network, losses: Sequence[Callable[[], Tensor]]) -> Tensor:
    """Set the gradients of the sum of some losses, each computed in a thread of its own; returns the sum.

    On two cores two threads that have half of a batch each are faster than two that share every operation, most of
    which are too short for that.
    """
    parameters = [parameter for parameter in network.parameters() if parameter.requires_grad]

    def differentiate(loss: Callable[[], Tensor]) -> tuple[Tensor, Sequence[Tensor | None]]:
        value = loss()
        return value.detach(), torch.autograd.grad(value, parameters, allow_unused=True)

    total: Tensor | None = None
    for parameter in parameters:
        parameter.grad = None
    for value, gradients in map_in_threads(differentiate, losses, parameters[0].device):
        total = value if total is None else total + value
        for parameter, gradient in zip(parameters, gradients, strict=True):
            if gradient is not None:
                parameter.grad = gradient if parameter.grad is None else parameter.grad.add_(gradient)
    assert total is not None  # there is at least one loss
    return total


def take_step(optimizer: torch.optim.Optimizer, network: Network, *, clip: float, share: Share = ALONE) -> Tensor:
    """Take one step of the optimiser by the gradients that the network has; as `update`."""
    share.sum_gradients(network.parameters())
    norm = torch.nn.utils.clip_grad_norm_(network.parameters(), clip)
    optimizer.step()
    return norm


@torch.no_grad()
def update_average(average: nn.Module, current: nn.Module, *, decay: float, step: int) -> None:
    """Move the exponential moving average of the weights towards the current ones, after step `step` from 1.

    In early steps the average follows quickly, so that the first weights are forgotten.
    """
    keep = min(decay, (1 + step) / (10 + step))
    for averaged, parameter in zip(average.parameters(), current.parameters(), strict=True):
        averaged.lerp_(parameter, 1 - keep)


def save(
    folder: Path,
    modules: Mapping[str, Network],
    optimizer: torch.optim.Optimizer,
    state: Mapping[str, Any],
    share: Share = ALONE,
) -> None:
    """Replace the checkpoint in `folder`.

    Args:
        folder: The folder of the checkpoint.
        modules: The networks, by their names in the checkpoint.
        optimizer: The optimiser.
        state: JSON values.
        share: Where several workers train, only the leading one writes.

    Raises:
        RunError: The checkpoint cannot be written.
    """
    if share.leads:
        save_checkpoint(folder, collect_tensors(modules, optimizer), state)


def resume(
    folder: Path | None,
    modules: Mapping[str, Network],
    optimizer: torch.optim.Optimizer,
    identity: Mapping[str, Any] | None = None,
) -> dict[str, Any] | None:
    """Restore modules and optimiser from the checkpoint in `folder`; returns its state, None without a checkpoint.

    Raises WeightsError where the checkpoint is damaged, or its state has another `identity`.
    """
    saved = None if folder is None else load_checkpoint(folder)
    if saved is None:
        return None
    tensors, state = saved
    if identity is not None:
        check_identity(folder, state, identity)
    restore_tensors(modules, optimizer, tensors)
    return state


def check_identity(folder: Path | None, state: Mapping[str, Any], identity: Mapping[str, Any]) -> None:
    """Raise WeightsError where the state of a checkpoint was saved by a training with other settings or data."""
    if state["identity"] != identity:
        raise WeightsError(f"{folder}: a checkpoint of another training; delete it or change the run folder")


def collect_tensors(modules: Mapping[str, Network], optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """The tensors of modules, each under its name, and of an optimiser."""
    named = (with_prefix(name, module.state_dict()) for name, module in modules.items())
    return {key: tensor for tensors in named for key, tensor in tensors.items()} | optimizer_tensors(optimizer)


def restore_tensors(
    modules: Mapping[str, Network], optimizer: torch.optim.Optimizer, tensors: Mapping[str, Tensor]
) -> None:
    """Restore the tensors from `collect_tensors`."""
    for name, module in modules.items():
        module.load_state_dict(under_prefix(name, tensors))
    restore_optimizer(optimizer, tensors)
