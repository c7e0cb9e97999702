"""Molecules that RDKit takes for ever over: what is tried elsewhere first, and that nothing waits for them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from rdkit import Chem

import molgan
from molgan.base.errors import ConfigError
from molgan.chem import guarded
from molgan.chem.guarded import find_delay, is_suspicious, read_limit
from molgan.chem.molecule import parse
from molgan.chem.sdf import read_sdf
from molgan.chem.shipped_sets import load_reference
from molgan.chem.standardise import standardise
from molgan.chem.text_lines import Line
from molgan.models.qsar.measurements import read_measured
from molgan.scoring.objective import Objective
from molgan.scoring.settings import ObjectiveSettings

# RDKit looks for Kekulé structures among 2^30 choices.
HOSTILE = (
    "c1cc2*c3cc4cc5**6c*7c*8cccc9*8c8c7*7c6c6c5c5c4c4c3c3c2*(*1)*1ccc2c%10*%11c%12c%13c%14*%15c%16c%17c%18*%19*%20c%21"
    "c%22*(c*c9c%22c8c%20c7*%18*6*%16c5*%14c4c%12c3c1%10)*1*3*%21c4c%19c5c%17c6c%15c7c%13c8c%11c9c2*ccc9cc8c*7cc6*c5cc4"
    "c*3***1"
)
DODECAHEDRANE = "C12C3C4C5C1C1C6C2C2C3C3C4C4C5C1C1C6C2C3C41"
LATE = "took longer than 0.5 s"


def tube(length: int, around: int) -> str:
    """A saturated tube of fused rings."""
    mol = Chem.RWMol()
    for _ in range(length * around):
        mol.AddAtom(Chem.Atom(6))
    for i in range(length):
        for j in range(around):
            mol.AddBond(i * around + j, i * around + (j + 1) % around, Chem.BondType.SINGLE)
            if i + 1 < length:
                mol.AddBond(i * around + j, (i + 1) * around + j, Chem.BondType.SINGLE)
    return str(Chem.MolToSmiles(mol, canonical=False))


def prepare(setup: None) -> Callable[[float], None]:
    """Work that takes as many seconds of processor time."""

    def work(item: float) -> None:
        end = time.process_time() + item
        while time.process_time() < end:
            pass

    return work


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(guarded.VARIABLE, "0.5")
    guarded._try.cache_clear()


def test_what_is_suspicious_is_told_by_text() -> None:
    assert is_suspicious(HOSTILE) and is_suspicious(DODECAHEDRANE) and is_suspicious("C" * 301)
    assert is_suspicious("[#0]" * 7) and not is_suspicious("*" * 6)
    assert not any(is_suspicious(record.smiles) for record in load_reference("approved_drugs"))


def test_only_the_hostile_molecule_has_no_value() -> None:
    table = molgan.score(["CCO", HOSTILE, "c1ccccc1", DODECAHEDRANE], ["mw", "sa"])
    assert table.error.tolist() == [None, LATE, None, None]
    assert table.mw.round(1).tolist()[::2] == [46.1, 78.1]
    assert table.mw.isna().tolist() == [False, True, False, False]


def test_a_scorer_that_takes_too_long_costs_its_own_value_alone() -> None:
    cage = tube(20, 10)
    values = molgan.score([cage, "CCO"], ["heavy_atoms", "stereo_centres"])
    assert values.heavy_atoms.tolist() == [200, 3]
    assert values.error.tolist() == [f"stereo_centres: {LATE}", None]
    transform = {"name": "sigmoid", "low": 0, "high": 9}
    components = [{"scorer": name, "transform": transform} for name in ("stereo_centres", "heavy_atoms")]
    settings = ObjectiveSettings.model_validate({"components": components})
    table = Objective(settings)([cage, "CCO"])
    assert table.errors == [f"stereo_centres: {LATE}", None]
    assert table.counts["stereo_centres"].failed == 1


def test_filters_reject_it_with_the_reason() -> None:
    table = molgan.filter(["CCO", HOSTILE, tube(20, 10)], ["stereo", "distinct"])
    assert table.kept.tolist() == [True, False, False]
    assert table.reason.tolist() == [None, LATE, LATE]


def test_what_comes_through_is_as_without_a_guard(monkeypatch: pytest.MonkeyPatch) -> None:
    found = molgan.score([DODECAHEDRANE], ["sa", "qed", "tpsa"])
    monkeypatch.setattr(guarded._guard, "inside", True)
    assert found.equals(molgan.score([DODECAHEDRANE], ["sa", "qed", "tpsa"]))
    assert parse(DODECAHEDRANE).smiles == Chem.CanonSmiles(DODECAHEDRANE)


def test_isomers_standard_forms_and_rdkit_molecules_are_guarded() -> None:
    cage = tube(20, 10)
    assert molgan.stereoisomers([cage, "CCO"]).parent.tolist() == [1]
    assert standardise("Cl." + HOSTILE).reason == LATE
    peptide = "NCC(=O)" * 200 + "O"  # parsed in time, with tautomers without end
    assert standardise(peptide).valid and standardise(peptide, tautomers=True).reason == LATE
    unread = Chem.MolFromSmiles(HOSTILE, sanitize=False)
    assert molgan.score([unread, Chem.MolFromSmiles("CCO")], ["mw"]).error.tolist() == [LATE, None]


def test_measurements_skip_it(tmp_path: Path) -> None:
    rows = ["smiles,y", f"{HOSTILE},1", *(f"{'C' * n}O,{n}" for n in range(1, 60))]
    (tmp_path / "measured.csv").write_text("\n".join(rows) + "\n")
    bad: list[tuple[int, str]] = []
    measured = read_measured(tmp_path / "measured.csv", "y", on_bad=lambda *row: bad.append(row))
    assert len(measured.smiles) == 59
    assert bad == [(2, LATE)]


@pytest.mark.parametrize("v3000", [False, True])
def test_sdf_records_are_tried_first(v3000: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(guarded.VARIABLE, "0.01")
    cage, good = (
        Chem.MolToMolBlock(Chem.MolFromSmiles(text, sanitize=False), forceV3000=v3000) for text in (tube(20, 10), "CCO")
    )
    lines = (Line(number, line) for number, line in enumerate(f"{cage}$$$$\n{good}$$$$\n".splitlines(), 1))
    late, read = read_sdf(lines)
    assert (late.line, late.smiles, late.reason) == (1, "", "took longer than 0.01 s")
    assert (read.smiles, read.reason) == ("CCO", None)


def test_the_limit_is_processor_time_and_the_next_question_is_answered() -> None:
    task = f"{__name__}:prepare"
    folder = str(Path(__file__).parents[__name__.count(".")])
    sys.path.insert(0, folder)
    try:
        guarded._guard.process.close()  # that it knows the path
        assert find_delay(task, None, 0.0) is None
        pid = guarded._guard.process.pid
        assert find_delay(task, None, 60.0) == LATE
        assert find_delay(task, None, 0.01) is None
        assert guarded._guard.process.pid != pid
    finally:
        sys.path.remove(folder)


def test_a_limit_that_is_no_number_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for text in ("", "2.5"):
        monkeypatch.setenv(guarded.VARIABLE, text)
        assert read_limit() == float(text or 5)
    for text in ("soon", "0", "-1", "nan", "inf"):
        monkeypatch.setenv(guarded.VARIABLE, text)
        with pytest.raises(ConfigError, match="MOLGAN_SECONDS_PER_MOLECULE"):
            read_limit()


def test_an_interrupt_is_heard_and_the_guard_ends_with_its_parent(tmp_path: Path) -> None:
    script = (
        "import signal, molgan\n"
        "from molgan.chem import guarded\n"
        "from molgan.chem.molecule import parse\n"
        "signal.siginterrupt(signal.SIGINT, False)  # as RDKit leaves it\n"
        "parse('C' * 301)\n"
        "print(guarded._guard.process.pid, flush=True)\n"
        f"parse({HOSTILE!r})\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.getcwd(), guarded.VARIABLE: "300"}
    for sent in (signal.SIGINT, signal.SIGKILL):
        with subprocess.Popen(
            [sys.executable, "-c", script],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as process:
            assert process.stdout is not None
            guard = int(process.stdout.readline())
            time.sleep(1.0)  # until it is at work
            process.send_signal(sent)
            process.wait(10)
        deadline = time.monotonic() + 10
        while runs(guard):
            assert time.monotonic() < deadline, "the guard lives on"
            time.sleep(0.05)


def runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"
