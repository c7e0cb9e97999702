"""One search of goal-directed design: its best molecules, its agent, its surrogate, and what it gains."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from rdkit import Chem
from torch import Tensor

from molgan.models.protocols import MotifTreeGenerator
from molgan.training.checkpoint import under_prefix, with_prefix
from molgan.training.design.agent_update import AgentUpdate
from molgan.training.design.elite import Elite, Made
from molgan.training.design.genomes import Genomes
from molgan.training.design.ledger import Call
from molgan.training.design.proposals import START
from molgan.training.design.shortlist import Shortlist
from molgan.training.design.space import Space
from molgan.training.settings import OptimizeSettings

NOTICEABLE = 0.005  # smallest relative gain of the ten best that counts


class Search:
    """A search, which knows the calls of its own and of the searches that it joins, and no others."""

    def __init__(
        self,
        number: int,
        members: Sequence[int],
        agent: MotifTreeGenerator,
        prior: MotifTreeGenerator,
        space: Space,
        settings: OptimizeSettings,
        seed: int,
    ):
        """
        Args:
            number: Its number in the table of calls, from 1.
            members: The numbers of the searches whose calls it knows.
            agent: The generator; trained in place.
            prior: The anchor.
            space: The molecules that may be made.
            settings: Settings of the search.
            seed: Seed of the run.
        """
        self.number = number
        self.members = tuple(members)
        self.agent = agent
        self.agent_update = AgentUpdate(agent, prior, space, settings)
        self.genomes = Genomes(space, seed)
        self.elite = Elite(settings)
        self.shortlist = Shortlist(settings)
        self.calls = 0
        self.gained = 0  # its calls when its ten best last gained noticeably
        self._noted = -math.inf  # its ten best then
        self._levels: list[tuple[int, float]] = []  # its ten best after so many of its calls

    @property
    def level(self) -> float:
        """The mean of its ten best scores, -inf without any."""
        best = [entry.score for entry in self.elite.entries[:10]]
        return float(np.mean(best)) if best else -math.inf

    def gain(self, window: int) -> float:
        """By how much its ten best have gained in its last `window` calls, at least 0; infinite before it has made as
        many."""
        if self.calls < window:
            return math.inf
        earlier = [level for made, level in self._levels if made <= self.calls - window]
        before = earlier[-1] if earlier else self._levels[0][1]
        return max(0.0, self.level - before) if math.isfinite(before) else 0.0

    def learn(self, calls: Sequence[Made], seed: int) -> None:
        """Add scored molecules of the start to surrogate, elite and agent."""
        self.shortlist.add([(call, mol) for call, mol, _ in calls])
        self.agent_update.add(self.elite.add(calls), seed)

    def remember(self, calls: Sequence[Made], seed: int) -> None:
        """Add scored molecules of its own to surrogate, elite and agent."""
        self.learn(calls, seed)
        self.calls += len(calls)
        self.note_level()

    def note_level(self) -> None:
        """Note its ten best, and whether they have gained noticeably."""
        level = self.level
        self._levels.append((self.calls, level))
        if level > self._noted + (NOTICEABLE * abs(self._noted) if math.isfinite(self._noted) else 0):
            self._noted, self.gained = level, self.calls

    def tensors(self) -> dict[str, Tensor]:
        self.agent_update.encode()
        agent = with_prefix(f"agent_{self.number}", self.agent.state_dict())
        return agent | with_prefix(f"update_{self.number}", self.agent_update.tensors())

    def restore_tensors(self, tensors: Mapping[str, Tensor]) -> None:
        self.agent.load_state_dict(under_prefix(f"agent_{self.number}", tensors))
        self.agent_update.restore(under_prefix(f"update_{self.number}", tensors))

    def state_dict(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "members": self.members,
            "calls": self.calls,
            "gained": self.gained,
            "noted": self._noted,
            "levels": self._levels,
            "elite": self.elite.state_dict(),
            "surrogate": self.shortlist.state_dict(),
        }

    def load_state_dict(self, state: Mapping[str, Any], known: Sequence[tuple[Call, Chem.Mol]]) -> None:
        """Restore what `state_dict` gave, with all calls of the run."""
        self.calls, self.gained, self._noted = state["calls"], state["gained"], state["noted"]
        self._levels = [(made, level) for made, level in state["levels"]]
        self.shortlist.add([(call, mol) for call, mol in known if call.search in self.members or call.origin == START])
        self.shortlist.load_state_dict(state["surrogate"])
        self.elite.load_state_dict(state["elite"], known)
        self.agent_update.restore_walks(self.elite.entries)
