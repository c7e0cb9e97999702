"""The ordered map over processes: order, window, and that no process outlives what it was started for."""

import importlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from molgan.base.errors import ConfigError, RunError
from molgan.base.parallel import Processes, cores, map_chunks, split_chunks
from molgan.base.progress import Silent

# Work that does not end by itself; `stuck` holds Python's lock, so that no signal handler gets a turn.
WORK = """
import ctypes, os, sys, time

def note(item):
    with open(sys.argv[1], "a") as file:
        file.write(f"{os.getpid()}\\n")

def sleeping(item):
    note(item)
    try:
        time.sleep(600)
    finally:
        with open(sys.argv[1] + ".ended", "a") as file:
            file.write("x")

def stuck(item):
    note(item)
    ctypes.PyDLL(None).sleep(600)

def burn(items):
    end = time.process_time() + 60 * (7 in items)
    while time.process_time() < end:
        pass
    return items

def die(item):
    os.kill(os.getpid(), 9)

def refuse(item):
    raise ValueError(f"not {item}")
"""

SCRIPT = """
import signal, sys
import work
from molgan.base.parallel import Processes

if __name__ == "__main__":
    signal.siginterrupt(signal.SIGINT, False)  # as RDKit leaves it
    with Processes(getattr(work, sys.argv[2]), 2) as workers:
        for _ in workers.map(range(100)):
            pass
"""


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    (tmp_path / "work.py").write_text(WORK)
    monkeypatch.syspath_prepend(tmp_path)
    sys.modules.pop("work", None)
    return importlib.import_module("work")


@pytest.fixture(scope="module")
def negating() -> Iterator[Processes[int, int]]:
    with Processes(int.__neg__, 2) as workers:
        yield workers


@given(count=st.integers(0, 40), taken=st.integers(1, 40))
@settings(max_examples=50, deadline=None)
def test_results_come_in_order_from_a_bounded_window(negating: Processes[int, int], count: int, taken: int) -> None:
    read = 0

    def items() -> Iterator[int]:
        nonlocal read
        for number in range(count):
            read += 1
            yield number

    results = negating.map(items())
    for number, result in zip(range(min(count, taken)), results, strict=False):
        assert result == -number
        assert read <= number + 4
    assert list(results) == [-number for number in range(min(count, taken), count)]


def test_one_process_is_this_one_and_reads_no_further_than_it_must() -> None:
    items = iter(range(10))
    with Processes(lambda item: (item, os.getpid()), 1) as workers:
        results = workers.map(items)
        assert next(results) == (0, os.getpid())
        assert next(items) == 2
        assert [item for item, _ in results] == [1, 3, 4, 5, 6, 7, 8, 9]


def test_chunks_keep_order_and_report_their_progress() -> None:
    events: list[object] = []

    class Told(Silent):
        def start(self, task: str, total: int | None = None) -> None:
            events.append((task, total))

        def advance(self, task: str, done: int = 1, **figures: float) -> None:
            events.append(done)

    items = list(range(1234))
    chunks = map_chunks(list, items, 500, 2, task="counting", progress=Told())
    assert [len(chunk) for chunk in chunks] == [500, 500, 234]
    assert [item for chunk in chunks for item in chunk] == items
    assert events == [("counting", 1234), 500, 500, 234]
    assert map_chunks(list, [], 500, 2) == []


def test_chunks_of_a_stream_are_cut_as_they_are_asked_for() -> None:
    numbers = iter(range(7))
    chunks = split_chunks(numbers, 3)
    assert next(chunks) == [0, 1, 2]
    assert next(numbers) == 3
    assert list(chunks) == [[4, 5, 6]]


def test_an_error_in_a_worker_is_raised_as_it_is(work: ModuleType) -> None:
    with pytest.raises(ValueError, match="not 0") as caught, Processes(work.refuse, 2) as workers:
        list(workers.map(range(5)))
    assert str(caught.value) == "not 0"
    assert "in refuse" in "".join(caught.value.__notes__)


def test_a_worker_that_dies_is_an_error_not_a_wait(work: ModuleType) -> None:
    began = time.monotonic()
    with pytest.raises(RunError, match=r"a worker process died.*n_jobs=1"):
        map_chunks(work.die, range(1000), 10, 2)
    with pytest.raises(RunError, match="mend it"), Processes(work.die, 2, mend="mend it") as workers:
        list(workers.map(range(5)))
    assert time.monotonic() - began < 30


def test_an_item_that_takes_too_long_is_rescued_and_the_rest_goes_on(work: ModuleType) -> None:
    def rescue(items: list[int], work_on: Callable[[list[int]], list[int]]) -> list[int]:
        if len(items) == 1:
            return [-item for item in items]
        return [found for item in items for found in work_on([item])]

    chunks = [list(range(start, start + 4)) for start in range(0, 20, 4)]
    with Processes(work.burn, 2, limit=lambda items: 0.5 + len(items) / 10, rescue=rescue) as workers:
        results = list(workers.map(chunks))
    assert [item for result in results for item in result] == [-i if i == 7 else i for i in range(20)]
    workers = Processes(work.burn, 2, mend="mend it", limit=lambda items: 0.2)
    with pytest.raises(RunError, match=r"took longer than 0.2 s; mend it"), workers:
        list(workers.map([[7], [8]]))


def test_an_error_of_the_caller_does_not_wait_for_the_workers(
    work: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["", str(tmp_path / "seen")])
    began = time.monotonic()

    def items() -> Iterator[int]:
        yield from range(2)
        wait_for(tmp_path / "seen", 2)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), Processes(work.sleeping, 2) as workers:
        list(workers.map(items()))
    assert time.monotonic() - began < 60
    assert not any(map(runs, pids(tmp_path / "seen")))
    assert (tmp_path / "seen.ended").read_text() == "xx", "work under way ends what it has started"


@pytest.mark.parametrize("kind", ["sleeping", "stuck"])
@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGINT])
def test_workers_end_with_their_driver(work: ModuleType, tmp_path: Path, sent: signal.Signals, kind: str) -> None:
    if kind == "stuck" and sys.platform != "linux":
        pytest.skip("only Linux ends a process that gives its threads no turn")
    (tmp_path / "script.py").write_text(SCRIPT)
    seen = tmp_path / "seen"
    command = [sys.executable, str(tmp_path / "script.py"), str(seen), kind]
    with subprocess.Popen(
        command, env={**os.environ, "PYTHONPATH": os.getcwd()}, stderr=subprocess.PIPE, start_new_session=True
    ) as driver:
        wait_for(seen, 2)
        if sent == signal.SIGINT:  # as a terminal does it
            os.killpg(driver.pid, sent)
        else:
            driver.send_signal(sent)
        assert driver.wait(20) == -sent
        assert driver.stderr is not None
        told = driver.stderr.read().decode()
    assert told.count("Traceback") == (sent == signal.SIGINT), "workers say nothing"
    deadline = time.monotonic() + 20
    while any(map(runs, pids(seen))):
        assert time.monotonic() < deadline, "a worker lives on"
        time.sleep(0.05)


def test_cores_are_those_of_this_process_where_the_system_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {3, 5}, raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    assert cores() == 2
    monkeypatch.delattr(os, "sched_getaffinity")
    assert cores() == 8
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert cores() == 1


def wait_for(seen: Path, count: int) -> None:
    deadline = time.monotonic() + 60
    while len(pids(seen)) < count:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def pids(seen: Path) -> set[int]:
    return {int(line) for line in seen.read_text().splitlines()} if seen.exists() else set()


def runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_the_environment_lowers_the_number_of_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    there = cores()
    monkeypatch.setenv("MOLGAN_CORES", "1")
    assert cores() == 1
    monkeypatch.setenv("MOLGAN_CORES", "100000")
    assert cores() == there
    monkeypatch.setenv("MOLGAN_CORES", "two")
    with pytest.raises(ConfigError, match="MOLGAN_CORES: 'two' is no number of processors"):
        cores()
