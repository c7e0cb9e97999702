"""Streams of which a molecule takes too long."""

import importlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from molgan.bulk.filter_file import filter_records
from molgan.bulk.score_file import ScoreText, score_records
from molgan.bulk.standardise_file import standardise_records
from molgan.bulk.streams import guarded_crew
from molgan.chem import guarded
from molgan.chem.reading import Record
from molgan.chem.settings import StandardizeSettings
from molgan.config import load_config

HOSTILE = (
    "c1cc2*c3cc4cc5**6c*7c*8cccc9*8c8c7*7c6c6c5c5c4c4c3c3c2*(*1)*1ccc2c%10*%11c%12c%13c%14*%15c%16c%17c%18*%19*%20c%21"
    "c%22*(c*c9c%22c8c%20c7*%18*6*%16c5*%14c4c%12c3c1%10)*1*3*%21c4c%19c5c%17c6c%15c7c%13c8c%11c9c2*ccc9cc8c*7cc6*c5cc4"
    "c*3***1"
)
LATE = "took longer than 0.5 s"
# Work that a row may keep busy, which no text has told.
WORK = """
import time

class Work:
    def __call__(self, rows):
        end = time.process_time() + 600 * (117 in rows)
        while time.process_time() < end:
            pass
        return repr(rows).encode()

    def lost(self, rows, reason):
        return f"{rows} {reason}".encode()

    def join(self, results):
        return b"; ".join(results)
"""


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(guarded.VARIABLE, "0.5")
    guarded._try.cache_clear()


def test_a_chunk_that_takes_too_long_is_taken_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "slow_work.py").write_text(WORK)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv(guarded.VARIABLE, "0.05")
    sys.modules.pop("slow_work", None)
    work = importlib.import_module("slow_work").Work()
    chunks: list[Sequence[int]] = [list(range(start, start + 100)) for start in (0, 100, 200)]
    with guarded_crew(work, 2) as crew:
        first, second, third = (result.decode() for result in crew.map(chunks))
    assert [json.loads(text) for text in (first, third)] == [chunks[0], chunks[2]]
    expected = [*map(str, ([i] for i in range(100, 117))), "[117] took longer than 0.601 s"]
    expected += map(str, ([i] for i in range(118, 132)))
    expected += [str(list(range(start, min(start + 32, 200)))) for start in (132, 164, 196)]
    assert second == "; ".join(expected)


@pytest.mark.parametrize("processes", [1, 2])
def test_a_hostile_molecule_has_a_reason_and_the_others_their_values(processes: int) -> None:
    chunks = [[Record(1, "CCO"), Record(2, HOSTILE)], [Record(3, "CCN")]]
    lines = "".join(score_records(chunks, ["heavy_atoms"], processes=processes)).splitlines()
    assert lines == ["smiles,heavy_atoms,error,line", "CCO,3.0,,1", f"{HOSTILE},,{LATE},2", "CCN,3.0,,3"]


def test_a_hostile_molecule_has_no_standard_form_and_the_others_have_theirs() -> None:
    chunks = [[Record(1, "CCO.Cl"), Record(2, HOSTILE)], [Record(3, f"Cl.{HOSTILE}"), Record(4, "CCN")]]
    header, *lines = "".join(standardise_records(chunks, StandardizeSettings(tautomers=True))).splitlines()
    assert header == "smiles,original,changes,error,line"
    assert lines[0] == "CCO,CCO.Cl,salt removed: HCl,,1" and lines[3] == "CCN,CCN,,,4"
    assert lines[1:3] == [f",{HOSTILE},,{LATE},2", f",Cl.{HOSTILE},,{LATE},3"]


def test_rows_that_are_lost_have_their_other_cells() -> None:
    work = ScoreText(["heavy_atoms"], {"name": "name"})
    first, second = Record(1, "CCO", {"name": "a"}), Record(2, "CCC", {"name": "b"})
    joined = work.join([work.lost([first], "took too long"), work([second])]).decode()
    assert joined.splitlines() == ["CCO,a,,took too long,1", "CCC,b,3.0,,2"]


def test_filters_reject_it_and_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOLGAN_CACHE", str(tmp_path / "cache"))
    (tmp_path / "known.smi").write_text("CCCC\n")
    (tmp_path / "campaign.yaml").write_text(
        "data: {train: known.smi}\nobjective: {components: [{scorer: qed}]}\nsample: {n: 10}\n"
        "filters: [{filter: size, min: 2}, distinct]\n"
    )
    config = load_config(tmp_path / "campaign.yaml")
    chunks = [[Record(1, "CCO"), Record(2, HOSTILE)], [Record(3, "CCN")]]
    filter_records(chunks, config, tmp_path / "out", processes=2)
    rejected = (tmp_path / "out" / "rejected.csv").read_text().splitlines()
    assert rejected[1:] == [f",{HOSTILE},size,{LATE},2,"]
    assert len((tmp_path / "out" / "library.smi").read_text().splitlines()) == 2
