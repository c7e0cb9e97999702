"""Every program in scripts/ starts with the modules as they are."""

import runpy
import sys
from pathlib import Path
from unittest.mock import patch

import pytest

from molgan.scoring.registry import SCORERS

SCRIPTS = Path(__file__).parents[1] / "scripts"
PROGRAMS = sorted(path for path in SCRIPTS.rglob("*.py") if "__main__" in path.read_text())


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_a_program_starts(path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", [str(path), "--help"])
    monkeypatch.syspath_prepend(SCRIPTS)
    monkeypatch.syspath_prepend(path.parent)
    try:
        with patch.dict(SCORERS), pytest.raises(SystemExit) as end:
            runpy.run_path(str(path), run_name="__main__")
    except ModuleNotFoundError as error:
        assert error.name and not error.name.startswith("molgan"), error
        pytest.skip(f"{path.name} needs the package {error.name}")
    assert end.value.code == 0
    assert path.name in capsys.readouterr().out


def test_every_module_but_those_that_others_import_is_a_program() -> None:
    rest = {path.name for path in SCRIPTS.rglob("*.py")} - {path.name for path in PROGRAMS}
    parts = {path.name for kind in ("medchem", "reinvent") for path in SCRIPTS.rglob(f"{kind}_*.py")}
    others = {"docs_hooks.py", "guacamol_scores.py", "lstm_training.py", "packed.py", "sleepy.py", "smiles_lstm.py"}
    assert rest - parts == others
