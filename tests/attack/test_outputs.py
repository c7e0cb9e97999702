"""Nothing is destroyed by writing: pipes and links stay, other files are never written, two writers do not mix."""

import os
import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from .verdict import ROOT, molgan

pytestmark = pytest.mark.slow

CAMPAIGN = "data: {train: train.smi}\nobjective: {components: [{scorer: qed}]}\nsample: {n: 4}\nfilters: [valid]\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.smi").write_text("CCO\nc1ccccc1\n")
    (tmp_path / "train.smi").write_text("CCO\n")
    (tmp_path / "campaign.yaml").write_text(CAMPAIGN)
    (tmp_path / "victim").write_text("mine\n")
    return tmp_path


@pytest.mark.parametrize(
    "verb", [("score", "a.smi", "--scorers", "mw"), ("standardize", "a.smi"), ("sample", "-n", "2"), ("schema",)]
)
def test_a_pipe_is_written_and_stays(folder: Path, verb: tuple[str, ...]) -> None:
    os.mkfifo(folder / "pipe")
    received: list[bytes] = []
    reader = threading.Thread(target=lambda: received.append((folder / "pipe").read_bytes()), daemon=True)
    reader.start()
    assert molgan(*verb, "-o", "pipe", cwd=folder).code == 0
    reader.join(30)
    assert len(received[0]) > 5 and stat.S_ISFIFO((folder / "pipe").stat().st_mode)


def test_a_link_stays_and_its_target_is_written(folder: Path) -> None:
    (folder / "link.csv").symlink_to(folder / "victim")
    assert molgan("score", "a.smi", "--scorers", "mw", "-o", "link.csv", cwd=folder).code == 0
    assert (folder / "link.csv").is_symlink() and (folder / "victim").read_text().startswith("smiles,mw")


@pytest.mark.parametrize(
    "name", [".lock", "metrics.jsonl", "config.yaml", "library.csv", "report.html", "manifest.json"]
)
def test_no_file_of_a_run_folder_is_written_through_a_link(folder: Path, name: str) -> None:
    run = folder / "run"
    run.mkdir()
    (run / name).symlink_to(folder / "victim")
    verdict = molgan("run", "campaign.yaml", "out=run", "--smoke", "out=run", cwd=folder)
    assert verdict.is_told, verdict.err[-1000:]
    assert (folder / "victim").read_text() == "mine\n"


def test_links_in_place_of_the_parts_of_an_output_harm_nothing(folder: Path) -> None:
    (folder / "other").mkdir()
    (folder / "other" / "kept").write_text("mine\n")
    (folder / ".out.csv.parts").symlink_to(folder / "other")
    assert molgan("score", "a.smi", "--scorers", "mw", "-o", "out.csv", cwd=folder).is_told
    assert (folder / "other" / "kept").read_text() == "mine\n"


@pytest.mark.parametrize("output", ["", ".", "x" * 5000 + ".csv", "nowhere/out.csv", "a.smi/out.csv", "/proc/out.csv"])
def test_what_cannot_be_written_is_one_line(folder: Path, output: str) -> None:
    for arguments in (
        ("score", "a.smi", "--scorers", "mw", "-o", output),
        ("filter", "a.smi", "--config", "campaign.yaml"),
    ):
        verdict = molgan(
            *arguments, *(["-o", output.removesuffix("out.csv")] if arguments[0] == "filter" else []), cwd=folder
        )
        assert verdict.is_told, verdict.err[-1000:]
        assert arguments[0] == "filter" or verdict.code == 2
    assert (folder / "a.smi").read_text() == "CCO\nc1ccccc1\n" and (folder / "train.smi").read_text() == "CCO\n"


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-"])
def test_closed_streams_are_one_line(folder: Path, closed: str) -> None:
    command = f"{sys.executable} -m molgan score - --scorers mw {closed}"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, shell=True, input="CCO\n", capture_output=True, text=True, timeout=120, cwd=folder, env=environment
    )
    assert "Traceback" not in done.stderr
    assert done.returncode == (0 if closed == "2>&-" else 2)


def test_of_two_writers_of_one_output_the_second_is_told_why(folder: Path) -> None:
    (folder / "many.smi").write_text("".join(f"{'C' * (n % 40 + 1)}O\n" for n in range(20_000)))
    command = [
        sys.executable,
        "-m",
        "molgan",
        "score",
        "many.smi",
        "--scorers",
        "sa,qed",
        "-o",
        "out.csv",
        "--processes",
        "1",
    ]
    with subprocess.Popen(
        command, cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, stderr=subprocess.DEVNULL
    ) as first:
        while not (folder / ".out.csv.parts" / ".lock").exists():
            assert first.poll() is None
            time.sleep(0.005)
        first.send_signal(signal.SIGSTOP)  # until the second has tried
        second = molgan(*command[3:], cwd=folder)
        first.send_signal(signal.SIGCONT)
        assert second.code == 2 and second.is_told
        assert f"process {first.pid} is at work on the same output" in second.err
        assert first.wait(300) == 0
    assert len((folder / "out.csv").read_text().splitlines()) == 20_001
    assert not [path.name for path in folder.iterdir() if path.name.startswith(".")]


def test_what_a_killed_writer_left_is_removed_by_the_next(folder: Path) -> None:
    left = folder / ".out.csv.0123456789ab.part"
    left.write_text("half")
    os.utime(left, (0, 0))
    assert molgan("score", "a.smi", "--scorers", "mw", "-o", "out.csv", cwd=folder).code == 0
    assert not left.exists()
