"""Draw a batch of action sequences from the network of a motif generator, step by step under the grammar."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from molgan.graphs.motif.grammar import GrammarState
from molgan.graphs.motif.script import Script
from molgan.models.motif.motif_head import MotifHead
from molgan.models.motif.motif_network import NEVER, MotifNetwork

_DENSE = 0.85  # below this share of unfinished rows the finished ones are dropped, which costs as much as a step
_ALIKE = 0.95  # above this share of distinct rows all rows are computed


@torch.no_grad()
def roll_out(
    net: MotifNetwork,
    chosen: np.ndarray,
    size: int,
    random: torch.Generator,
    *,
    max_atoms: int,
    prefixes: Sequence[Sequence[int]] = ((),),
    temperature: float = 1.0,
) -> tuple[np.ndarray, Tensor]:
    """Draw the chosen rows of a batch.

    Every row of the batch has its own random numbers, whether it is drawn or not. Rows with the same actions so far
    share the network's pass; in the first step all rows do.

    Args:
        net: Network of the generator.
        chosen: Indices of the n rows to draw, in ascending order.
        size: Rows of the whole batch.
        random: Source of the random numbers.
        max_atoms: Most heavy atoms of a molecule.
        prefixes: One sequence of actions for all rows, or one for each of the n, with FREE where a subtree grows.
        temperature: The logits are divided by it.

    Returns:
        Actions [n, T], -1 behind the end, and log-probabilities [n].

    Raises:
        ValueError: A prefix breaks the grammar.
    """
    n, device = len(chosen), net.device
    head = MotifHead(net, temperature)
    state = GrammarState(net.grammar, n, max_atoms)
    rows = torch.arange(n, device=device)  # the index among the n of each row of the state
    place = torch.from_numpy(chosen)
    last = torch.full((n,), net.grammar.start, device=device)
    memory = torch.zeros(net.settings.layers, 1, net.settings.hidden, device=device)
    group = torch.zeros(n, dtype=torch.long, device=device)  # the place of each row in the memory
    alike = len(prefixes) == 1
    total = torch.zeros(n, device=device)
    script = Script(net.grammar, state, prefixes)
    steps: list[Tensor] = []
    active = ~state.done
    while bool(active.any()):
        if float(active.float().mean()) < _DENSE:
            rows, last, group, state, place, script = (
                rows[active],
                last[active],
                group[active],
                state.select(active),
                place[active.cpu()],
                script.select(active),
            )
            active = active[active]
        forced = script.next(state)
        old, different, first, alike = group, state, last, alike and len(rows) > 1
        if alike:
            leaders, group = _leaders(group * (net.grammar.start + 1) + last)
            alike = len(leaders) < _ALIKE * len(rows)
        if alike:
            different, first, old = state.select(leaders), last[leaders], old[leaders]
        else:
            group = torch.arange(len(rows), device=device)
        inputs = net.embed(first, different.top, different.top_site, different.atoms, different.weight)[:, None]
        hidden, memory = net.recurrent(inputs, memory[:, old].to(inputs.dtype))
        uniform = torch.rand(size, generator=random)[place].to(device)
        action, log_prob = head.draw(hidden[:, 0], different, group, uniform, forced)
        if forced is not None and bool((active & (log_prob < NEVER / 2)).any()):
            raise ValueError(f"action {len(steps)} of the prefix is not allowed there")
        total[rows] += torch.where(active, log_prob, 0)
        step = torch.full((n,), -1, device=device)
        step[rows] = torch.where(active, action, -1)
        steps.append(step)
        state.step(action)
        last = action
        active = ~state.done
    return torch.stack(steps, dim=1).cpu().numpy(), total.cpu()


def _leaders(keys: Tensor) -> tuple[Tensor, Tensor]:
    """One row of each distinct key [G], and the index of its key for each row [N]."""
    distinct, group = keys.unique(return_inverse=True)
    leaders = torch.zeros(len(distinct), dtype=torch.long, device=keys.device)
    return leaders.scatter_(0, group, torch.arange(len(keys), device=keys.device)), group
