"""The files for clusters name commands and settings that exist."""

import json
import re
import shlex
import tomllib
from pathlib import Path

import jsonschema
import pytest
from packaging.requirements import Requirement
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


def test_a_job_of_kuberay_can_be_reached_by_it_and_by_nobody_without_the_token() -> None:
    job = YAML(typ="safe").load((ROOT / "configs/cluster/rayjob.yaml").read_text())
    assert job["kind"] == "RayJob" and job["spec"]["entrypoint"].startswith("molgan ")
    spec = job["spec"]["rayClusterSpec"]
    assert spec["headGroupSpec"]["rayStartParams"]["dashboard-host"] == "0.0.0.0"
    assert spec["authOptions"] == {"mode": "token"}
    assert "--accept-short" in shlex.split(job["spec"]["entrypoint"])  # exit code 3 would be tried again
    pods = [spec["headGroupSpec"], *spec["workerGroupSpecs"]]
    assert len({pod["template"]["spec"]["containers"][0]["image"] for pod in pods}) == 1
    assert f"ray=={spec['rayVersion']}" in (ROOT / "constraints.txt").read_text()


def test_a_cluster_of_virtual_machines_is_one_that_ray_takes() -> None:
    import ray

    cluster = YAML(typ="safe").load((ROOT / "configs/cluster/ray_up.yaml").read_text())
    schema = json.loads((Path(ray.__file__).parent / "autoscaler" / "ray-schema.json").read_text())
    jsonschema.validate(cluster, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**cluster, "head_node": 3}, schema)
    assert cluster["head_node_type"] in cluster["available_node_types"]
    assert "--dashboard-host=127.0.0.1" in cluster["head_start_ray_commands"][1]
    version = next(line for line in (ROOT / "constraints.txt").read_text().splitlines() if line.startswith("ray=="))
    assert cluster["docker"]["image"] == f"rayproject/ray:{version.removeprefix('ray==')}-py311"
    assert version.replace("ray", "ray[default,train]") in cluster["setup_commands"][0]


def test_the_tested_ray_is_in_the_range_that_is_asked_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    (asked,) = project["optional-dependencies"]["ray"]
    version = next(line for line in (ROOT / "constraints.txt").read_text().splitlines() if line.startswith("ray=="))
    found = version.removeprefix("ray==")
    assert Requirement(asked).specifier.contains(found)
    # Names that Ray does not promise to keep are used, so that no newer minor version is taken untried.
    major, minor, _ = map(int, found.split("."))
    assert not Requirement(asked).specifier.contains(f"{major}.{minor + 1}.0")
