"""Training workers that stop, or wait for each other for ever, are noticed."""

import subprocess
import sys

from molgan.distributed.watchdog import Beat, Watch, end_process


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def beats(*steps: int, ages: tuple[float, ...] = (0.0, 0.0)) -> dict[int, tuple[Beat, float]]:
    return {rank: (Beat("node", 100 + rank, n), age) for rank, (n, age) in enumerate(zip(steps, ages, strict=True))}


def test_a_worker_that_is_stopped_is_ended() -> None:
    watch = Watch(1800, Clock())
    assert watch.judge(beats(5, 5, ages=(1, 4))) is None
    warned = watch.judge(beats(6, 5, ages=(1, 61)))
    assert warned is not None and warned.text == "worker 1 without a sign of life for 61 s; ended after 180 s"
    assert warned.end == ()
    assert watch.judge(beats(6, 5, ages=(1, 90))) is None  # told already
    verdict = watch.judge(beats(6, 5, ages=(1, 181)))
    assert verdict is not None and verdict.end == (1,)


def test_a_collective_that_is_stuck_ends_all_workers() -> None:
    clock = Clock()
    watch = Watch(1800, clock)
    assert watch.judge(beats(5, 5)) is None
    clock.now = 590.0
    assert watch.judge(beats(5, 5)) is None
    clock.now = 610.0
    warned = watch.judge(beats(5, 5))
    assert warned is not None and warned.end == () and "no step of the training for 610 s" in warned.text
    clock.now = 700.0
    assert watch.judge(beats(6, 5)) is None  # goes on
    clock.now = 2499.0
    assert watch.judge(beats(6, 5)) is not None  # the warning
    clock.now = 2501.0
    verdict = watch.judge(beats(6, 5))
    assert verdict is not None and verdict.end == (0, 1)


def test_an_answer_that_takes_hours_is_no_fault_of_the_workers() -> None:
    clock = Clock()
    watch = Watch(1800, clock)
    watch.judge(beats(5, 5))
    clock.now = 20_000.0
    watch.reset()
    assert watch.judge(beats(5, 5)) is None


def test_a_lone_worker_waits_for_nobody() -> None:
    clock = Clock()
    watch = Watch(1800, clock)
    alone = {0: (Beat("node", 100, 5), 0.0)}
    watch.judge(alone)
    clock.now = 20_000.0
    assert watch.judge(alone) is None
    verdict = watch.judge({0: (Beat("node", 100, 5), 200.0)})
    assert verdict is not None and verdict.end == (0,)


def test_null_waits_for_ever() -> None:
    clock = Clock()
    watch = Watch(None, clock)
    watch.judge(beats(5, 5))
    clock.now = 1e6
    assert watch.judge(beats(5, 5, ages=(1e5, 1e5))) is None


def test_only_a_process_with_the_title_is_ended() -> None:
    command = [sys.executable, "-S", "-c", "print('up', flush=True); input()", "RayTrainWorker"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stdout.readline() == b"up\n"
        assert not end_process(process.pid, "something else")
        assert process.poll() is None
        assert end_process(process.pid)
        assert process.wait(10) == -9
    assert not end_process(process.pid)
