"""Attention from the steps of a sequence to the atoms of a source molecule."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


class AtomAttention(nn.Module):
    """Several heads that each look at the atoms of a source, or at nothing (Vaswani et al. 2017, section 3.2).

    What a step sees of a source without atoms is zero, and before training what it sees of any.
    """

    def __init__(self, queried: int, width: int, out: int, *, heads: int, query: int) -> None:
        """
        Args:
            queried: Features of a step.
            width: Features of an atom.
            out: Features of what a step sees.
            heads: Number of heads.
            query: Features of a query and of a key, for each head.
        """
        super().__init__()
        self.query = nn.Linear(queried, heads * query)
        self.key = nn.Linear(width, heads * query)
        self.nothing = nn.Parameter(torch.zeros(heads, query, 1))
        self.out = nn.Linear(heads * width, out, bias=False)
        nn.init.zeros_(self.out.weight)

    def make_keys(self, atoms: Tensor) -> Tensor:
        """The keys [S, heads, query, A] of atoms [S, A, width]."""
        keys: Tensor = self.key(atoms)
        return keys.view(*atoms.shape[:2], *self.nothing.shape[:2]).permute(0, 2, 3, 1)

    def weigh(self, steps: Tensor, keys: Tensor, there: Tensor) -> Tensor:
        """How much each step looks at each atom, [S, heads, T, A]; what is missing to 1 goes to nothing.

        Args:
            steps: Features of the steps, [S, T, queried].
            keys: The result of `make_keys`, [S, heads, query, A].
            there: Which atoms exist, bool [S, A].
        """
        queries = self.query(steps)
        queries = queries.view(*steps.shape[:2], *self.nothing.shape[:2]).transpose(1, 2) / math.sqrt(keys.shape[2])
        found = (queries @ keys.to(queries.dtype)).float()
        found = found.masked_fill(~there[:, None, None], -torch.inf)
        none = (queries @ self.nothing.to(queries.dtype)).float()
        return torch.cat([found, none], dim=-1).softmax(-1)[..., :-1]

    def see(self, weights: Tensor, atoms: Tensor) -> Tensor:
        """What the steps see, [S, T, out], by weights [S, heads, T, A] of atoms [S, A, width]."""
        seen = weights.to(atoms.dtype) @ atoms[:, None]
        looked: Tensor = self.out(seen.transpose(1, 2).flatten(2))
        return looked
