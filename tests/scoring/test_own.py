"""Scorers of a user's own, loaded by place, in processes of their own."""

import math
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from molgan.base.errors import ConfigError
from molgan.scoring import lookup, registry
from molgan.scoring.objective import Objective
from molgan.scoring.processes.local_crew import LocalCrew
from molgan.scoring.registry import find_scorer, get_scorer
from molgan.scoring.score_cache import clear_caches
from molgan.scoring.settings import ObjectiveSettings

FILE = """
    import math, os, sys, time
    from rdkit import Chem
    from molgan.scoring.base import Scorer
    from molgan.scoring.own import scorer

    print("this goes to stderr")

    @scorer(unit="", low=0, high=1, direction="high")
    def share(mol: Chem.Mol, *, element: str = "F") -> float:
        \"\"\"Share of atoms of an element.

        More words.
        \"\"\"
        atoms = [atom.GetSymbol() for atom in mol.GetAtoms()]
        return atoms.count(element) / len(atoms)

    @scorer(low=0)
    def lengths(smiles: list[str]) -> list[float]:
        return [len(text) for text in smiles]

    def plain(smiles: str):
        return 0.5

    class Rings(Scorer):
        \"\"\"Rings over ten\"\"\"
        low, high = 0.0, 1.0
        def _score(self, mols):
            return [mol.GetRingInfo().NumRings() / 10 for mol in mols]

    @scorer(low=0, high=1)
    def nasty(smiles: str) -> float:
        print("noise on stdout")
        if smiles == "CS":
            time.sleep(600)
        if smiles == "CN":
            os._exit(3)
        if smiles == "CO":
            raise ValueError("no alcohol")
        return {"CF": "text", "CCl": math.inf}.get(smiles, 1.0)

    @scorer(low=0, high=1)
    def flaky(smiles: str, *, counter: str) -> float:
        with open(counter, "a") as file:
            file.write("x")
        return 1.0 if os.path.getsize(counter) > 2 else math.nan

    number = 7
"""


@pytest.fixture
def place(tmp_path):
    clear_caches()
    path = tmp_path / "mine.py"
    path.write_text(textwrap.dedent(FILE))
    return lambda name: f"{path}:{name}"


def objective(*components, **settings):
    return Objective(ObjectiveSettings.model_validate({"components": list(components), **settings}))


def test_a_function_is_a_scorer(place):
    kind = find_scorer(place("share"))
    assert (kind.name, kind.summary, kind.high) == ("share", "Share of atoms of an element", 1)
    assert get_scorer(place("share"))(["CF", "C"]).values.tolist() == [0.5, 0]
    assert get_scorer(place("share"), element="C")(["CF"]).values.tolist() == [0.5]
    assert get_scorer(place("lengths"))(["OCC", "C"]).values.tolist() == [3, 1]
    assert get_scorer(place("plain"))(["C"]).values.tolist() == [0.5]
    assert get_scorer(place("Rings"))(["C1CC1"]).values.tolist() == [0.1]


def test_a_configuration_finds_it_beside_itself(place, tmp_path):
    config = tmp_path / "objective.yaml"
    config.write_text("objective:\n  components:\n  - scorer: mine.py:share\n    parameters: {element: O}\n")
    with Objective.from_yaml(config) as scoring:
        table = scoring(["CO", "broken("])
    assert list(table.raw) == ["share"]
    np.testing.assert_array_equal(table.total, [0.5, math.nan])


def test_a_package_offers_scorers_by_entry_points(place, monkeypatch):
    monkeypatch.setattr(lookup, "_entry_points", lambda: {"theirs": place("share")})
    assert get_scorer("theirs")(["CF"]).values.tolist() == [0.5]
    with pytest.raises(ConfigError, match="did you mean 'theirs'"):
        get_scorer("their")


@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [
        ("nothing", {}, "no 'nothing' in"),
        ("number", {}, "neither a function nor a subclass of Scorer"),
        ("share", {"elment": "F"}, "did you mean 'element'"),
        ("share", {"element": 1}, "element: Input should be a valid string"),
        ("flaky", {}, "parameter 'counter' is missing"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(place, name, parameters, message):
    with pytest.raises(ValidationError) as caught:
        objective({"scorer": place(name), "parameters": parameters})
    assert message in str(caught.value)


def test_a_file_that_fails_is_told_with_its_line(tmp_path):
    path = tmp_path / "bad.py"
    path.write_text("x = 1\ny = x / 0\n")
    with pytest.raises(ConfigError, match=r"bad.py: line 2: ZeroDivisionError"):
        find_scorer(f"{path}:f")
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        find_scorer(f"{tmp_path}/none.py:f")
    with pytest.raises(ConfigError, match="'no_such_module' cannot be imported"):
        find_scorer("no_such_module:f")


def test_a_change_of_its_file_is_seen(tmp_path):
    path = tmp_path / "changing.py"
    path.write_text("def f(smiles: str): return 1.0\n")
    assert get_scorer(f"{path}:f")(["C"]).values.tolist() == [1]
    path.write_text("def f(smiles: str): return 2.0\n")
    assert get_scorer(f"{path}:f")(["C"]).values.tolist() == [2]


def test_what_a_scorer_does_wrong_costs_no_other_molecule_its_value(place):
    component = {"scorer": place("nasty"), "timeout": 4, "retries": 1, "missing": "ignore"}
    given = ["C", "CS", "CC", "CN", "CO", "CF", "CCl", "CCC"]
    with objective(component, {"scorer": "qed"}) as scoring:
        table = scoring(given)
    expected = {
        "CS": "took longer than 4 s",
        "CN": "its process died (exit code 3): noise on stdout",
        "CO": "ValueError: no alcohol",
        "CF": "scorer gave 'text', not a number",
        "CCl": "scorer gave infinity",
    }
    assert table.errors == [f"nasty: {expected[text]}" if text in expected else None for text in given]
    assert dict(table.counts["nasty"].reasons) == dict.fromkeys(expected.values(), 1)
    assert table.counts["qed"].failed == 0
    assert scoring.tally == table.counts
    np.testing.assert_allclose(table.total[1], table.raw["qed"][1])


def test_a_failure_is_tried_again_as_often_as_is_said(place, tmp_path):
    counter = tmp_path / "counter"
    with objective({"scorer": place("flaky"), "parameters": {"counter": str(counter)}, "retries": 5}) as scoring:
        assert scoring(["C"]).total.tolist() == [1]
    assert counter.read_text() == "xxx"


def test_a_pool_scores_them_beside_its_own(place):
    components = [{"scorer": place("share"), "concurrency": 2}, {"scorer": "qed"}]
    settings = ObjectiveSettings.model_validate({"components": components})
    given = ["C" * n for n in range(1, 30)] + ["CF"]
    with Objective(settings) as scoring:
        expected = scoring(given)
    clear_caches()
    crew = LocalCrew(2, least=2)
    with Objective(settings, crew) as pool:
        found = pool(given)
        assert any(process.pid for process in crew.processes.workers)
    np.testing.assert_array_equal(found.total, expected.total)
    assert found.counts == expected.counts


def test_a_timeout_needs_a_scorer_that_can_be_imported(monkeypatch, place):
    class Local(find_scorer(place("Rings"))):
        name, source = "local", ""

    Local.__module__ = __name__
    monkeypatch.setitem(registry.SCORERS, "local", Local)
    with pytest.raises(ValidationError, match="another process cannot import it"):
        objective({"scorer": "local", "timeout": 1})
    assert objective({"scorer": "local"})(["C"]).total.tolist() == [0]


STUBBORN = """
import re, sys
from molgan.scoring.objective import Objective
from molgan.scoring.settings import ObjectiveSettings

component = {"scorer": sys.argv[1] + ":stubborn", "timeout": 5, "transform": {"name": "identity"}}
objective = Objective(ObjectiveSettings.model_validate({"components": [component]}))
assert objective(["C"]).total.tolist() == [1]
print(objective._components[0].isolated.workers[0].pid, flush=True)
objective(["CC"])
"""


@pytest.mark.slow
def test_a_process_that_gives_no_thread_a_turn_ends_without_its_driver(tmp_path):
    path = tmp_path / "stubborn.py"
    path.write_text(
        "import re\n"
        "def stubborn(smiles: str):\n"
        "    return 1.0 if smiles == 'C' else float(bool(re.match('(a+)+$', 'a' * 60 + 'b')))\n"
    )
    with subprocess.Popen([sys.executable, "-c", STUBBORN, path], stdout=subprocess.PIPE, text=True) as driver:
        worker = Path(f"/proc/{driver.stdout.readline().strip()}")
        time.sleep(1)
        driver.kill()
    deadline = time.monotonic() + 60
    while worker.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not worker.exists()


def test_a_wrong_configuration_is_told_with_its_line(tmp_path):
    config = tmp_path / "objective.yaml"
    config.write_text("components:\n- scorer: qed\n- scorer: sa\n  wieght: 2\n")
    with pytest.raises(ConfigError, match=r"objective.yaml:4: no parameter 'wieght', did you mean 'weight'"):
        Objective.from_yaml(config)
    config.write_text("components:\n- scorer: qed\n- scorer: mine.py:f\n")
    with pytest.raises(ConfigError, match=r"objective.yaml:3: no such file: mine.py"):
        Objective.from_yaml(config)


def test_scoring_imports_no_torch():
    script = "import sys; from molgan.scoring.objective import Objective; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script]).returncode == 0
