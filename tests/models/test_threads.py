"""Passes side by side: order, threads given back, failures."""

import sys
import threading

import pytest
import torch

from molgan.models.threads import map_in_threads, run_in_background


@pytest.fixture(params=[1, 2])
def threads(request):
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield request.param
    torch.set_num_threads(before)


def test_results_come_in_order_and_the_threads_are_given_back(threads):
    assert list(map_in_threads(lambda job: job * job, range(9))) == [job * job for job in range(9)]
    assert torch.get_num_threads() == threads


def test_jobs_run_at_the_same_time_on_one_thread_each():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    both = threading.Barrier(2, timeout=20)

    def job(_: int) -> int:
        both.wait()
        return torch.get_num_threads()

    try:
        assert list(map_in_threads(job, range(4))) == [1, 1, 1, 1]
    finally:
        torch.set_num_threads(before)


def test_a_failure_comes_out_and_the_threads_are_given_back(threads):
    with pytest.raises(ZeroDivisionError):
        list(map_in_threads(lambda job: 1 // job, [2, 1, 0, 1]))
    assert torch.get_num_threads() == threads


def test_work_goes_on_beside_the_block():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    both = threading.Barrier(2, timeout=20)
    try:
        with run_in_background(lambda: (both.wait(), torch.get_num_threads())[1]) as result:
            both.wait()
        assert result() == 1 and torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_work_beside_a_block_gives_its_result_or_its_failure(threads):
    interval = sys.getswitchinterval()
    with run_in_background(lambda: 6 * 7) as result:
        pass
    assert result() == 42
    with pytest.raises(ZeroDivisionError):
        with run_in_background(lambda: 1 // 0) as result:
            pass
        result()
    assert torch.get_num_threads() == threads
    assert sys.getswitchinterval() == interval
