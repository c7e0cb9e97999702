"""A campaign by Ray workers is the campaign in one process."""

import json
from pathlib import Path

import pandas
import pytest

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def runs(ray: None, home: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """Run folders by the number of workers."""
    from molgan_toy_campaign import drive

    root = tmp_path_factory.mktemp("runs")
    for workers in (0, 1, 2):
        drive(str(home), [f"out={root / str(workers)}", f"compute.workers={workers}"])
    return {workers: root / str(workers) for workers in (0, 1, 2)}


def test_one_worker_gives_the_same_library_byte_for_byte(runs: dict[int, Path]) -> None:
    from molgan_toy_campaign import libraries_differ

    assert not libraries_differ(runs[0], runs[1])


def test_two_workers_give_the_same_molecules(runs: dict[int, Path]) -> None:
    """Sums over two workers are rounded otherwise, which shows in the last digits of what networks computed."""
    one, two = (pandas.read_csv(runs[workers] / "library.csv") for workers in (0, 2))
    assert two["smiles"].tolist() == one["smiles"].tolist()
    pandas.testing.assert_frame_equal(two, one, rtol=1e-2, atol=1e-2)
    rows = [[json.loads(line) for line in (runs[n] / "metrics.jsonl").read_text().splitlines()] for n in (0, 2)]
    assert [(row["stage"], row["step"]) for row in rows[1]] == [(row["stage"], row["step"]) for row in rows[0]]
    for mine, other in zip(*rows, strict=True):
        if mine["stage"] == "reinforce":
            assert mine["oracle_calls"] == other["oracle_calls"]
            assert mine["scaffolds"] == other["scaffolds"]


def test_staleness_changes_the_course_but_not_by_chance(ray: None, home: Path, tmp_path: Path) -> None:
    from molgan_toy_campaign import drive, libraries_differ

    for name, workers in (("here", 0), ("there", 1)):
        drive(str(home), [f"out={tmp_path / name}", f"compute.workers={workers}", "reinforce.staleness=1"])
    assert not libraries_differ(tmp_path / "here", tmp_path / "there")


def test_a_campaign_goes_on_from_storage_in_another_folder(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a job does whose machine is gone: it starts on another one with nothing but the URL."""
    from molgan_toy_campaign import drive, libraries_differ

    from molgan.base.errors import RunError
    from molgan.campaign.run_folder.status import read_status
    from molgan.training.memory import OracleCache

    storage = f"file://{tmp_path}/storage"
    (tmp_path / "first").mkdir(), (tmp_path / "second").mkdir()
    ask = OracleCache.ask

    def break_down(cache: OracleCache, *arguments: object) -> object:
        if cache.calls > 20:
            raise RunError("the machine is gone")
        return ask(cache, *arguments)  # type: ignore[arg-type]

    monkeypatch.chdir(tmp_path / "first")
    with monkeypatch.context() as patch, pytest.raises(RunError, match="gone"):
        patch.setattr(OracleCache, "ask", break_down)
        drive(str(home), [f"out={storage}"])
    found = read_status(storage)
    assert [stage.state for stage in found.stages] == ["done", "at work", "waiting", "waiting", "waiting", "waiting"]
    assert found.stages[1].metrics["step"] >= 2
    monkeypatch.chdir(tmp_path / "second")
    drive(str(home), [f"out={storage}"])
    drive(str(home), [f"out={tmp_path / 'undisturbed'}"])
    assert not libraries_differ(tmp_path / "second" / "runs" / "mini", tmp_path / "undisturbed")
    assert not libraries_differ(tmp_path / "storage", tmp_path / "undisturbed")
    assert read_status(storage).done


def test_components_with_a_concurrency_leave_room_for_training(home: Path, tmp_path: Path) -> None:
    """Three pools of two actors beside two training workers: Ray had four processors for eight processes, and training
    never started. One lesson of a curriculum is scored in their room before."""
    from molgan_toy_campaign import drive

    parts = [{"scorer": name, "concurrency": 2} for name in ("qed", "sa", "tpsa")]
    lesson = "{objective: {components: [{scorer: qed}]}, steps: 2}"
    drive(
        str(home),
        [
            f"out={tmp_path}",
            f"objective.components={json.dumps(parts)}",
            f"reinforce.curriculum=[{lesson}]",
            "compute={workers: 2, threads: 1}",
            "adversarial=null",
        ],
    )
    rows = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert {row["stage"] for row in rows} >= {"reinforce", "reinforce 1"}
    assert (tmp_path / "library.csv").exists()
