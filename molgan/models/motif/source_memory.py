"""What a network has read of source molecules."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import torch
from torch import Tensor


@dataclass(frozen=True)
class SourceMemory:
    """What was read of S sources, for S sequences, or of one for all: A atoms of the largest.

    A row without a source has no atom that is there, and zeros in all else that is added to the network.
    """

    told: Tensor  # [S, embedding], what each step's input is told of the whole source
    asked: Tensor  # [S, embedding], what it is told of the similarity and the changes that are asked for
    start: Tensor  # [S, layers, hidden], the state before the first step
    atoms: Tensor  # [S, A, width]
    copies: Tensor  # [S, A, features], what makes the action likely that adds the atom's motif, rooted at the atom
    there: Tensor  # bool [S, A]
    before: Tensor  # [S, heads, query, A], the keys of atoms for a step's input
    after: Tensor  # the same for a step's hidden state

    def __len__(self) -> int:
        return len(self.told)

    @property
    def state(self) -> Tensor:
        """The first state as the recurrent network takes it, [layers, S, hidden]."""
        return self.start.transpose(0, 1).contiguous()

    def of_rows(self, rows: Tensor) -> SourceMemory:
        """The sources of some of the sequences; one source for all stays as it is."""
        if len(self) == 1:
            return self
        index = rows.to(self.told.device)
        return SourceMemory(**{field.name: getattr(self, field.name)[index] for field in fields(self)})

    def without_aim(self) -> SourceMemory:
        """The same sources, with nothing asked for."""
        return replace(self, asked=torch.zeros_like(self.asked))

    def to(self, device: torch.device) -> SourceMemory:
        if self.told.device == device:
            return self
        return SourceMemory(**{field.name: getattr(self, field.name).to(device) for field in fields(self)})
