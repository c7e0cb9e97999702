"""The searches of a run: one, and beside it a new one once it is stuck, until both join."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from rdkit import Chem
from torch import Tensor

from molgan.models.protocols import MotifTreeGenerator
from molgan.training.design.elite import Made
from molgan.training.design.ledger import Call
from molgan.training.design.search import NOTICEABLE, Search
from molgan.training.design.space import Space
from molgan.training.settings import OptimizeSettings


class Searches:
    """Begins, chooses and joins searches.

    A search that has not gained noticeably in `restart` calls gets another one beside it, with the agent as it was and
    the start molecules alone as parents. After its first `restart` / 4 calls each round goes to one of the two, drawn
    with the gains of their last `restart` / 4 calls as weights. They join where the new one is stuck too, could not
    reach the old one in the calls that are left if it went on gaining as fast, or `restart` / 2 calls are left.
    """

    def __init__(
        self,
        agent: MotifTreeGenerator,
        prior: MotifTreeGenerator,
        space: Space,
        settings: OptimizeSettings,
        seed: int,
    ):
        self._agent, self._prior, self._space, self._settings, self._seed = agent, prior, space, settings, seed
        self._first = copy.deepcopy(agent.state_dict())
        self.active = [Search(1, [1], agent, prior, space, settings, seed)]
        self.current = self.active[0]

    @property
    def leader(self) -> Search:
        """The search with the best molecules, of equal ones the older."""
        return max(self.active, key=lambda search: search.level)

    def take_turn(self, left: int, recall: Callable[[], Sequence[Made]], seed: int) -> Search:
        """Begin or join searches where it is time, and choose the one that makes the next calls.

        Args:
            left: The calls that are left.
            recall: Gives the start molecules.
            seed: Seed of the round.
        """
        limit = self._settings.restart
        if limit is None:
            return self.current
        old, new = self.active[0], self.active[-1]
        if old is not new and self._should_join(old, new, limit, left):
            self._join(old, new)
        elif old is new and self._is_stuck(old, limit) and left > limit:
            self._begin(recall(), seed)
        self.current = self._choose(limit, np.random.default_rng(seed))
        return self.current

    def finish(self) -> None:
        """Leave the weights of the leader in the agent that was given."""
        if self.leader.agent is not self._agent:
            self._agent.load_state_dict(self.leader.agent.state_dict())

    def tensors(self) -> dict[str, Tensor]:
        return {name: tensor for search in self.active for name, tensor in search.tensors().items()}

    def state_dict(self) -> list[dict[str, Any]]:
        return [search.state_dict() for search in self.active]

    def restore(
        self,
        states: Sequence[Mapping[str, Any]],
        tensors: Mapping[str, Tensor],
        known: Sequence[tuple[Call, Chem.Mol]],
    ) -> None:
        """Restore what `state_dict` and `tensors` gave, with all calls of the run."""
        agents = [self._agent, *(copy.deepcopy(self._agent) for _ in states[1:])]
        self.active = [
            self._make(state["number"], state["members"], agent) for state, agent in zip(states, agents, strict=True)
        ]
        for search, state in zip(self.active, states, strict=True):
            search.restore_tensors(tensors)
            search.load_state_dict(state, known)
        self.current = self.active[0]

    def _make(self, number: int, members: Sequence[int], agent: MotifTreeGenerator) -> Search:
        return Search(number, members, agent, self._prior, self._space, self._settings, self._seed)

    def _is_stuck(self, search: Search, limit: int) -> bool:
        return search.calls - search.gained >= limit

    def _should_join(self, old: Search, new: Search, limit: int, left: int) -> bool:
        return left <= limit // 2 or self._is_stuck(new, limit) or self._is_hopeless(old, new, limit, left)

    def _is_hopeless(self, old: Search, new: Search, limit: int, left: int) -> bool:
        """Whether the new search will not reach the old one, after it had time to show how fast it gains."""
        window = _window(limit)
        return new.calls >= 2 * window and new.level + new.gain(window) * left / window < old.level

    def _begin(self, given: Sequence[Made], seed: int) -> None:
        agent = copy.deepcopy(self._agent)
        agent.load_state_dict(self._first)
        number = self.active[0].number + 1
        self.active.append(self._make(number, [number], agent))
        self.active[1].learn(given, seed)

    def _join(self, old: Search, new: Search) -> None:
        """Go on with the molecules of both and the agent of the better one."""
        best = self.leader
        number = new.number + 1
        joined = self._make(number, [number, *old.members, *new.members], best.agent)
        joined.agent_update = best.agent_update
        for search in self.active:
            search.agent_update.encode()
        joined.elite.entries = list(old.elite.entries)
        joined.elite.join(new.elite)
        joined.shortlist = old.shortlist.join(new.shortlist)
        joined.calls = joined.gained = old.calls + new.calls
        joined.note_level()
        self.active = [joined]

    def _choose(self, limit: int, rng: np.random.Generator) -> Search:
        gains = [search.gain(_window(limit)) for search in self.active]
        if len(self.active) == 1 or math.inf in gains:
            return self.active[-1]
        scale = max((abs(search.level) for search in self.active if math.isfinite(search.level)), default=0.0) or 1.0
        weights = np.array(gains) / scale + NOTICEABLE
        return self.active[int(rng.choice(len(self.active), p=weights / weights.sum()))]


def _window(limit: int) -> int:
    """The calls over which the gain of a search counts."""
    return max(1, limit // 4)
