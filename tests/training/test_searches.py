"""Searches begin where one is stuck, share the calls by what they gain, and join before the budget ends."""

from collections.abc import Sequence

import pytest
import torch
from rdkit import Chem

from molgan.chem.motifs import cut
from molgan.graphs.motif.actions import Vocabulary
from molgan.models.motif.motif_generator import MotifGenerator
from molgan.models.settings import MotifNetworkSettings
from molgan.training.design.elite import Made
from molgan.training.design.ledger import Call
from molgan.training.design.search import Search
from molgan.training.design.searches import Searches
from molgan.training.design.space import Everything
from molgan.training.settings import OptimizeSettings

RESTART = 40  # the window of a gain is 10 calls
MANY = 1_000


class Calls:
    """Numbers calls; all of them are of one molecule, which does not matter here."""

    def __init__(self) -> None:
        self.made = 0

    def make(self, scores: Sequence[float], search: int) -> list[Made]:
        mol = Chem.MolFromSmiles("CCO")
        first, self.made = self.made, self.made + len(scores)
        numbered = enumerate(scores, first)
        return [(Call(i, 1, "CCO", score, "edit", (), search), mol, cut(mol)) for i, score in numbered]


@pytest.fixture
def calls() -> Calls:
    return Calls()


@pytest.fixture
def searches() -> Searches:
    torch.manual_seed(0)
    network = MotifNetworkSettings(embedding=8, hidden=8, layers=1)
    agent = MotifGenerator(Vocabulary(("C", "O")), network, max_atoms=9)
    settings = OptimizeSettings(restart=RESTART, memory=200, bf16=False)
    return Searches(agent, agent, Everything(9), settings, seed=0)


def feed(search: Search, calls: Calls, score: float, n: int = 10, times: int = 1) -> None:
    for _ in range(times):
        search.remember(calls.make([score] * n, search.number), 0)


def shares(searches: Searches, left: int = MANY) -> dict[int, float]:
    """How often each search has a turn."""
    turns = [searches.take_turn(left, list, seed).number for seed in range(200)]
    return {number: turns.count(number) / len(turns) for number in dict.fromkeys(turns)}


def begin(searches: Searches, calls: Calls, old: float, new: float) -> tuple[Search, Search]:
    """An old search that is stuck, and a new one that has made 20 calls."""
    feed(searches.active[0], calls, old, times=5)
    searches.take_turn(MANY, list, 0)
    one, other = searches.active
    feed(other, calls, new, times=2)
    return one, other


def test_a_search_that_is_stuck_gets_another_beside_it_that_starts_from_what_was_given(
    searches: Searches, calls: Calls
) -> None:
    first = searches.active[0]
    feed(first, calls, 0.5, times=4)
    assert searches.take_turn(MANY, list, 0) is first  # 10 calls to gain, 30 without
    feed(first, calls, 0.502)  # no noticeable gain
    given = calls.make([0.3], 1)
    second = searches.take_turn(MANY, lambda: given, 0)
    assert searches.active == [first, second] and second.number == 2
    assert [entry.score for entry in second.elite.entries] == [0.3]
    assert second.calls == 0 and second.agent is not first.agent


def test_a_new_search_has_time_to_begin_before_it_is_compared(searches: Searches, calls: Calls) -> None:
    feed(searches.active[0], calls, 0.5, times=5)
    searches.take_turn(MANY, list, 0)
    feed(searches.active[1], calls, 0.1, n=9)
    assert shares(searches) == {2: 1.0}


def test_calls_go_to_the_search_that_gains(searches: Searches, calls: Calls) -> None:
    old, new = begin(searches, calls, 0.5, 0.5)
    assert 0.35 < shares(searches)[2] < 0.65  # neither gains
    feed(new, calls, 0.55)
    assert shares(searches)[2] > 0.8
    feed(old, calls, 0.65)
    assert shares(searches)[1] > 0.6


def test_they_join_once_the_new_one_is_stuck(searches: Searches, calls: Calls) -> None:
    old, new = begin(searches, calls, 0.5, 0.6)
    feed(new, calls, 0.6, times=2)
    searches.take_turn(MANY, list, 0)
    assert searches.active == [old, new]
    feed(new, calls, 0.6)
    joined = searches.take_turn(MANY, list, 0)
    assert searches.active == [joined] and joined.number == 3 and set(joined.members) == {1, 2, 3}
    assert joined.calls == old.calls + new.calls and joined.agent is new.agent
    assert {entry.number for entry in joined.elite.entries} == {
        entry.number for search in (old, new) for entry in search.elite.entries
    }
    assert searches.take_turn(MANY, list, 0) is joined  # not stuck at once


def test_they_join_at_once_where_the_new_one_cannot_reach_the_old_one(searches: Searches, calls: Calls) -> None:
    _, new = begin(searches, calls, 0.9, 0.1)
    feed(new, calls, 0.2)
    searches.take_turn(100, list, 0)  # .1 in 10 calls: 1.2 after 100 more
    assert len(searches.active) == 2
    searches.take_turn(60, list, 0)
    assert len(searches.active) == 1


def test_they_join_before_the_budget_ends_and_none_begins_then(searches: Searches, calls: Calls) -> None:
    begin(searches, calls, 0.5, 0.6)
    searches.take_turn(RESTART // 2 + 1, list, 0)
    assert len(searches.active) == 2
    searches.take_turn(RESTART // 2, list, 0)
    assert len(searches.active) == 1
    feed(searches.active[0], calls, 0.5, times=5)
    searches.take_turn(RESTART, list, 0)
    assert len(searches.active) == 1
    searches.take_turn(RESTART + 1, list, 0)
    assert len(searches.active) == 2


def test_the_agent_that_was_given_ends_with_the_weights_of_the_better_search(searches: Searches, calls: Calls) -> None:
    old, new = begin(searches, calls, 0.5, 0.6)
    with torch.no_grad():
        new.agent.head.bias += 1
    searches.finish()
    for name, tensor in old.agent.state_dict().items():
        assert torch.equal(tensor, new.agent.state_dict()[name])


def test_a_run_that_never_restarts_has_one_search(searches: Searches, calls: Calls) -> None:
    plain = OptimizeSettings(restart=None)
    agent = searches.active[0].agent
    alone = Searches(agent, agent, Everything(9), plain, seed=0)
    feed(alone.active[0], calls, 0.5, times=20)
    assert alone.take_turn(MANY, list, 0) is alone.active[0] and len(alone.active) == 1
