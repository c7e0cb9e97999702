import subprocess
import sys

import pandas
import pytest
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
    forms["mixed"] = pandas.Series([mols[0], float("nan"), "c1ccccc1", "C1CC"], dtype=object)
    try:
        import polars
    except ImportError:
        return forms
    return forms | {"polars": polars.Series("smiles", SMILES)}


@pytest.mark.parametrize("form", columns())
def test_molecules_come_in_any_form(form: str) -> None:
    scores = molgan.score(columns()[form], ["heavy_atoms"])
    assert scores["heavy_atoms"].fillna(-1).tolist() == [3, -1, 6, -1]
    table = molgan.filter(columns()[form], ["valid", {"filter": "size", "min": 5}])
    assert table["kept"].tolist() == [False, False, True, False]
    assert table["reason"].tolist()[:2] == ["fewer than 5 heavy atoms: 3", "empty"]
    assert table.index.tolist() == scores.index.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("single", ["CCO", Chem.MolFromSmiles("CCO")])
def test_a_single_molecule_is_not_a_list(single: object) -> None:
    for call in (molgan.score, molgan.filter):
        with pytest.raises(InputError, match="expected a list"):
            call(single, ["valid"])


def test_stereoisomers_tell_their_parents() -> None:
    table = molgan.stereoisomers(["CC(N)O", "c1cc", "CCO"])
    assert table["smiles"].tolist() == ["C[C@@H](N)O", "C[C@H](N)O", "CCO"]
    assert table["parent"].tolist() == [0, 0, 2]


def test_scoring_and_filtering_need_no_torch() -> None:
    work = "molgan.score(['C'], ['qed']); molgan.filter(['C'], ['valid']); molgan.stereoisomers(['C'])"
    code = f"import sys, molgan; {work}; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
