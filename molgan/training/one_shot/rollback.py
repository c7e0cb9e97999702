"""The state that a training goes back to when its watch finds a collapse."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from torch import Tensor

from molgan.training.checkpoint import under_prefix, with_prefix

Snapshot: TypeAlias = tuple[dict[str, Tensor], dict[str, Any]]
"""Named tensors, and a state of JSON values with the `step`."""


class LastGood:
    """The newest state that `span` further steps have not proved bad.

    A watch looks at a window of samples and notices late: when it speaks, the newest states are of a generator that
    collapses already. So a state is good only once a window of samples that it led to has been looked at.
    """

    def __init__(self, state: Snapshot, span: int) -> None:
        self.state = self._candidate = state
        self._span = span

    def offer(self, state: Snapshot) -> None:
        """Take note of a state in which the watch sees nothing bad."""
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
        """What `pack` gave."""
        found = cls((under_prefix("good", tensors), state["good"]), span)
        if candidate := under_prefix("candidate", tensors):
            found._candidate = (candidate, state["candidate"])
        return found
