import importlib

import pytest

from molgan.base.errors import RunError
from molgan.evaluation.side_by_side import map_chunks


def test_processes_keep_the_order(messages):
    items = list(range(1234))
    assert map_chunks(list, items, n_jobs=2, task="counting", progress=messages) == items
    assert messages.tasks == ["counting"]


def test_a_process_that_dies_is_an_error_not_a_wait(tmp_path, monkeypatch):
    (tmp_path / "mortal.py").write_text("import os\ndef die(items):\n    os._exit(1)\n")
    monkeypatch.syspath_prepend(tmp_path)
    mortal = importlib.import_module("mortal")
    with pytest.raises(RunError, match="n_jobs=1"):
        map_chunks(mortal.die, list(range(1000)), n_jobs=2)
