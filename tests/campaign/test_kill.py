"""A driver that is killed with no chance to clean up loses no more than its current step."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from molgan.base.errors import RunError
from molgan.campaign import run
from molgan.campaign.run_folder.lock import open_folder
from molgan.config import CampaignConfig

from .progress import Told

DRIVE = "from molgan.config import load_config; from molgan.campaign import run; run(load_config({0}, {1}))"
MARKS = (
    "checkpoints/adversarial/checkpoint",
    "checkpoints/reinforce/checkpoint",
    "samples/0001.parquet",
    "library.csv",
)


@pytest.mark.slow
def test_killed_at_any_stage_it_resumes_to_the_same_library(
    home: Path, finished: Path, configure: Callable[..., CampaignConfig]
) -> None:
    config = configure()
    drive = DRIVE.format(repr(str(home / "mini.yaml")), repr([f"out={config.folder}"]))
    for mark in MARKS:
        driver = subprocess.Popen([sys.executable, "-c", drive])
        while not (config.folder / mark).exists():
            assert driver.poll() is None, f"ended before {mark}"
            time.sleep(0.005)
        with pytest.raises(RunError, match=f"process {driver.pid} is at work"), open_folder(config.folder):
            pass
        driver.kill()
        driver.wait()
    told = Told()
    run(config, progress=told)
    for name in ("library.csv", "library.smi", "library.sdf", "library.parquet", "rejected.csv", "metrics.jsonl"):
        assert (config.folder / name).read_bytes() == (finished / name).read_bytes(), name
    assert told.messages[:2] == ["adversarial: done already, skipped", "reinforce: done already, skipped"]
