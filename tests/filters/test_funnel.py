from collections.abc import Sequence

import numpy as np
import pandas
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from molgan.base.errors import ConfigError, InputError
from molgan.chem.molecule import Molecule, parse_all
from molgan.filters.filter import Filter, Verdict
from molgan.filters.filter_table import filter_smiles
from molgan.filters.funnel import Funnel
from molgan.filters.funnel_result import get_kind
from molgan.filters.registry import FILTERS, find_filter, register
from molgan.filters.settings import FunnelSettings

POOL = [
    "CCO", "OCC", "c1ccccc1", "c1ccccc", "C(C)(C)(C)(C)C", "", None, "[Na+].[Cl-]", "[Xe]", "CC(=O)Oc1ccccc1C(=O)O",
    "O=C(O)c1ccccc1OC(C)=O", "O=C1NC(=S)SC1=Cc1ccccc1", "CCCCCCCCCCCCCCCCCC", "Cn1cnc2c1c(=O)n(C)c(=O)n2C", "C" * 80,
    "CC(C)Cc1ccc(cc1)C(C)C(=O)O", "O=[N+]([O-])c1ccccc1", "not a molecule", "C[C@H](N)C(=O)O", "C[C@@H](N)C(=O)O",
]  # fmt: skip
PER_MOLECULE = [
    {"filter": "valid"},
    {"filter": "distinct", "ignore_stereo": True},
    {"filter": "connected"},
    {"filter": "size", "min": 2, "max": 20},
    {"filter": "elements", "allowed": ["C", "N", "O"]},
    {"filter": "novel", "references": "moses_reference_1000"},
    {"filter": "lipinski"},
    {"filter": "properties", "ranges": {"logp": {"max": 3}}},
    {"filter": "pains"},
    {"filter": "brenk"},
    {"filter": "substructures", "forbidden": ["[N+]"]},
    {"filter": "score", "min": 0.3},
]
WHOLE = [{"filter": "diverse", "n": 3}, {"filter": "best", "n": 4}, {"filter": "scaffolds", "most": 1}]


class Broken(Filter):
    """Raises for benzene, and so for any lot that holds it."""

    name = "broken"
    summary = "for the test"

    def _accept(self, molecules: Sequence[Molecule]) -> Verdict:
        if any(molecule.smiles == "c1ccccc1" for molecule in molecules):
            raise RuntimeError("no benzene, please\nthank you")
        return np.ones(len(molecules), np.bool_), [None] * len(molecules)


class Short(Filter):
    name = "short"
    summary = "for the test"

    def _accept(self, molecules: Sequence[Molecule]) -> Verdict:
        return np.ones(1, np.bool_), [None]


class Silent(Filter):
    name = "silent"
    summary = "for the test"

    def _accept(self, molecules: Sequence[Molecule]) -> Verdict:
        return np.zeros(len(molecules), np.bool_), [None] * len(molecules)


def length(molecules: Sequence[Molecule]) -> pandas.DataFrame:
    """A score that depends on the molecule alone."""
    return pandas.DataFrame({"score": [len(molecule.source) % 10 / 10 for molecule in molecules]})


stages_drawn = st.lists(
    st.sampled_from([*PER_MOLECULE, *WHOLE]), min_size=1, max_size=6, unique_by=lambda s: s["filter"]
)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(POOL), max_size=25), stages_drawn)
def test_the_counts_reconcile(smiles: list[str | None], stages: list[dict[str, object]]) -> None:
    result = Funnel(FunnelSettings.model_validate({"stages": stages}))(smiles, table=length)
    entered = [count.entered for count in result.counts]
    kept = [count.kept for count in result.counts]
    assert [count.stage for count in result.counts] == [stage["filter"] for stage in stages]
    assert entered == [len(smiles), *kept[:-1]] and kept[-1] == len(result.kept)
    assert sorted([*result.kept, *(one.index for one in result.rejected)]) == list(range(len(smiles)))
    assert result.kept == sorted(result.kept)
    assert all(one.reason and one.smiles == (smiles[one.index] or "") for one in result.rejected)
    assert all(count.reasons.total() == count.entered - count.kept for count in result.counts)


def test_a_filter_that_raises_rejects_only_the_culprit() -> None:
    frame = filter_smiles(["CCO", "c1ccccc1", "C"], [Broken()])
    assert frame.kept.tolist() == [True, False, True]
    assert frame.reason.tolist()[1] == "error: RuntimeError: no benzene, please"


def test_a_filter_of_the_wrong_length_or_without_reasons_is_told() -> None:
    assert (
        filter_smiles(["CCO", "C"], [Short()]).reason.tolist()
        == ["error: filter gave 1 answers and 1 reasons for 2 molecules"] * 2
    )
    assert filter_smiles(["CCO"], [Silent()]).reason.tolist() == ["no reason given"]


def test_a_filter_of_ones_own_is_known_by_its_name_once_it_is_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="no filter 'silent'"):
        find_filter("silent")
    monkeypatch.setitem(FILTERS, "silent", Silent)  # and is forgotten at the end
    register(Silent)
    assert filter_smiles(["CCO"], ["silent"]).reason.tolist() == ["no reason given"]
    again = type("Silent", (Short,), {"name": "silent", "__module__": Silent.__module__})
    assert register(again) is find_filter("silent")
    mine = type("Mine", (Silent,), {"name": "size"})
    with pytest.raises(ValueError, match=r"there is a filter 'size' already: molgan.filters.stages.structure.Size"):
        register(mine)


def test_the_order_is_the_users() -> None:
    smiles = ["CCCCCCCCCCCCCCCCCC", "CCCCCCCCCCCCCCCCCC"]
    stages = {"filter": "size", "max": 10}, {"filter": "distinct"}
    first = Funnel(FunnelSettings.model_validate({"stages": stages}))(smiles)
    second = Funnel(FunnelSettings.model_validate({"stages": stages[::-1]}))(smiles)
    assert [one.stage for one in first.rejected] == ["size", "size"]
    assert [one.stage for one in second.rejected] == ["size", "distinct"]


def test_reasons_are_counted_by_what_they_name_first() -> None:
    assert [get_kind(reason) for reason in ("duplicate", "a: 1; b: 2", "aniline; catechol")] == [
        "duplicate",
        "a",
        "aniline",
    ]
    result = Funnel(["valid", "lipinski"])(["C" * 20, "C" * 22, "C(C)(C)(C)(C)C", "c1cc", "CCO"])
    assert [dict(count.reasons) for count in result.counts] == [
        {"valence": 1, "not a SMILES": 1},
        {"logp above 5": 2},
    ]
    assert result.counts[1].as_dict() == {
        "stage": "lipinski",
        "entered": 3,
        "kept": 1,
        "seconds": pytest.approx(result.counts[1].seconds, abs=1e-3),
        "reasons": {"logp above 5": 2},
    }
    assert result.narrowest is not None and result.narrowest.stage == "lipinski"


def test_scores_come_from_a_table_of_the_input() -> None:
    table = pandas.DataFrame({"score": [0.9, 0.1, 0.9]}, index=[7, 8, 9])
    settings = FunnelSettings.model_validate({"stages": ["valid", {"filter": "score", "min": 0.5}]})
    assert Funnel(settings)(["c1cc", "C", "CC"], table=table).kept == [2]
    with pytest.raises(InputError, match="3 rows of scores for 2 molecules"):
        Funnel(settings)(["C", "CC"], table=table)
    with pytest.raises(ConfigError, match="no column of scores"):
        Funnel(settings)(["C", "CC"])


def test_each_molecule_has_its_own_row_of_a_long_table() -> None:
    scores = np.random.default_rng(3).random(2500)
    chosen = ["valid", {"filter": "score", "min": 0.5}, {"filter": "best", "n": 9}]
    smiles = ["c1cc" if i % 7 == 0 else "CCO" for i in range(2500)]
    stages = FunnelSettings.model_validate({"stages": chosen})
    result = Funnel(stages)(smiles, table=pandas.DataFrame({"score": scores}))
    valid = [i for i in range(2500) if i % 7]
    assert result.kept == sorted(sorted(valid, key=lambda i: -scores[i])[:9])
    assert result.counts[1].kept == sum(scores[i] >= 0.5 for i in valid)


def test_stages_may_be_names_settings_and_filters() -> None:
    funnel = Funnel(
        ["valid", *FunnelSettings.model_validate({"stages": [{"filter": "size", "max": 3, "min": 1}]}).stages, Broken()]
    )
    assert [stage.name for stage in funnel.stages] == ["valid", "size", "broken"]


def test_wrong_stages_are_refused_with_the_mend() -> None:
    for stages, message in [
        ([{"filter": "lipinsky"}], "did you mean 'lipinski'"),
        ([{"filter": "size", "mim": 3}], "did you mean 'min'"),
        (["size", "size"], "two stages are called 'size'"),
        ([], "at least 1 item"),
        ([{"filter": "novel", "references": "nowhere.smi"}], "nowhere.smi: no such file"),
    ]:
        with pytest.raises(ValidationError, match=message):
            FunnelSettings.model_validate({"stages": stages})
    with pytest.raises(ConfigError, match="two stages are called 'valid'"):
        Funnel(["valid", "valid"])
    with pytest.raises(ConfigError, match="at least one stage"):
        Funnel([])
    with pytest.raises(ConfigError, match=r"write \['valid'\]"):
        Funnel("valid")


def test_one_filter_twice_under_two_names() -> None:
    stages = [{"filter": "size", "min": 2, "name": "small"}, {"filter": "size", "min": 1, "max": 5, "name": "large"}]
    funnel = Funnel(FunnelSettings.model_validate({"stages": stages}))
    assert [one.stage for one in funnel(["C", "CCC", "CCCCCC"]).rejected] == ["small", "large"]


def test_files_are_found_beside_the_configuration_and_settings_survive_a_round_trip(tmp_path) -> None:
    (tmp_path / "known.smi").write_text("CCO\n")
    stages = [{"filter": "novel", "references": ["known.smi", "approved_drugs"]}, "valid"]
    read = FunnelSettings.model_validate({"stages": stages}, context={"folder": tmp_path})
    assert read.stages[0].parameters == {"references": (str(tmp_path / "known.smi"), "approved_drugs")}
    again = FunnelSettings.model_validate(read.model_dump(mode="json"))
    assert [one.index for one in Funnel(again)(["OCC", "CCCCCCCCCCCCCCCCCCCCO"]).rejected] == [0]


def test_the_table_has_one_row_an_input_in_order() -> None:
    frame = filter_smiles(pandas.Series(["CCO", None, "OCC", float("nan"), "c1cc"]), ["valid", "distinct"])
    assert frame.columns.tolist() == ["smiles", "kept", "stage", "reason", "duplicate_of"]
    assert frame.kept.tolist() == [True, False, False, False, False]
    assert frame.stage.tolist() == [None, "valid", "distinct", "valid", "valid"]
    assert frame.reason.tolist() == [None, "empty", "duplicate", "empty", parse_all(["c1cc"])[0].reason]
    assert filter_smiles([], ["valid"]).empty
    with pytest.raises(InputError, match="single string"):
        filter_smiles("CCO", ["valid"])
