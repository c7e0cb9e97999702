"""Draw a batch of action sequences from a motif generator, step by step under the grammar."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from molgan.graphs.forcing import PAD
from molgan.graphs.grammar import GrammarState
from molgan.graphs.motif_actions import FIRST_MOTIF
from molgan.graphs.script import Script

if TYPE_CHECKING:
    from molgan.models.motif import MotifGenerator

NEVER = -1e9  # a logit that no action takes; finite, so that its gradient is 0 and not NaN
_DENSE = 0.75  # share of unfinished rows below which the finished ones are dropped: dropping costs as much as a step
_INSIDE = 1 - 1e-6  # keeps rounding from reaching past the last allowed action


@torch.no_grad()
def roll_out(
    net: MotifGenerator,
    chosen: np.ndarray,
    size: int,
    random: torch.Generator,
    *,
    max_atoms: int,
    prefixes: Sequence[Sequence[int]] = ((),),
    temperature: float = 1.0,
) -> tuple[np.ndarray, Tensor]:
    """Actions [n, T], -1 behind the end, and log-probabilities [n] of the `chosen` n rows of a batch of `size`.

    Every row of the batch has random numbers of its own, drawn or not. `prefixes` is one for all rows, or one for each
    of the n, with FREE where a subtree grows. Raises ValueError where a prefix breaks the grammar.
    """
    n, device = len(chosen), net.device
    head = _Head(net, temperature)
    state = GrammarState(net.grammar, n, max_atoms)
    rows = torch.arange(n, device=device)  # which of the n each row of the state is
    place = torch.from_numpy(chosen)
    last = torch.full((n,), net.grammar.start, device=device)
    memory = torch.zeros(net.settings.layers, n, net.settings.hidden, device=device)
    total = torch.zeros(n, device=device)
    script = Script(net.grammar, state, prefixes)
    steps: list[Tensor] = []
    active = ~state.done
    while bool(active.any()):
        if float(active.float().mean()) < _DENSE:
            rows, last, memory, state, place, script = (
                rows[active],
                last[active],
                memory[:, active],
                state.select(active),
                place[active.cpu()],
                script.select(active),
            )
            active = active[active]
        inputs = net.embed(last, state.top, state.top_site, state.atoms, state.weight)[:, None]
        hidden, memory = net.recurrent(inputs, memory.to(inputs.dtype))
        forced = script.next(state)
        uniform = torch.rand(size, generator=random)[place].to(device)
        action, log_prob = head.draw(hidden[:, 0], state, uniform, forced)
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


class _Head:
    """The generator's last layer, in two parts: structural actions for all rows, motifs where one may come."""

    def __init__(self, net: MotifGenerator, temperature: float):
        dtype = (
            torch.get_autocast_dtype(net.device.type) if torch.is_autocast_enabled(net.device.type) else torch.float32
        )
        weight, bias = net.head.weight.to(dtype), net.head.bias.to(dtype)
        self.structural = weight[:FIRST_MOTIF], bias[:FIRST_MOTIF]
        self.motifs = weight[FIRST_MOTIF:], bias[FIRST_MOTIF:]
        self.temperature = temperature

    def draw(
        self, hidden: Tensor, state: GrammarState, uniform: Tensor, forced: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """One action a row by inverting the distribution function at `uniform` (0..1), and its log-probability.

        `forced` is the action of the rows that have no choice, PAD in the others.
        """
        structural = self._logits(hidden, self.structural, state.structural_mask())
        at = state.motif_due().nonzero()[:, 0]
        motifs = self._logits(hidden[at], self.motifs, state.motif_mask(at))
        below, log_weight = _cumulated(structural)
        above, of_motifs = _cumulated(motifs)
        # A motif is due with this probability, a structural action with the rest.
        motif_share = torch.zeros_like(log_weight)
        motif_share[at] = torch.sigmoid(of_motifs - log_weight[at])
        log_weight[at] = torch.logaddexp(log_weight[at], of_motifs)
        within = uniform / (1 - motif_share)  # of the structural actions; from 1 on, of the motifs
        action = _invert(below, within)
        beyond = (uniform[at] + motif_share[at] - 1) / motif_share[at].clamp(min=1e-30)
        action[at] = torch.where(within[at] < 1, action[at], FIRST_MOTIF + _invert(above, beyond))
        if forced is not None:
            action = torch.where(forced == PAD, action, forced)
        logit = structural.gather(1, action.clamp(max=FIRST_MOTIF - 1)[:, None])[:, 0]
        logit = torch.where(action < FIRST_MOTIF, logit, NEVER)
        if motifs.shape[1]:
            of_motif = motifs.gather(1, (action[at] - FIRST_MOTIF).clamp(min=0)[:, None])[:, 0]
            logit[at] = torch.where(action[at] < FIRST_MOTIF, logit[at], of_motif)
        return action, torch.where(logit > NEVER / 2, logit - log_weight, NEVER)

    def _logits(self, hidden: Tensor, layer: tuple[Tensor, Tensor], allowed: Tensor) -> Tensor:
        logits = functional.linear(hidden.to(layer[0].dtype), *layer).float()
        return logits.div_(self.temperature).masked_fill_(~allowed, NEVER)


def _cumulated(logits: Tensor) -> tuple[Tensor, Tensor]:
    """The distribution function of each row [N, K], and the logarithm of its weight [N]."""
    if not logits.shape[1]:
        return logits, logits.new_full((len(logits),), NEVER)
    probabilities = logits.softmax(1)
    # The most likely action's probability is 1 over the weight, measured from its logit.
    return probabilities.cumsum(1), logits.amax(1) - probabilities.amax(1).log()


def _invert(cumulated: Tensor, uniform: Tensor) -> Tensor:
    """The action at `uniform` (0..1) of each row's distribution function, [N]."""
    if not cumulated.shape[1]:
        return torch.zeros_like(uniform, dtype=torch.long)
    threshold = uniform.clamp(0, 1) * cumulated[:, -1] * _INSIDE
    return torch.searchsorted(cumulated, threshold[:, None], right=True)[:, 0].clamp(max=cumulated.shape[1] - 1)
