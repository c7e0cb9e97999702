"""Walk given action sequences through the grammar: the network's input and allowed actions at each step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from molgan.graphs.motif.actions import FIRST_MOTIF
from molgan.graphs.motif.grammar import DONE, Grammar, GrammarState

PAD = -1
_TOGETHER = 512
_SEEN = ("top", "site", "atoms", "weight", "structural", "motif_due", "first", "budget")  # of Forced, step by step


@dataclass(frozen=True)
class Forced:
    """B sequences of up to T actions.

    `last`, `top`, `site`, `atoms` and `weight` are the network's input, `target` the action taken; all [B, T].
    """

    grammar: Grammar
    last: Tensor
    top: Tensor
    site: Tensor
    atoms: Tensor
    weight: Tensor  # daltons
    target: Tensor  # 0 where not live
    live: Tensor  # bool: an action of the sequence
    structural: Tensor  # [B, T, FIRST_MOTIF] bool: the structural actions allowed
    motif_due: Tensor  # bool: a motif may come
    first: Tensor  # bool: the molecule is empty, so that any motif may come
    budget: Tensor
    legal: Tensor  # [B] bool: the sequence keeps to the grammar and is complete

    def motif_mask(self, at: Tensor) -> Tensor:
        """The motifs allowed at some positions (where a motif is due), [positions, motifs]."""
        return self.grammar.motifs_within(self.budget[at], first=self.first[at])


def pad(actions: Sequence[Sequence[int] | np.ndarray], device: torch.device | str = "cpu") -> Tensor:
    """Sequences of different lengths as [B, T] long, PAD behind the end."""
    lengths = [len(a) for a in actions]
    table = np.full((len(actions), max(lengths, default=0)), PAD, dtype=np.int64)
    for row, sequence in zip(table, actions, strict=True):
        row[: len(sequence)] = sequence
    return torch.from_numpy(table).to(device)


@torch.no_grad()
def force(grammar: Grammar, actions: Tensor, max_atoms: int) -> Forced:
    """Walk padded action sequences [B, T] through the grammar."""
    batch, steps = actions.shape
    live = actions != PAD
    target = actions.clamp(min=0)
    state = GrammarState(grammar, batch, max_atoms)
    legal = torch.ones(batch, dtype=torch.bool, device=actions.device)
    seen: dict[str, list[Tensor]] = {name: [] for name in _SEEN}
    for t in range(steps):
        structural = state.structural_mask()
        due = state.motif_due()
        first, budget = state.depth < 0, state.budget.clone()
        facts = (state.top, state.top_site, state.atoms, state.weight, structural, due, first, budget)
        for name, value in zip(seen, facts, strict=True):
            seen[name].append(value)
        action = target[:, t]
        allowed = _allowed(grammar, state, action, structural, due)
        legal &= allowed | ~live[:, t]
        # The walk of an illegal sequence ends, since its state would be meaningless.
        state.mode = torch.where(legal & live[:, t], state.mode, DONE)
        state.step(action)
    start = torch.full((batch, 1), grammar.start, device=actions.device)
    return Forced(
        grammar=grammar,
        last=torch.cat([start, target[:, :-1]], dim=1),
        target=target,
        live=live & legal[:, None],
        legal=legal & state.complete,
        **{name: torch.stack(values, dim=1) for name, values in seen.items()},
    )


def _allowed(grammar: Grammar, state: GrammarState, action: Tensor, structural: Tensor, due: Tensor) -> Tensor:
    other = structural.gather(1, action.clamp(max=FIRST_MOTIF - 1)[:, None])[:, 0]
    if not len(grammar.binds):  # a vocabulary without motifs spells everything
        return other
    motif = action >= FIRST_MOTIF
    number = (action - FIRST_MOTIF).clamp(min=0)
    fits = (grammar.sizes[action] <= state.budget) & (grammar.binds[number] | (state.depth < 0))
    return torch.where(motif, due & fits, other)


def walk(grammar: Grammar, sequences: Sequence[Sequence[int] | np.ndarray], max_atoms: int) -> list[Walk]:
    """The walks of sequences, in order; those that break the grammar, or are not complete, come out empty.

    Sequences of like length walk together: a step costs hardly more for many than for few.
    """
    order = sorted(range(len(sequences)), key=lambda i: len(sequences[i]))
    walks: dict[int, Walk] = {}
    for start in range(0, len(order), _TOGETHER):
        rows = order[start : start + _TOGETHER]
        forced = force(grammar, pad([sequences[i] for i in rows], grammar.device), max_atoms)
        walks.update(zip(rows, split(forced), strict=True))
    return [walks[i] for i in range(len(sequences))]


@dataclass(frozen=True, slots=True)
class Walk:
    """The walk of one legal sequence of T actions through the grammar, kept for later batches.

    `actions` [T]; `seen` are the fields of Forced of that name, [T, ...]; without any the sequence has still to walk.
    """

    actions: Tensor
    seen: tuple[Tensor, ...]


def split(forced: Forced) -> list[Walk]:
    """The walks of a batch, one a sequence; those that break the grammar, or are not complete, come out empty."""
    lengths = (forced.live & forced.legal[:, None]).sum(1).tolist()
    fields = [getattr(forced, name) for name in _SEEN]
    return [
        Walk(forced.target[i, :n].clone(), tuple(field[i, :n].clone() for field in fields))
        for i, n in enumerate(lengths)
    ]


def join(grammar: Grammar, walks: Sequence[Walk]) -> Forced:
    """The result of `force` for the sequences of these walks."""
    target = pad_sequence([walk.actions for walk in walks], batch_first=True)
    lengths = torch.tensor([len(walk.actions) for walk in walks], device=target.device)
    live = torch.arange(target.shape[1], device=target.device) < lengths[:, None]
    start = torch.full((len(walks), 1), grammar.start, device=target.device)
    seen = zip(*(walk.seen for walk in walks), strict=True)
    return Forced(
        grammar=grammar,
        last=torch.cat([start, target[:, :-1]], dim=1),
        target=target,
        live=live,
        legal=lengths > 0,
        **{name: pad_sequence(list(each), batch_first=True) for name, each in zip(_SEEN, seen, strict=True)},
    )
