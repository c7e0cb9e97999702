import subprocess
import sys

import pandas
import pytest

import molgan
from molgan.errors import ConfigError


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
