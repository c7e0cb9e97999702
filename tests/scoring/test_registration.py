"""Scorers and transforms are known by the names that they state; names are unique, and a user's own stay apart."""

import subprocess
import sys
from unittest.mock import patch

import pytest

from molgan.scoring.base import SCORERS, DescriptorScorer, Scorer, register
from molgan.scoring.registry import find_scorer, scorer_names
from molgan.scoring.scorers.drug_likeness import QED
from molgan.scoring.transforms import TRANSFORMS, Identity, Transform, get_transform
from molgan.scoring.transforms import register as register_transform


def define(name: str, module: str, base: type = DescriptorScorer) -> type:
    return type("Another", (base,), {"name": name, "summary": "", "__module__": module})


def test_a_scorer_is_known_where_it_is_defined() -> None:
    try:
        kind = define("new", "molgan.scoring.scorers.new")
        assert find_scorer("new") is kind and scorer_names().index("new") < scorer_names().index("qsar")
        again = define("new", "molgan.scoring.scorers.new")
        assert find_scorer("new") is again, "a module that is loaded anew"
    finally:
        del SCORERS["new"]


@pytest.mark.parametrize(("name", "base"), [("qed", DescriptorScorer), ("sigmoid", Transform)])
def test_a_name_that_another_one_has_is_refused(name: str, base: type) -> None:
    with pytest.raises(ValueError, match=f"scorers.new.Another: there is a .* '{name}' already: molgan.scoring."):
        define(name, "molgan.scoring.scorers.new", base)
    assert SCORERS["qed"] is QED and TRANSFORMS["sigmoid"].__name__ == "Sigmoid"


def test_what_others_define_stays_apart_until_it_is_registered() -> None:
    before = dict(SCORERS)
    for _ in range(2):
        assert issubclass(define("qed", "theirs"), Scorer)
    assert before == SCORERS
    assert type("Mine", (Identity,), {"name": "identity"}) is not TRANSFORMS["identity"]
    with pytest.raises(ValueError, match="'qed' already"):
        register(define("qed", "theirs"))


def test_a_transform_of_a_program_is_known_once_it_is_registered() -> None:
    kind = type("Mine", (Identity,), {"name": "mine", "summary": ""})
    with patch.dict(TRANSFORMS):
        assert register_transform(kind) is kind
        assert isinstance(get_transform({"name": "mine"}), kind)
        with pytest.raises(ValueError, match="'identity' already"):
            register_transform(type("Mine", (Identity,), {"name": "identity"}))


def test_the_order_of_the_list_does_not_depend_on_what_is_imported_first() -> None:
    script = "import molgan.models.qsar.qsar_scorer, molgan.scoring.scorers.external\n"
    script += "from molgan.scoring.registry import scorer_names; print(*scorer_names())"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    names = done.stdout.split()
    others = names[names.index("rest") :]
    assert names[:3] == ["qed", "sa", "logp"] and others[:4] == ["rest", "qsar", "realism", "herg"]
