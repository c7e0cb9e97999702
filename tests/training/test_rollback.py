"""The state that a watched training goes back to."""

import torch

from molgan.training.one_shot.rollback import LastGood, Snapshot


def state(step: int) -> Snapshot:
    return {"weights": torch.tensor([float(step)])}, {"step": step}


def test_a_state_is_good_once_a_window_has_passed_behind_it() -> None:
    last = LastGood(state(0), span=10)
    seen = []
    for step in (5, 10, 15, 20, 40):
        last.offer(state(step))
        seen.append(last.state[1]["step"])
    assert seen == [0, 0, 0, 10, 20]


def test_it_comes_back_from_a_checkpoint() -> None:
    last = LastGood(state(0), span=10)
    last.offer(state(12))
    again = LastGood.unpack(*last.pack(), span=10)
    for each in (last, again):
        each.offer(state(30))
        assert each.state[1]["step"] == 12
        assert each.state[0]["weights"].item() == 12
