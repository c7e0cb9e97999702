"""Files of molecules that are filtered and scored by a job."""

import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas
import pytest
from typer.testing import CliRunner, Result

from molgan.cli import app
from molgan.distributed import jobs

CAMPAIGN = """\
data: {train: train.smi}
objective: {components: [{scorer: 'mine.py:carbons', transform: {name: linear, low: 0, high: 9}}]}
sample: {n: 10}
filters: [valid, distinct, novel]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "mine.py").write_text(
        "def carbons(mol):\n    return float(sum(atom.GetSymbol() == 'C' for atom in mol.GetAtoms()))\n"
    )
    (tmp_path / "train.smi").write_text("CCN\n")
    (tmp_path / "campaign.yaml").write_text(CAMPAIGN)
    (tmp_path / "molecules.csv").write_text("structure,id\nCCO,a\nCCN,b\nCCCO,c\nCCO,d\n")
    return tmp_path


def submit(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["submit", *map(str, arguments)])


@pytest.fixture
def cluster(folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """A cluster that does a job at once, in the folder that was sent; what it was asked for."""
    asked: list[dict[str, Any]] = []

    class Client:
        def submit_job(self, **job: Any) -> str:
            # What has been left behind would be missed on a cluster.
            for name in ("mine.py", "train.smi", "campaign.yaml", "molecules.csv"):
                (folder / name).rename(folder / f"{name}.hidden")
            python, *words = shlex.split(job["entrypoint"])
            assert python == "python"
            place = job["runtime_env"]["working_dir"]
            environment = {**os.environ, "PYTHONPATH": place, "MOLGAN_CACHE": str(folder / "cache")}
            done = subprocess.run([sys.executable, *words], cwd=place, env=environment, capture_output=True, text=True)
            asked.append({**job, "done": done})
            return "job-1"

        async def tail_job_logs(self, job: str) -> Any:
            yield asked[-1]["done"].stdout

        def get_job_status(self, job: str) -> Any:
            return type("Status", (), {"is_terminal": lambda _: True})()

        def get_job_info(self, job: str) -> Any:
            return type("Details", (), {"driver_exit_code": asked[-1]["done"].returncode})()

    monkeypatch.setattr(jobs, "_connect", lambda address: Client())
    return asked


def test_a_file_is_filtered_with_what_travelled(folder: Path, cluster: list[dict[str, Any]]) -> None:
    given = (folder / "molecules.csv", "--config", folder / "campaign.yaml", "--column", "structure", "--processes", 1)
    found = submit("filter", *given, "-o", folder / "out", "compute.threads=1")
    assert found.exit_code == 0, (found.output, cluster[0]["done"].stderr)
    assert "2 molecules in" in found.stdout
    assert list(pandas.read_csv(folder / "out" / "library.csv")["id_input"]) == ["c", "a"]
    rejected = pandas.read_csv(folder / "out" / "rejected.csv")
    assert dict(zip(rejected["id_input"], rejected["stage"], strict=True)) == {"b": "novel", "d": "distinct"}
    assert cluster[0]["metadata"] == {"name": "filter-campaign", "out": str(folder / "out")}
    assert cluster[0]["runtime_env"].keys() == {"working_dir"}  # no environment variables


def test_a_file_is_scored_with_own_scorers(folder: Path, cluster: list[dict[str, Any]]) -> None:
    given = (folder / "molecules.csv", "--config", folder / "campaign.yaml", "--column", "structure", "--processes", 1)
    found = submit("score", *given, "-o", folder / "scores.csv")
    assert found.exit_code == 0, (found.output, cluster[0]["done"].stderr)
    assert list(pandas.read_csv(folder / "scores.csv")["carbons"]) == [2, 2, 3, 2]


def test_scores_by_name_and_the_exit_code_of_the_job(folder: Path, cluster: list[dict[str, Any]]) -> None:
    given = (folder / "molecules.csv", "--scorers", "heavy_atoms", "--processes", 1)
    found = submit("score", *given, "-o", folder / "scores.csv", "--column", "nothing")
    assert found.exit_code == 2
    assert "no column 'nothing'" in cluster[0]["done"].stderr
    assert "job.yaml" not in cluster[0]["entrypoint"]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["filter", "-", "--config", "campaign.yaml", "-o", "/shared/out"], "-: a job has no standard input"),
        (["filter", "none.smi", "--config", "campaign.yaml", "-o", "/shared/out"], "none.smi: no such file"),
        (["filter", "molecules.csv", "--config", "campaign.yaml", "-o", "out"], "-o: out would be deleted with the"),
        (["score", "molecules.csv", "--scorers", "qed", "-o", "x.csv"], "or a folder that all its machines see"),
        (["score", "molecules.csv", "--scorers", "qde", "-o", "/shared/x.csv"], "did you mean 'qed'"),
        (["score", "molecules.csv", "-o", "/shared/x.csv"], "give either --scorers"),
    ],
)
def test_what_no_job_can_do_is_refused_before_it(
    arguments: list[str], reason: str, folder: Path, cluster: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    found = submit(*arguments)
    assert found.exit_code == 2
    assert reason in found.stderr and not cluster


@pytest.mark.slow
def test_a_file_is_filtered_by_the_actors_of_a_cluster(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import ray

    # The cluster's `python` is this one.
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    context = ray.init("local", num_cpus=2, include_dashboard=True, dashboard_host="127.0.0.1", log_to_driver=False)
    try:
        address = f"http://{context.dashboard_url}"
        given = (folder / "molecules.csv", "--config", folder / "campaign.yaml", "--column", "structure")
        found = submit("filter", *given, "-o", folder / "out", "--address", address, "compute.workers=1")
        assert found.exit_code == 0, found.output
        found = submit("score", *given, "-o", folder / "scores.csv", "--address", address)
        assert found.exit_code == 0, found.output
    finally:
        ray.shutdown()
    assert list(pandas.read_csv(folder / "out" / "library.csv")["id_input"]) == ["c", "a"]
    assert list(pandas.read_csv(folder / "scores.csv")["carbons"]) == [2, 2, 3, 2]


def test_urls_are_read_by_the_job(folder: Path, cluster: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    from molgan.base import remote_files

    monkeypatch.setitem(remote_files._fetched, str(folder / "train.smi"), f"file://{folder}/stored.smi")  # a copy of it
    (folder / "stored.smi").write_text("CCN\n")
    (folder / "stored.csv").write_text("smiles\nCCO\nCCN\n")
    given = (f"file://{folder}/stored.csv", "--config", folder / "campaign.yaml", "--processes", 1)
    found = submit("filter", *given, "-o", f"file://{folder}/out")
    assert found.exit_code == 0, (found.output, cluster[0]["done"].stderr)
    assert f"filter file://{folder}/stored.csv -o file://{folder}/out" in cluster[0]["entrypoint"]
    assert list(pandas.read_csv(folder / "out" / "library.csv")["smiles"]) == ["CCO"]
