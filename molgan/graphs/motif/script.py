"""Prescribed actions for the rows of a batch, with free parts between them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from molgan.graphs.motif.actions import CLOSE, FIRST_ATOM, FIRST_MOTIF, FIRST_SITE, FREE, SPELL
from molgan.graphs.motif.forcing import PAD, pad
from molgan.graphs.motif.grammar import MOTIF, Grammar, GrammarState

_NOT_FREE = -2  # no depth of a stack


class Script:
    """Follows plans along with the state of a batch: one plan for all rows, or one per row. Behind its plan a row is
    free.

    At FREE a subtree of any motifs grows until it is complete. The atoms of later actions, one for each FREE included,
    are reserved, so that a free part leaves room for them.
    """

    def __init__(self, grammar: Grammar, state: GrammarState, plans: Sequence[Sequence[int]]):
        rows, device = len(state.mode), state.mode.device
        granted = [_count_granted(plan, grammar) for plan in plans]
        self._plans = pad([[*plan, PAD] for plan in plans], device).expand(rows, -1)
        self._granted = pad([[*each, 0] for each in granted], device).clamp(min=0).expand(rows, -1)
        self._at = torch.zeros(rows, dtype=torch.long, device=device)
        self._until = torch.full((rows,), _NOT_FREE, device=device)
        self._empty = not any(map(len, plans))
        reserved = self._granted.sum(1)
        if bool((reserved > state.budget).any()):
            raise ValueError(f"the prefix needs {int(reserved.max())} heavy atoms, at most {state.most_atoms}")
        state.reserved = state.reserved + reserved
        state.budget = state.budget - reserved

    def select(self, rows: Tensor) -> Script:
        """The script of some rows alone."""
        part = object.__new__(Script)
        for name, value in vars(self).items():
            setattr(part, name, value if name == "_empty" else value[rows])
        return part

    def next(self, state: GrammarState) -> Tensor | None:
        """The action that each row has to take, [B], PAD where it is free; None where all rows are."""
        if self._empty:
            return None
        ended = state.depth <= self._until
        self._until = torch.where(ended, _NOT_FREE, self._until)
        self._at = self._at + ended.long()
        token = self._plans.gather(1, self._at[:, None])[:, 0]
        begins = (token == FREE) & (self._until == _NOT_FREE)
        forced = token >= 0
        granted = torch.where(begins | forced, self._granted.gather(1, self._at[:, None])[:, 0], 0)
        state.budget = state.budget + granted
        state.reserved = state.reserved - granted
        # A subtree must come here, where the state alone would also allow an end.
        state.mode = torch.where(begins, MOTIF, state.mode)
        self._until = torch.where(begins, state.depth, self._until)
        self._at = self._at + forced.long()
        return torch.where(forced, token, PAD)


def _count_granted(plan: Sequence[int], grammar: Grammar) -> np.ndarray:
    """The number of reserved atoms that each action of a plan releases.

    The atoms of a motif are released at its site, where it has one, and those of a spelled motif all at once, since the
    grammar allows neither a site nor a bond where no atom may come.
    """
    granted = np.zeros(len(plan), dtype=np.int64)
    spelling: int | None = None
    for i, action in enumerate(plan):
        if spelling is not None:
            granted[spelling] += FIRST_ATOM <= action < FIRST_SITE
            spelling = None if action == CLOSE else spelling
        elif action >= FIRST_MOTIF or action in (SPELL, FREE):
            at = i - 1 if i and FIRST_SITE <= plan[i - 1] < FIRST_MOTIF else i
            granted[at] += int(grammar.sizes[action]) if action >= FIRST_MOTIF else action == FREE
            spelling = at if action == SPELL else None
    return granted
