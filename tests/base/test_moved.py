"""Names of modules that the documentation once gave."""

import importlib
import subprocess
import sys

import pytest

from molgan.base.moved import _MOVED


@pytest.mark.parametrize(("old", "new"), _MOVED.items())
def test_the_old_name_is_the_same_module(old, new):
    module = importlib.import_module(new)
    assert importlib.import_module(old) is module
    assert module.__name__ == module.__spec__.name == new


def test_old_names_work_in_a_new_process_and_cost_nothing_before():
    code = (
        "import sys, molgan; assert 'molgan.base.settings' not in sys.modules\n"
        "from molgan.settings import Settings; from molgan.base import settings; assert Settings is settings.Settings"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_name_that_never_was_is_still_unknown():
    with pytest.raises(ModuleNotFoundError, match=r"molgan\.erors"):
        importlib.import_module("molgan.erors")
