"""What fails while a campaign is under way costs time, never a molecule.

pytest tests/chaos -m slow
"""

import resource
import time
from pathlib import Path

import pytest
from molgan_toy_campaign import libraries_differ
from molgan_toy_cluster import cluster
from molgan_toy_driver import Driver, kill, title

pytestmark = pytest.mark.slow

Measured = dict[str, object]


def test_a_scoring_actor_is_killed(home: Path, undisturbed: Path, tmp_path: Path, measured: Measured) -> None:
    with Driver(home, tmp_path) as driver:
        driver.until(lambda: driver.step() >= 7)
        measured |= driver.recovery(lambda: kill(driver.named("_Scoring")[0]))
        assert driver.end() == 0, driver.told
        assert any("a worker was lost (the worker process died); another one takes" in line for line in driver.told)
    assert not libraries_differ(tmp_path, undisturbed)


def test_a_training_worker_is_killed(home: Path, undisturbed: Path, tmp_path: Path, measured: Measured) -> None:
    with Driver(home, tmp_path) as driver:
        driver.until(lambda: driver.step() >= 7)
        measured |= driver.recovery(lambda: kill(driver.named("RayTrainWorker")[-1]))
        assert driver.end() == 0, driver.told
        message = "a training worker was lost; all workers continue from the last checkpoint"
        assert any(message in line for line in driver.told)
    assert not libraries_differ(tmp_path, undisturbed)


def test_the_driver_is_killed(home: Path, undisturbed: Path, tmp_path: Path, measured: Measured) -> None:
    with Driver(home, tmp_path) as driver:
        driver.until(lambda: driver.step() >= 7)
        step, started = driver.step(), driver.processes()
        kill(driver.process.pid)
        driver.process.wait()
        began = time.monotonic()
        while any(title(pid) == name for pid, name in started) and time.monotonic() < began + 180:
            time.sleep(0.1)
        measured["seconds until its Ray is gone"] = round(time.monotonic() - began, 1)
        assert not [name for pid, name in started if title(pid) == name]
    with Driver(home, tmp_path) as driver:
        measured["seconds"] = round(driver.until(lambda: driver.step() > step), 1)
        measured["step"] = step
        assert driver.end() == 0, driver.told
    assert not libraries_differ(tmp_path, undisturbed)


def test_a_scorer_hangs(home: Path, tmp_path: Path, measured: Measured) -> None:
    marker = tmp_path / "marker"
    parts = [{"scorer": "qed"}, {"scorer": "stall", "weight": 0, "parameters": {"marker": str(marker)}}]
    overrides = [f"objective.components={parts}", "compute.scoring={cpus: 0.5, timeout: 4}"]
    marker.touch()
    with Driver(home, tmp_path / "undisturbed", *overrides) as driver:
        assert driver.end() == 0, driver.told
    with Driver(home, tmp_path / "run", *overrides) as driver:
        driver.until(lambda: driver.step() >= 7)
        measured |= driver.recovery(marker.unlink)
        assert driver.end() == 0, driver.told
        assert any("a worker was lost (took longer than 4 s)" in line for line in driver.told)
    assert not libraries_differ(tmp_path / "run", tmp_path / "undisturbed")


def test_storage_turns_unwritable(home: Path, undisturbed: Path, tmp_path: Path, measured: Measured) -> None:
    with Driver(home, tmp_path) as driver:
        driver.until(lambda: driver.step() >= 7)
        # No file of the driver may grow beyond a kilobyte from now on, as on a full disk.
        resource.prlimit(driver.process.pid, resource.RLIMIT_FSIZE, (1024, resource.RLIM_INFINITY))
        began = time.monotonic()
        assert driver.end() == 1
        measured["seconds to end"] = round(time.monotonic() - began, 1)
        time.sleep(0.5)
        last = driver.told[-1]
        assert last.startswith("molgan: ") and "cannot be written" in last and str(tmp_path) in last
        step = driver.step()
    with Driver(home, tmp_path) as driver:
        measured["seconds to go on"] = round(driver.until(lambda: driver.step() > step), 1)
        assert driver.end() == 0, driver.told
    assert not libraries_differ(tmp_path, undisturbed)


def test_a_node_is_lost(home: Path, undisturbed: Path, tmp_path: Path, measured: Measured) -> None:
    machines = {"num_cpus": 3.0}, {"num_cpus": 3.0}
    with cluster(*machines) as there, Driver(home, tmp_path, RAY_ADDRESS=there.address) as driver:
        driver.until(lambda: driver.step() >= 7)
        measured |= driver.recovery(lambda: there.remove_node(there.added[0], allow_graceful=False))
        assert driver.end() == 0, driver.told
        assert any("was lost" in line for line in driver.told)
    assert not libraries_differ(tmp_path, undisturbed)
