"""Actions that rows of a batch are held to, with free parts between them."""

from __future__ import annotations

import torch
from torch import Tensor

from molgan.graphs.forcing import PAD
from molgan.graphs.grammar import MOTIF, Grammar, GrammarState
from molgan.graphs.motif_actions import FIRST_ATOM, FIRST_MOTIF, FIRST_SITE, FREE

_NOT_FREE = -2  # no depth of a stack


class Script:
    """Follows plans [B, P], PAD behind their end, beside the state of the batch; behind its end a row is free.

    At FREE a subtree grows, of whatever motifs, until it is complete. The atoms that are still to come, one for each
    FREE included, are reserved, so that no free part takes the room of what is behind it.
    """

    def __init__(self, grammar: Grammar, state: GrammarState, plans: Tensor):
        atoms = torch.where(plans >= FIRST_MOTIF, grammar.sizes[plans.clamp(min=0)], 0)
        atoms += (plans == FREE) | ((plans >= FIRST_ATOM) & (plans < FIRST_SITE))
        end = torch.full((len(plans), 1), PAD, device=plans.device)
        self._plans = torch.cat([plans, end], dim=1)
        self._atoms = torch.cat([atoms, torch.zeros_like(end)], dim=1)
        self._at = torch.zeros(len(plans), dtype=torch.long, device=plans.device)
        self._until = torch.full((len(plans),), _NOT_FREE, device=plans.device)
        self._empty = not plans.shape[1]
        reserved = atoms.sum(1)
        if bool((reserved > state.budget).any()):
            raise ValueError(f"the prefix needs {int(reserved.max())} heavy atoms, at most {state.most_atoms}")
        state.reserved += reserved
        state.budget -= reserved

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
        self._at += ended.long()
        token = self._plans.gather(1, self._at[:, None])[:, 0]
        growing = self._until != _NOT_FREE
        begins = (token == FREE) & ~growing
        taken = torch.where(begins | (token >= 0), self._atoms.gather(1, self._at[:, None])[:, 0], 0)
        state.budget = state.budget + taken
        state.reserved = state.reserved - taken
        # A subtree must come, where the state would also allow to end.
        state.mode = torch.where(begins, MOTIF, state.mode)
        self._until = torch.where(begins, state.depth, self._until)
        self._at += (token >= 0).long()
        return torch.where(token >= 0, token, PAD)
