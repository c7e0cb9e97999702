"""Actors draw the molecules that one process draws."""

import os
import signal
from pathlib import Path

import pytest
import torch

from molgan.distributed.drawing_pool import DrawingPool
from molgan.distributed.settings import ComputeSettings
from molgan.models.loading import load_generator


@pytest.mark.slow
def test_actors_draw_what_one_process_draws(ray: None, home: Path) -> None:
    import ray as client

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    generator, done = load_generator(home), list[int]()
    expected = generator.sample(4148, seed=5, max_atoms=12, temperature=0.9)
    torch.set_num_threads(threads)
    pool = DrawingPool(generator, ComputeSettings(workers=2))
    try:
        assert pool.sample(4148, seed=5, max_atoms=12, temperature=0.9, on_batch=done.append) == expected
        assert sorted(done) == [52, 2048, 2048]
        pid = client.get(pool._workers._idle[0].handle.__ray_call__.remote(lambda actor: os.getpid()))
        os.kill(pid, signal.SIGKILL)
        assert pool.sample(4148, seed=5, max_atoms=12, temperature=0.9) == expected
    finally:
        pool.close()
