"""Draw a batch of action sequences from the network of a motif generator, step by step under the grammar."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from molgan.graphs.motif.forcing import PAD
from molgan.graphs.motif.grammar import GrammarState
from molgan.graphs.motif.script import Script
from molgan.models.motif.motif_head import MotifHead
from molgan.models.motif.motif_network import NEVER, Aim, MotifNetwork
from molgan.models.motif.source_memory import SourceMemory

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
    aim: Aim | None = None,
    counted: Sequence[int] = (),
) -> tuple[np.ndarray, Tensor, Tensor]:
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
        aim: What the molecules aim at, the same for all or for each of the n; by default the network's own aim.
        counted: The actions of a part that is bound later. Its atoms and properties count from the start.

    Returns:
        Actions [n, T], -1 behind the end, their log-probabilities [n], and those of the actions that were not
        prescribed [n].

    Raises:
        ValueError: A prefix breaks the grammar.
        WeightsError: The network gives no probabilities.
    """
    n, device = len(chosen), net.device
    head = MotifHead(net, temperature)
    state = GrammarState(net.grammar, n, max_atoms)
    if counted:
        state.count(counted)
    rows = torch.arange(n, device=device)  # the index among the n of each row of the state
    place = torch.from_numpy(chosen)
    last = torch.full((n,), net.grammar.start, device=device)
    recurrence = _Recurrence(net, net.aim if aim is None else aim, counted)
    group = recurrence.places(n)  # of the rows in the memory
    alike = len(prefixes) == 1 and not recurrence.differs
    total, drawn = torch.zeros(n, device=device), torch.zeros(n, device=device)
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
        hidden = recurrence.advance(old, first, different, rows)
        uniform = torch.rand(size, generator=random)[place].to(device)
        action, log_prob = head.draw(hidden, different, group, uniform, forced)
        if forced is not None and bool((active & (log_prob < NEVER / 2)).any()):
            raise ValueError(f"action {len(steps)} of the prefix is not allowed there")
        total[rows] += torch.where(active, log_prob, 0)
        drawn[rows] += torch.where(active if forced is None else active & (forced == PAD), log_prob, 0)
        step = torch.full((n,), -1, device=device)
        step[rows] = torch.where(active, action, -1)
        steps.append(step)
        state.step(action)
        last = action
        active = ~state.done
    return torch.stack(steps, dim=1).cpu().numpy(), total.cpu(), drawn.cpu()


class _Recurrence:
    """The recurrent states of the distinct rows of a batch; with guidance those without an aim, too."""

    def __init__(self, net: MotifNetwork, aim: Aim, counted: Sequence[int]) -> None:
        self._net = net
        self._aim = aim
        self._values = aim.values if net.conditions is not None else None
        self._source = aim.source if net.source is not None else None
        self._own: tuple[Tensor, SourceMemory] | None = None
        start = torch.zeros(net.settings.layers, 1, net.settings.hidden, device=net.device)
        self._memory = start if self._source is None else self._source.state
        tells = self._values is not None or self._source is not None
        self._plain = self._memory if tells and aim.guidance != 1 else None
        self._so_far = net.conditions.parts[list(counted)].sum(0, keepdim=True) if net.conditions else None

    @property
    def differs(self) -> bool:
        """Whether each row has an aim or a source of its own."""
        return any(each is not None and len(each) > 1 for each in (self._values, self._source))

    def places(self, n: int) -> Tensor:
        """Where the states of n rows are before the first step, [n]."""
        if self._memory.shape[1] == 1:
            return torch.zeros(n, dtype=torch.long, device=self._net.device)
        return torch.arange(n, device=self._net.device)

    def advance(self, old: Tensor, last: Tensor, state: GrammarState, rows: Tensor) -> Tensor:
        """The hidden states [G, hidden] after one more action.

        Args:
            old: The places of the G distinct rows before the action, [G].
            last: The actions, [G].
            state: The grammar's state of these rows.
            rows: The place in the batch of each, where each row has an aim of its own, [G].
        """
        net, values, plain, source = self._net, self._values, None, self._find_sources(rows)
        inputs = net.embed(last, state.top, state.top_site, state.atoms, state.weight)
        if self._plain is not None:
            bare = None if source is None else source.without_aim()
            plain, self._plain = self._step(inputs, self._plain, old, bare)
        if values is not None and net.conditions is not None and self._so_far is not None:
            self._so_far = (self._so_far if len(self._so_far) == 1 else self._so_far[old]) + net.conditions.parts[last]
            own = values[rows] if len(values) > 1 else values
            inputs = net.add_aim(inputs, own, self._so_far, state.weight)
        hidden, self._memory = self._step(inputs, self._memory, old, source)
        return self._aim.guide(hidden, plain)

    def _find_sources(self, rows: Tensor) -> SourceMemory | None:
        """The sources of the rows; they are copied when rows are dropped and not at each step."""
        if self._source is None or len(self._source) == 1:
            return self._source
        if self._own is None or self._own[0] is not rows:
            self._own = rows, self._source.of_rows(rows)
        return self._own[1]

    def _step(self, inputs: Tensor, memory: Tensor, old: Tensor, source: SourceMemory | None) -> tuple[Tensor, Tensor]:
        features, memory = self._net.read(inputs[:, None], memory[:, old].to(inputs.dtype), source)
        return features[:, 0], memory


def _leaders(keys: Tensor) -> tuple[Tensor, Tensor]:
    """One row of each distinct key [G], and the index of its key for each row [N]."""
    distinct, group = keys.unique(return_inverse=True)
    leaders = torch.zeros(len(distinct), dtype=torch.long, device=keys.device)
    return leaders.scatter_(0, group, torch.arange(len(keys), device=keys.device)), group
