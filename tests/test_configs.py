"""Every shipped configuration, a new one included, runs from its first stage to its last in miniature."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from typer.testing import CliRunner

from molgan.campaign.run_folder.status import read_status
from molgan.cli import app
from molgan.config import CampaignConfig, load

CONFIGS = Path(__file__).parents[1] / "configs"
PACKAGES = {"docking_d2": ("vina", "meeko")}
SLOW = {"docking_d2"}  # AutoDock Vina takes seconds a molecule
STEMS = sorted(path.stem for path in CONFIGS.glob("*.yaml") if path.stem != "sweep")


@pytest.fixture(scope="module")
def smoke(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Runs a configuration in miniature and gives its run folder; once, whoever needs it."""
    home = tmp_path_factory.mktemp("smoke")

    @cache
    def run(stem: str) -> Path:
        path, folder = CONFIGS / f"{stem}.yaml", home / stem
        config = load(path)
        arguments = ["run" if isinstance(config, CampaignConfig) else "train", str(path), "--smoke", f"out={folder}"]
        weights = Path(config.generator.weights) if config.generator else Path()
        if weights.parent.name == "runs":  # what another of the configurations trains
            arguments.append(f"generator.weights={run(weights.name)}")
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("MOLGAN_CACHE", str(home / "cache"))
            done = CliRunner().invoke(app, arguments)
        assert done.exit_code == 0, f"{done.output}\n{done.exception!r}"
        return folder

    return run


@pytest.mark.slow
def test_a_shipped_sweep_runs_in_miniature(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("ray")
    monkeypatch.setenv("MOLGAN_CACHE", str(tmp_path / "cache"))
    arguments = ["sweep", str(CONFIGS / "sweep.yaml"), "--smoke", f"out={tmp_path / 'sweep'}", "concurrent=1"]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, f"{done.output}\n{done.exception!r}"
    for number in (1, 2):
        assert read_status(str(tmp_path / "sweep" / f"trial_{number:04}")).done


@pytest.mark.parametrize(
    "stem", [pytest.param(stem, marks=[pytest.mark.slow] if stem in SLOW else []) for stem in STEMS]
)
def test_a_shipped_configuration_runs_in_miniature(stem: str, smoke: Callable[[str], Path]) -> None:
    for package in PACKAGES.get(stem, ()):
        pytest.importorskip(package)
    status = read_status(str(smoke(stem)))
    assert [(stage.name, stage.state) for stage in status.stages if stage.state != "done"] == []
    assert status.stages
