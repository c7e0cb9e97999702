"""On a cluster, jobs that wait for each other's processors or GPUs take turns in place of waiting for ever."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import molgan_toy_reservation
import pytest
from molgan_toy_cluster import cluster

pytestmark = pytest.mark.slow


@contextmanager
def job(address: str, **compute: Any) -> Iterator["subprocess.Popen[str]"]:
    """A process that holds what `compute` reserves until its standard input is closed."""
    text = json.dumps({"address": address, "workers": 2, **compute})
    command = [sys.executable, molgan_toy_reservation.__file__, text]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, text=True, **pipes) as process:
        try:
            yield process
        finally:
            process.kill()


def line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def test_the_second_of_two_jobs_holds_nothing_while_it_waits() -> None:
    """Both want two training workers and two actors, and there are four processors: each holding two of them is the
    deadlock."""
    with cluster({"num_cpus": 2}, {"num_cpus": 2}) as there, job(there.address) as first:
        assert line(first).startswith("granted")
        with job(there.address) as second:
            told = line(second)
            assert told.startswith("the run waits for 3 processors, but 1 of 4 processors are free (for ")
            assert first.stdin is not None
            first.stdin.close()
            first.wait(60)
            assert line(second).startswith("granted")


def test_the_resource_that_a_cluster_lacks_is_told_at_once() -> None:
    """One GPU for a training worker and an actor, which both want one."""
    with cluster({"num_cpus": 4, "num_gpus": 1}, monitor=True) as there:
        with job(there.address, workers=1, device="cuda", scoring={"gpus": 1}) as process:
            assert process.wait(120) == 1
            assert process.stderr is not None
            assert (
                "compute: training and scoring reserve 2 processors and 2 GPUs at the same time, and there are 1 GPU"
                in (process.stderr.read())
            )
        with job(there.address, workers=1, device="auto", scoring={"gpus": 1}) as process:
            assert line(process).startswith("granted")  # the networks are on processors


def test_a_part_on_a_machine_that_is_lost_is_told() -> None:
    with cluster({"num_cpus": 4}) as there, job(there.address) as process:
        assert line(process).startswith("granted")
        there.remove_node(there.added[0], allow_graceful=False)
        told = line(process)
        assert told.startswith("the run waits for 3 processors, but 0 of 0 processors are free (for ")


def test_memory_and_parts_of_a_gpu_are_reserved() -> None:
    """Two workers that share a GPU, and an actor with most of the memory."""
    wanted: dict[str, Any] = {"device": "cuda", "gpus": 0.5, "scoring": {"memory": 3, "max": 1}}
    with cluster({"num_cpus": 8, "num_gpus": 1, "memory": 4 * 2**30}) as there:
        with job(there.address, **wanted) as first:
            assert line(first).startswith("granted")
            with job(there.address, **wanted) as second:
                told = line(second)
                assert told.startswith(
                    "the run waits for 3 processors and 1 GPU and 3 GiB of memory, but "
                    "0 of 1 GPU and 1 of 4 GiB of memory are free (for "
                )
        with job(there.address, **{**wanted, "scoring": {"memory": 5}}) as process:
            told = line(process)
            assert told.startswith("compute.scoring: a worker reserves 1 processor and 5 GiB of memory, and no machine")
