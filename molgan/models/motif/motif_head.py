"""Draw one action per row from the hidden states of a motif generator, under the grammar."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from molgan.base.errors import WeightsError
from molgan.graphs.motif.actions import FIRST_MOTIF, MOST_SITES
from molgan.graphs.motif.forcing import PAD
from molgan.graphs.motif.grammar import GrammarState
from molgan.models.motif.motif_network import NEVER, MotifNetwork

_BLOCK = 64  # adjacent actions whose probabilities are summed before they are searched
_BUDGETS = (4, 8, 11, MOST_SITES)  # ranges of heavy atoms left; no logits are computed for larger motifs
_INSIDE = 1 - 1e-6  # keeps rounding from reaching past the last allowed action


class MotifHead:
    """The generator's last layer, in parts: structural actions for all rows, motifs where a motif may come.

    Only motifs that fit into the atoms left are computed, by ranges of that number, since most motifs are large.
    """

    def __init__(self, net: MotifNetwork, temperature: float):
        grammar, device = net.grammar, net.device
        dtype = torch.get_autocast_dtype(device.type) if torch.is_autocast_enabled(device.type) else torch.float32
        weight, bias = net.head.weight.to(dtype), net.head.bias.to(dtype)
        structural = torch.arange(FIRST_MOTIF, device=device)
        self.structural = _Layer.of(weight, bias, structural, None, temperature)
        self._all = weight, bias, temperature
        self._grammar = grammar
        self._motifs: dict[int, _Layer] = {}
        self.edges = torch.tensor(_BUDGETS[:-1], device=device)

    def _layer(self, kind: int) -> _Layer:
        """The motifs of a range, cut out when first needed, since a copy costs as much as a short step."""
        if kind not in self._motifs:
            weight, bias, temperature = self._all
            fitting = (self._grammar.sizes[FIRST_MOTIF:] <= _BUDGETS[kind]).nonzero()[:, 0]
            within = self._grammar.within[:, :, fitting].flatten(0, 1)
            self._motifs[kind] = _Layer.of(weight, bias, FIRST_MOTIF + fitting, within, temperature)
        return self._motifs[kind]

    def draw(
        self, hidden: Tensor, state: GrammarState, group: Tensor, uniform: Tensor, forced: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """Draw one action per row, with its log-probability, by inverting the distribution function.

        Args:
            hidden: Hidden states of the G distinct rows, [G, H].
            state: Grammar state of the G distinct rows.
            group: Index of the distinct row of each row, [N].
            uniform: Values of the distribution function, 0..1, [N].
            forced: Actions of the rows without a choice, PAD for the others, [N]; None where all rows have a choice.

        Returns:
            Actions [N] and log-probabilities [N].

        Raises:
            WeightsError: The network gives numbers that are not finite.
        """
        structural = self.structural.distribution(hidden, state.structural_mask())
        log_weight = structural.log_weight.clone()
        motif_share = torch.zeros_like(log_weight)
        parts = []
        due = state.motif_due().nonzero()[:, 0]
        kind = torch.bucketize(state.budget[due], self.edges)
        for i in range(len(_BUDGETS)):
            at = due[kind == i]
            if not len(at) or not len((layer := self._layer(i)).actions):
                continue
            allowed = (state.depth[at] < 0).long() * (MOST_SITES + 1) + state.budget[at].clamp(max=MOST_SITES)
            motifs = layer.distribution(hidden[at], allowed)
            # A motif is due with this probability, a structural action with the rest.
            motif_share[at] = torch.sigmoid(motifs.log_weight - log_weight[at])
            log_weight[at] = torch.logaddexp(log_weight[at], motifs.log_weight)
            place = torch.full((len(hidden),), -1, device=at.device)
            place[at] = torch.arange(len(at), device=at.device)
            parts.append((layer, motifs, place[group]))
        if bool(log_weight.isnan().any()):
            raise WeightsError(
                "the network gives no probabilities: its weights are damaged, or its training has failed"
            )
        share = motif_share[group]
        within = uniform / (1 - share)  # of the structural actions; from 1 on, of the motifs
        # A complete row has no allowed action, and gets an arbitrary one.
        action = structural.invert(group, within).clamp(max=FIRST_MOTIF - 1)
        beyond = (uniform + share - 1) / share.clamp(min=1e-30)
        for layer, motifs, place in parts:
            # Not `within >= 1`: where the motifs have all probability, 0 / 0 must count as a motif too.
            rows = ((place >= 0) & ~(within < 1)).nonzero()[:, 0]
            action[rows] = layer.actions[motifs.invert(place[rows], beyond[rows])]
        if forced is not None:
            action = torch.where(forced == PAD, action, forced)
        logit = structural.logits[group, action.clamp(max=FIRST_MOTIF - 1)].float()
        logit = torch.where(action < FIRST_MOTIF, logit, NEVER)
        for layer, motifs, place in parts:
            rows = ((place >= 0) & (action >= FIRST_MOTIF)).nonzero()[:, 0]
            column = layer.column[action[rows]]
            known = motifs.logits[place[rows], column.clamp(min=0)].float()
            logit[rows] = torch.where(column < 0, NEVER, known)
        return action, torch.where(logit > NEVER / 2, logit - log_weight[group], NEVER)


@dataclass(frozen=True)
class _Layer:
    """The part of the last layer that gives the logits of some `actions`, padded to whole blocks.

    `column` [all actions] is where each stands, -1 for the others; `never` [kinds of rows, K] is 0 where an action is
    allowed and NEVER elsewhere.
    """

    weight: Tensor
    bias: Tensor
    actions: Tensor
    column: Tensor
    never: Tensor | None
    temperature: float

    @classmethod
    def of(cls, weight: Tensor, bias: Tensor, actions: Tensor, within: Tensor | None, temperature: float) -> _Layer:
        padding = -len(actions) % _BLOCK
        column = torch.full((len(weight),), -1, device=weight.device)
        column[actions] = torch.arange(len(actions), device=weight.device)
        return cls(
            functional.pad(weight[actions], (0, 0, 0, padding)),
            functional.pad(bias[actions], (0, padding)),
            actions,
            column,
            None if within is None else _never(within).to(weight.dtype),
            temperature,
        )

    def distribution(self, hidden: Tensor, allowed: Tensor) -> _Distribution:
        """The distributions of rows. `allowed` is a mask [N, actions], or the row of `never` for each row, [N]."""
        logits = functional.linear(hidden.to(self.weight.dtype), self.weight, self.bias)
        if self.temperature != 1:
            logits = logits.float() / self.temperature
        # Added and not filled in, which takes twice as long; a logit is lost in the rounding of NEVER.
        logits += _never(allowed) if self.never is None else self.never[allowed]
        probabilities = logits.softmax(1, dtype=torch.float32)
        # The most likely action's probability is 1 over the weight, measured from its logit.
        log_weight = logits.amax(1).float() - probabilities.amax(1).log()
        blocks = probabilities.view(len(logits), -1, _BLOCK)
        return _Distribution(logits, blocks, blocks.sum(2).cumsum(1), log_weight)


@dataclass(frozen=True)
class _Distribution:
    """Distributions over actions, one per row: `logits` [N, K], `blocks` of probabilities [N, K / 64, 64], their
    cumulative sums `cumulated` [N, K / 64], and the logarithm of the sum of all exponentials [N]."""

    logits: Tensor
    blocks: Tensor
    cumulated: Tensor
    log_weight: Tensor

    def invert(self, rows: Tensor, uniform: Tensor) -> Tensor:
        """The column at `uniform` (0..1) of each row's distribution function, [len(rows)]."""
        cumulated = self.cumulated[rows]
        threshold = uniform.clamp(0, 1) * cumulated[:, -1] * _INSIDE
        block = torch.searchsorted(cumulated, threshold[:, None], right=True).clamp(max=cumulated.shape[1] - 1)
        before = torch.where(block > 0, cumulated.gather(1, (block - 1).clamp(min=0)), 0)[:, 0]
        within = self.blocks[rows, block[:, 0]].cumsum(1)
        rest = torch.minimum(threshold - before, within[:, -1] * _INSIDE)
        column = torch.searchsorted(within, rest.clamp(min=0)[:, None], right=True).clamp(max=_BLOCK - 1)
        return (block * _BLOCK + column)[:, 0]


def _never(allowed: Tensor) -> Tensor:
    """0 where True and NEVER elsewhere, float32, padded with NEVER to whole blocks."""
    never = torch.zeros(allowed.shape, device=allowed.device).masked_fill_(~allowed, NEVER)
    return functional.pad(never, (0, -allowed.shape[1] % _BLOCK), value=NEVER)
