"""The best molecules: by score, of equal scores the newer, few of one scaffold where asked."""

import math

from hypothesis import given
from hypothesis import strategies as st
from rdkit import Chem

from molgan.chem.motifs import cut
from molgan.training.design.elite import Elite, Made
from molgan.training.design.ledger import Call
from molgan.training.settings import OptimizeSettings


def make(numbers: list[int], scores: list[float], smiles: str = "CCO") -> list[Made]:
    mol = Chem.MolFromSmiles(smiles)
    return [(Call(i, 1, smiles, score, "edit", ()), mol, cut(mol)) for i, score in zip(numbers, scores, strict=True)]


def elite(memory: int, **settings: int) -> Elite:
    return Elite(OptimizeSettings(memory=memory, **settings))


@given(st.lists(st.lists(st.integers(0, 3).map(float), max_size=5), max_size=8), st.integers(2, 6))
def test_the_best_stay_and_of_equal_ones_the_newer(batches: list[list[float]], memory: int) -> None:
    best, made = elite(memory), []
    for batch in batches:
        calls = make(list(range(len(made), len(made) + len(batch))), batch)
        made += calls
        fresh = best.add(calls)
        assert {entry.number for entry in fresh} <= {call.number for call, _, _ in calls}
        wanted = sorted((call for call, _, _ in made), key=lambda call: (-call.score, -call.number))[:memory]
        assert [entry.number for entry in best.entries] == [call.number for call in wanted]


def test_what_has_no_score_or_no_tree_is_no_parent() -> None:
    best = elite(4)
    (call, mol, _), *_ = make([1], [0.5])
    best.add([*make([0], [math.nan]), (call, mol, None), *make([2], [0.1])])
    assert [entry.number for entry in best.entries] == [2]


def test_two_join_without_repeats_and_equal_scores_by_turns() -> None:
    one, other = elite(6), elite(6)
    one.add(make([0, 1, 2], [0.5, 0.5, 0.9]))
    other.add(make([0, 7, 8, 9], [0.5, 0.5, 0.5, 0.1]))
    one.join(other)
    assert [entry.number for entry in one.entries] == [2, 8, 1, 7, 0, 9]


def test_few_of_one_scaffold_stay_the_newer_first() -> None:
    best = elite(6, per_scaffold=2)
    best.add(make([0, 1, 2], [0.5, 0.5, 0.5], "Cc1ccccc1") + make([3], [0.1], "CC1CCCC1"))
    assert [entry.number for entry in best.entries] == [2, 1, 3]
