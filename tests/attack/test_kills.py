"""A campaign that is killed at every named moment, one after the other, ends as the undisturbed one, byte for byte."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from molgan.campaign import run
from molgan.config import load_config
from tests.campaign.conftest import home  # noqa: F401

from .verdict import ROOT

pytestmark = pytest.mark.slow

FILES = ("library.csv", "library.smi", "library.sdf", "library.parquet", "rejected.csv", "metrics.jsonl")
SECONDS = 1200

# Each child, a fork that has all modules already, kills itself at the first moment that has not been before; the names
# of those that were are in a file. Ends with the number of kills.
DRIVE = """
import os, signal, sys
from pathlib import Path
import molgan.campaign.pipeline, molgan.models.loading, molgan.models.critics.discriminator
import molgan.training.rl.adversarial, molgan.training.rl.reinforce, molgan.report
import pandas, pyarrow.parquet, ruamel.yaml, torch.utils.tensorboard
from molgan.base import files
from molgan.campaign import run
from molgan.campaign.run_folder.stage_record import StageRecord
from molgan.config import load_config
from molgan.training.metrics_log import MetricsLog

config, out, told = sys.argv[1:4]
known = set()

def moment(name):
    if name not in known:
        with open(told, "a") as file:
            file.write(name + "\\n")
        os.kill(os.getpid(), signal.SIGKILL)

def around(owner, method, name_of):
    plain = getattr(owner, method)
    def wrapped(*arguments, **options):
        name = name_of(*arguments)
        if name is not None:
            moment("before " + name)
        result = plain(*arguments, **options)
        if name is not None:
            moment("after " + name)
        return result
    setattr(owner, method, wrapped)

def place(path):
    path = Path(path)
    return str(path.relative_to(out)) if path.is_relative_to(out) else None

def of_rename(path, target):
    name = place(target)
    return name and f"the rename to {name}"

around(Path, "replace", of_rename)
around(Path, "rename", of_rename)
def of_row(log, row):
    return f"the row of {row['stage']} {row['step']}" + " saved" * bool(row.get("saved"))

around(MetricsLog, "add", of_row)
around(StageRecord, "_write", lambda record, name, content: f"{record.name}/{name}")
kills = 0
while True:
    known = set(Path(told).read_text().splitlines()) if os.path.exists(told) else set()
    child = os.fork()
    if not child:
        run(load_config(config, [f"out={out}"]))
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code == 0:
        print(kills)
        break
    assert code == -signal.SIGKILL, code
    kills += 1
"""


@pytest.fixture(scope="module")
def undisturbed(home: Path) -> Path:  # noqa: F811
    run(load_config(home / "mini.yaml", [f"out={home / 'run'}"]))
    return home / "run"


def test_killed_at_every_moment_it_ends_as_undisturbed(home: Path, undisturbed: Path, tmp_path: Path) -> None:  # noqa: F811
    told, out = tmp_path / "moments", tmp_path / "run"
    command = [sys.executable, "-c", DRIVE, str(home / "mini.yaml"), str(out), str(told)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "MOLGAN_CACHE": str(home / "cache")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=SECONDS)
    moments = told.read_text().splitlines()
    assert done.returncode == 0, (moments[-1:], done.stderr[-2000:])
    assert int(done.stdout.split()[-1]) == len(moments) == len(set(moments)) and len(moments) > 60
    assert "before the row of reinforce 4 saved" in moments  # between a checkpoint and its row
    assert "after the rename to checkpoints/reinforce/checkpoint.old" in moments
    for name in FILES:
        assert (out / name).read_bytes() == (undisturbed / name).read_bytes(), name
    assert not list(out.rglob("*.part"))


def test_a_damaged_output_is_made_again(home: Path, undisturbed: Path) -> None:  # noqa: F811
    whole = {name: (undisturbed / name).read_bytes() for name in FILES}
    for name in ("library.csv", "library.sdf"):
        (undisturbed / name).write_bytes(whole[name][: len(whole[name]) // 2])
        run(load_config(home / "mini.yaml", [f"out={undisturbed}"]))
        assert {name: (undisturbed / name).read_bytes() for name in FILES} == whole
