import re
import subprocess
import tomllib
from pathlib import Path

import pytest

import molgan

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def command(marker: str) -> list[str]:
    """The lines of the README's code block behind `<!-- marker -->`."""
    found = re.search(rf"<!-- {marker} -->\n```bash\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert found, marker
    return found[1].splitlines()


@pytest.mark.parametrize(("marker", "last"), [("quickstart", "run configs/quickstart.yaml"), ("tests", "pytest")])
def test_the_readme_has_the_two_commands_each_on_one_line(marker: str, last: str) -> None:
    (line,) = command(marker)
    assert line.endswith(last)
    assert subprocess.run(["bash", "-n", "-c", line]).returncode == 0


def test_ci_runs_the_test_command_of_the_readme() -> None:
    script = (ROOT / ".ci" / "run").read_text()
    (extract,) = re.findall(r"command=\$\((.*)\)$", script, re.MULTILINE)
    found = subprocess.run(["bash", "-c", extract], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.splitlines() == command("tests")


def test_every_dependency_is_in_the_tested_set() -> None:
    pinned = {line.partition("==")[0] for line in (ROOT / "constraints.txt").read_text().splitlines()}
    extras = [each for extra in PROJECT["optional-dependencies"].values() for each in extra]
    names = {re.match(r"[\w.-]+", each)[0].lower() for each in PROJECT["dependencies"] + extras}  # type: ignore[index]
    assert {name.replace(".", "-") for name in names} - pinned == {"molgan"}


def test_the_version_is_the_same_everywhere() -> None:
    assert PROJECT["version"] == molgan.__version__
    assert f"## {molgan.__version__}" in (ROOT / "CHANGELOG.md").read_text()
