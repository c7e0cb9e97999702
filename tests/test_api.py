import subprocess
import sys

import pandas
import pyarrow
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rdkit import Chem

import molgan
from molgan.base.errors import ConfigError, InputError


def seconds_of(code: str) -> float:
    """CPU seconds of a fresh interpreter, which a busy machine does not lengthen."""
    probe = "import resource; u = resource.getrusage(resource.RUSAGE_SELF); print(u.ru_utime + u.ru_stime)"
    done = subprocess.run([sys.executable, "-c", f"{code}\n{probe}"], capture_output=True, text=True, check=True)
    return float(done.stdout.splitlines()[-1])


def test_importing_molgan_is_quick() -> None:
    start = min(seconds_of("pass") for _ in range(3))
    assert min(seconds_of("import molgan; molgan.__version__") for _ in range(3)) - start < 0.3


def test_importing_molgan_imports_nothing_heavy() -> None:
    heavy = "{'torch', 'pandas', 'rdkit', 'ray', 'deepchem', 'pydantic', 'rich'}"
    code = f"import sys, molgan; dir(molgan); print({heavy} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "set()\n"


def test_every_name_that_is_offered_is_there() -> None:
    for name in molgan.__all__:
        assert getattr(molgan, name)
    with pytest.raises(AttributeError, match="optimise"):
        molgan.optimise  # noqa: B018


def test_score_gives_a_row_an_input_in_order() -> None:
    table = molgan.score(["CCO", "c1cc", None, "CCO"], ["qed", "pains"])
    assert isinstance(table, pandas.DataFrame)
    assert list(table["qed"].isna()) == [False, True, True, False]
    assert list(table["error"].isna()) == [True, False, False, True]


def test_filter_takes_names_and_settings_and_says_why() -> None:
    table = molgan.filter(["CCO", "c1ccccc1", "c1cc"], ["valid", {"filter": "size", "min": 5}])
    assert list(table["kept"]) == [False, True, False]
    assert list(table["stage"]) == ["size", None, "valid"]
    with pytest.raises(ConfigError, match="did you mean 'size'"):
        molgan.filter(["CCO"], ["sise"])


SMILES = ["OCC", None, "c1ccccc1", "C1CC"]


def columns() -> dict[str, object]:
    """The same molecules in each form."""
    mols = [Chem.MolFromSmiles(text) if text else None for text in SMILES[:3]]
    forms = {"list": SMILES, "generator": iter(SMILES), "pandas": pandas.Series(SMILES, index=[5, 6, 7, 8])}
    forms |= {"missing": pandas.Series(SMILES, dtype="string"), "molecules": [*mols, None]}
    forms["frame"] = pandas.DataFrame({"mw": range(4), "Structure (SMILES)": SMILES})
    forms["arrow"] = pyarrow.chunked_array([SMILES])
    forms["arrow table"] = pyarrow.table({"mw": range(4), "smiles": SMILES})
    forms["mixed"] = pandas.Series([mols[0], float("nan"), "c1ccccc1", "C1CC"], dtype=object)
    try:
        import polars
    except ImportError:
        return forms
    forms["polars frame"] = polars.DataFrame({"n": range(4), "smiles": SMILES})
    return forms | {"polars": polars.Series("smiles", SMILES)}


@pytest.mark.parametrize("form", columns())
def test_molecules_come_in_any_form(form: str) -> None:
    scores = molgan.score(columns()[form], ["heavy_atoms"])
    assert scores["heavy_atoms"].fillna(-1).tolist() == [3, -1, 6, -1]
    table = molgan.filter(columns()[form], ["valid", {"filter": "size", "min": 5}])
    assert table["kept"].tolist() == [False, False, True, False]
    assert table["reason"].tolist()[:2] == ["fewer than 5 heavy atoms: 3", "empty"]
    labels = [5, 6, 7, 8] if form == "pandas" else [0, 1, 2, 3]
    assert table.index.tolist() == scores.index.tolist() == labels


@pytest.mark.parametrize("single", ["CCO", Chem.MolFromSmiles("CCO")])
def test_a_single_molecule_is_not_a_list(single: object) -> None:
    for call in (molgan.score, molgan.filter):
        with pytest.raises(InputError, match="expected a list"):
            call(single, ["valid"])


def test_stereoisomers_tell_their_parents() -> None:
    table = molgan.stereoisomers(["CC(N)O", "c1cc", "CCO"])
    assert table["smiles"].tolist() == ["C[C@@H](N)O", "C[C@H](N)O", "CCO"]
    assert table["parent"].tolist() == [0, 0, 2]


LABELS = st.one_of(st.integers(-5, 5), st.sampled_from(["a", "b", "c"]), st.dates())
ROWS = st.lists(st.tuples(LABELS, st.sampled_from([*SMILES, "CCO", "CC(N)O"])), min_size=1, max_size=6)


@given(ROWS)
def test_a_series_gives_the_values_of_its_list_under_its_own_labels(rows: list[tuple[object, str | None]]) -> None:
    labels = pandas.Index([label for label, _ in rows], dtype=object)
    smiles = [text for _, text in rows]
    column = pandas.Series(smiles, index=labels, dtype=object)
    frame = pandas.DataFrame({"id": range(len(smiles)), "smiles": column})
    for given_ in (column, frame):
        for call, what in ((molgan.score, ["heavy_atoms"]), (molgan.filter, ["valid", "distinct"])):
            expected = call(smiles, what)
            if "duplicate_of" in expected:
                originals = [None if row is None else labels[row] for row in expected["duplicate_of"]]
                expected["duplicate_of"] = pandas.Series(originals, dtype=object)
            pandas.testing.assert_frame_equal(call(given_, what), expected.set_axis(labels))
        expected = molgan.stereoisomers(smiles)
        table = molgan.stereoisomers(given_)
        assert table["smiles"].tolist() == expected["smiles"].tolist()
        assert table["parent"].tolist() == [labels[row] for row in expected["parent"]]


def test_what_is_assigned_to_the_frame_stays_with_its_molecule() -> None:
    frame = pandas.DataFrame({"smiles": ["CCCCCCCC", "c1ccccc1", "CCO"], "logp": [4.0, 1.7, -0.1]})
    ranked = frame.sort_values("logp")
    ranked["atoms"] = molgan.score(ranked["smiles"], "heavy_atoms")["heavy_atoms"]
    assert ranked["atoms"].tolist() == [3, 6, 8]


def test_a_frame_whose_smiles_cannot_be_told_is_refused_or_told() -> None:
    with pytest.raises(InputError, match=r'without a SMILES column; columns present: id, text; .*frame\["name"\]'):
        molgan.score(pandas.DataFrame({"id": [1], "text": ["CCO"]}), "qed")
    with pytest.warns(UserWarning, match="read from column 'smiles', not from 'mol_smiles'; frame"):
        table = molgan.score(pandas.DataFrame({"mol_smiles": ["C"], "smiles": ["CCO"]}), "heavy_atoms")
    assert table["heavy_atoms"].tolist() == [3]
    with pytest.raises(InputError, match="not a mapping"):
        molgan.filter({"smiles": ["CCO"]}, "valid")


def test_scores_in_another_order_than_the_molecules_are_refused() -> None:
    column = pandas.Series(["CCO", "c1ccccc1"], index=["a", "b"])
    scores = pandas.DataFrame({"score": [0.1, 0.9]}, index=["b", "a"])
    stage = {"filter": "score", "min": 0.5}
    with pytest.raises(InputError, match=r"table.loc\[smiles.index\]"):
        molgan.filter(column, stage, table=scores)
    assert molgan.filter(column, stage, table=scores.loc[column.index])["kept"].tolist() == [True, False]
    assert molgan.filter(column, stage, table=scores.reset_index())["kept"].tolist() == [False, True]


def test_one_scorer_and_one_filter_need_no_list() -> None:
    assert molgan.filter(["CCO", "C("], "valid").equals(molgan.filter(["CCO", "C("], ["valid"]))
    assert molgan.filter(["CCO"], {"filter": "size", "min": 5})["kept"].tolist() == [False]
    assert molgan.score(["CCO"], "qed").equals(molgan.score(["CCO"], ["qed"]))


def test_a_duplicate_names_the_row_that_it_equals() -> None:
    column = pandas.Series(["CCO", "c1ccccc1", "OCC", "C(C)O", "C1=CC=CC=C1"], index=list("abcde"))
    table = molgan.filter(column, ["distinct", {"filter": "size", "min": 4}])
    assert table["reason"].tolist()[1:] == [None, "duplicate", "duplicate", "duplicate"]
    assert table["duplicate_of"].tolist() == [None, None, "a", "a", "b"]
    assert molgan.filter(column.tolist(), "distinct")["duplicate_of"].tolist() == [None, None, 0, 0, 1]


def test_scoring_and_filtering_need_no_torch() -> None:
    work = "molgan.score(['C'], ['qed']); molgan.filter(['C'], ['valid']); molgan.stereoisomers(['C'])"
    code = f"import sys, molgan; {work}; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_a_seed_that_is_drawn_for_samples_is_told() -> None:
    with pytest.warns(UserWarning, match=r"seed \d+ was drawn") as caught:
        drawn = molgan.sample(5, seed=None)
    seed = int(str(caught[0].message).split()[1])
    assert molgan.sample(5, seed=seed) == drawn
