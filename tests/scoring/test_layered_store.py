"""Several stores of scores are one."""

import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from molgan.distributed.shared_memo import Memo
from molgan.scoring.objective import Objective
from molgan.scoring.score_cache import Known, clear_caches
from molgan.scoring.score_store import LayeredStore
from molgan.scoring.settings import ObjectiveSettings


class Held(Memo):
    """A memo that counts what it is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def get(self, key: str, smiles: list[str]) -> dict[str, Known]:
        self.asked += smiles
        return super().get(key, smiles)

    def put(self, key: str, found: Mapping[str, Known]) -> None:
        super().put(key, dict(found))

    def close(self) -> None:
        pass


def test_the_first_layer_learns_what_the_second_knows() -> None:
    first, second = Held(), Held()
    second.put("k", {"C": (1.0, None), "CC": (2.0, "two")})
    store = LayeredStore([first, second])
    assert store.get("k", ["C", "CCC"]) == {"C": (1.0, None)}
    assert store.get("k", ["C"]) == {"C": (1.0, None)}
    assert first.asked == ["C", "CCC", "C"] and second.asked == ["C", "CCC"]
    store.put("k", {"CCC": (3.0, None)})
    assert first.get("k", ["CCC"]) == second.get("k", ["CCC"]) == {"CCC": (3.0, None)}


def test_what_one_objective_paid_for_another_one_knows(tmp_path: Path) -> None:
    calls, memo = tmp_path / "calls", Held()
    body = f"s = sys.stdin.read().split(); open({str(calls)!r}, 'a').write(' '.join(s) + '\\n'); "
    body += "print(json.dumps([{'a': len(x) / 100} for x in s]))"
    call = {"command": [sys.executable, "-S", "-c", f"import json, sys; {body}"], "field": "a"}
    costly = {"scorer": "process", "name": "a", "parameters": call, "transform": {"name": "identity"}}
    settings = ObjectiveSettings.model_validate({"components": [{"scorer": "qed"}, costly]})
    for smiles in (["CCO", "CC"], ["CCO", "CCC"]):
        clear_caches()
        with Objective(settings) as objective:
            objective.share(memo)
            assert np.isfinite(objective(smiles).total).all()
    assert calls.read_text().splitlines() == ["CCO CC", "CCC"]
    assert memo.asked == ["CCO", "CC", "CCO", "CCC"]  # about the costly component alone
