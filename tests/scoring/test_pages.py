"""The pages on scorers are those that the registry gives, and what they tell to do works."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from molgan.scoring.registry import get_scorer

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


def test_pages_are_current():
    spec = importlib.util.spec_from_file_location("scorer_pages", ROOT / "scripts" / "scorer_pages.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    pages = script.pages()
    assert {path.name for path in DOCS.glob("scorers*.md")} == set(pages)
    for name, text in pages.items():
        assert (DOCS / name).read_text() == text, f"{name} is not current: run scripts/scorer_pages.py"


@pytest.fixture
def example(tmp_path):
    text = (DOCS / "own_scorers.md").read_text()
    for name, content in re.findall(r"<!-- (\S+) -->\n```\w+\n(.*?)```", text, re.DOTALL):
        (tmp_path / name).write_text(content)
    return tmp_path


def test_the_example_of_a_function_works(example):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "try.py"], cwd=example, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    rows = done.stdout.splitlines()
    assert re.search(r"BrCCO +\d\.\d+ +0\.25", rows[1])
    assert "not a SMILES" in rows[3]


def test_the_example_of_a_class_works(example):
    scores = get_scorer(f"{example}/model.py:Surrogate", slope=-1)(["CC", "C1CC1"])
    assert scores.values.tolist() == [-2, -3.5]
