"""The files for clusters name commands and settings that exist."""

import re
import shlex
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from typer.main import get_command

from molgan.cli import app
from molgan.config import load_config

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "configs" / "cluster").glob("*.yaml"))


def commands(text: str) -> list[list[str]]:
    """The words of every `molgan …` in a file, comments included."""
    found = re.findall(r"(?:^#? +|: )(molgan .*?)(?: +#.*)?$", text, re.MULTILINE)
    return [shlex.split(line) for line in found]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_commands_exist_and_their_settings_load(path: Path) -> None:
    text = path.read_text()
    assert YAML(typ="safe").load(text)
    found = commands(text)
    assert found
    verbs = get_command(app).commands  # type: ignore[attr-defined]
    for _, *words in found:
        verb = next(word for word in words if word in verbs)
        overrides = [word for word in words if "=" in word and not word.startswith(("-", "data.train="))]
        config = load_config(ROOT / "configs" / "quickstart.yaml", overrides)
        if verb != "status":
            assert config.compute.workers == 4
            assert config.storage == "s3://bucket/quickstart"


def test_both_kinds_of_cluster_are_there() -> None:
    job = YAML(typ="safe").load((ROOT / "configs/cluster/rayjob.yaml").read_text())
    assert job["kind"] == "RayJob" and job["spec"]["entrypoint"].startswith("molgan ")
    groups = job["spec"]["rayClusterSpec"]["workerGroupSpecs"]
    assert groups[0]["template"]["spec"]["containers"][0]["image"]
    cluster = YAML(typ="safe").load((ROOT / "configs/cluster/ray_up.yaml").read_text())
    assert cluster["head_node_type"] in cluster["available_node_types"]
    for settings in (job["spec"]["rayClusterSpec"]["headGroupSpec"]["rayStartParams"]["dashboard-host"],):
        assert settings == "127.0.0.1"
    assert "--dashboard-host=127.0.0.1" in cluster["head_start_ray_commands"][1]
