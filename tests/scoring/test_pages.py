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


# Scores a ligand by its atoms: as SDF with a property, or as PDBQT, which keeps the hydrogen of a hydroxyl group.
STAND_IN = """
import sys
from rdkit import Chem
given, written = sys.argv[1:]
if given.endswith(".pdbqt"):
    atoms = sum(line.startswith("ATOM") for line in open(given))
    open(written, "w").write(f"REMARK VINA RESULT:   -{atoms}.5      0.000      0.000\\n")
else:
    with Chem.SDWriter(written + ".sd") as writer:
        for mol in Chem.SDMolSupplier(given):
            mol.SetProp("SCORE", str(-mol.GetNumAtoms()))
            writer.write(mol)
print("a banner on stdout")
"""


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("dock_sdf.py", ["SCORE", "low", sys.executable, "program.py", "LIGANDS", "POSES"], [-4, -7]),
        ("dock_pdbqt.py", [sys.executable, "program.py", "LIGAND", "POSES"], [-4.5, -8.5]),
    ],
)
def test_recipes_for_docking_programs_work(tmp_path, monkeypatch, name, arguments, expected):
    for package in ("dimorphite_dl", "meeko"):
        pytest.importorskip(package)
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"<!-- (\S+) -->\n```\w+\n(.*?)```", (DOCS / "docking.md").read_text(), re.DOTALL)
    (tmp_path / name).write_text(dict(blocks)[name])
    (tmp_path / "program.py").write_text(STAND_IN)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]))
    scores = get_scorer("process", command=[sys.executable, name, *arguments])(["CC(=O)O", "CC(=O)OCCO", "none"])
    assert scores.values[:2].tolist() == expected
    assert scores.errors[2]
