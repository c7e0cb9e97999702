"""Keeps the state that a training goes back to when its watch finds a collapse."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from torch import Tensor

from molgan.training.checkpoint import under_prefix, with_prefix

Snapshot: TypeAlias = tuple[dict[str, Tensor], dict[str, Any]]
"""Named tensors, and a state of JSON values with the `step`."""


class LastGood:
    """The newest state that was followed by `span` steps without a fault.

    A watch sees a window of samples and notices a collapse late, when the newest states are already affected. A state
    is therefore good only after the watch has seen a whole window of samples that were drawn after it.
    """

    def __init__(self, state: Snapshot, span: int) -> None:
        self.state = self._candidate = state
        self._span = span

    def offer(self, state: Snapshot) -> None:
        """Offer a state in which the watch sees no fault."""
        if state[1]["step"] >= self._candidate[1]["step"] + self._span:
            self.state, self._candidate = self._candidate, state

    def pack(self) -> Snapshot:
        """Both states as one, for a checkpoint."""
        tensors, state = with_prefix("good", self.state[0]), {"good": self.state[1], "candidate": self._candidate[1]}
        if self._candidate is not self.state:
            tensors |= with_prefix("candidate", self._candidate[0])
        return tensors, state

    @classmethod
    def unpack(cls, tensors: Mapping[str, Tensor], state: Mapping[str, Any], span: int) -> LastGood:
        """Restore the states that `pack` returned."""
        found = cls((under_prefix("good", tensors), state["good"]), span)
        if candidate := under_prefix("candidate", tensors):
            found._candidate = (candidate, state["candidate"])
        return found
