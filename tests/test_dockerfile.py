"""The image of the cluster files: its pins are those of the project, and what it copies is there."""

import re
import shutil
import subprocess
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PLACE = ROOT / "configs" / "cluster"
TEXT = (PLACE / "Dockerfile").read_text()
PINS = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text().splitlines() if "==" in line)


def test_what_is_copied_is_there_and_sent_to_the_builder() -> None:
    copied = [words.split()[:-1] for words in re.findall(r"^COPY (?!--from)(.*)$", TEXT, re.MULTILINE)]
    names = [name for words in copied for name in words]
    sent = [line[1:] for line in (PLACE / "Dockerfile.dockerignore").read_text().splitlines() if line.startswith("!")]
    assert "constraints.txt" in names and "molgan" in names
    for name in names:
        assert (ROOT / name).exists() and any(fnmatch(name, pattern) for pattern in sent), name


def test_versions_are_those_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    images = re.findall(r"^FROM (\S+)", TEXT, re.MULTILINE)
    assert len(set(images)) == 1 and re.fullmatch(r"python:3\.11\.\d+-slim-\w+", images[0])
    (extras,) = re.findall(r"\.whl\)\[([\w,-]+)\]", TEXT)
    assert set(extras.split(",")) <= project["optional-dependencies"].keys() and "ray" in extras
    # A release of it takes the fsspec of the same number alone.
    assert re.findall(r"s3fs==(\S+)", TEXT) == [PINS["fsspec"]]
    job = (PLACE / "rayjob.yaml").read_text()
    assert f"image: registry.example.com/molgan:{project['version']}" in job and f'rayVersion: "{PINS["ray"]}"' in job
    assert f"-t registry.example.com/molgan:{project['version']} " in TEXT


def test_it_runs_as_nobody_special_and_keeps_no_secret() -> None:
    assert re.findall(r"^USER (\S+)", TEXT, re.MULTILINE) == ["1000"]
    assert not re.search(r"(?i)(password|secret|token|_key)\s*=", TEXT)


def test_hadolint_has_nothing_to_say() -> None:
    if (program := shutil.which("hadolint")) is None:
        pytest.skip("hadolint is not installed")
    found = subprocess.run([program, str(PLACE / "Dockerfile")], capture_output=True, text=True)
    assert (found.stdout, found.returncode) == ("", 0)
