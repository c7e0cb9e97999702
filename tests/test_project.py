import ast
import re
import subprocess
import tomllib
from collections import Counter
from pathlib import Path

import grimp
import pytest

import molgan

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

SOURCES = sorted((ROOT / "molgan").rglob("*.py"))
PAGES = sorted(
    path
    for pattern in (
        "*.md",
        "docs/*.md",
        "docs/*.ipynb",
        "data/**/*.md",
        "molgan/**/*.md",
        "mkdocs.yml",
        "pyproject.toml",
    )
    for path in ROOT.glob(pattern)
)
OTHERS = {"molgan.scorers"}  # a group of entry points


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


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


def test_no_two_files_have_one_name() -> None:
    counts = Counter(path.name for path in SOURCES)
    shared = {name for name, count in counts.items() if count > 1}
    assert shared <= {"__init__.py", "settings.py", "registry.py"}


def test_no_file_is_long() -> None:
    assert {path.name: count for path in SOURCES if (count := len(path.read_text().splitlines())) > 350} == {}


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = grimp.build_graph("molgan")
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    assert sum(map(len, imports.values())) > len(imports)
    while free := [module for module, imported in imports.items() if not imported & imports.keys()]:
        for module in free:
            del imports[module]
    assert sorted(imports) == [], "these import each other, or what does"


def test_all_imports_in_scripts_exist() -> None:
    for path in (ROOT / "scripts").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and str(node.module).partition(".")[0] == "molgan":
                for alias in node.names:
                    assert is_defined(f"{node.module}.{alias.name}"), f"{path.name}:{node.lineno}"


@pytest.mark.parametrize("path", [*PAGES, *SOURCES, *(ROOT / "scripts").rglob("*.py")], ids=relative)
def test_all_modules_and_files_that_a_text_names_exist(path: Path) -> None:
    if path.name == "moved.py":
        pytest.skip("has old names")
    text = path.read_text()
    names = {name for name in re.findall(r"(?<![\w./-])molgan(?:\.[A-Za-z]\w*)+", text) if name not in OTHERS}
    assert sorted(name for name in names if not is_defined(name)) == []
    files = re.findall(r"(?<![\w./-])((?:molgan|scripts|docs|tests|configs|data)(?:/[\w.-]++)++)(?![*{<])", text)
    assert sorted(file for file in files if not (ROOT / file.rstrip(".")).exists()) == []
    inside = re.findall(r"`(\w+/[\w/]*\.py)`", text)
    rooms = [file for file in inside if (ROOT / "molgan" / file.partition("/")[0]).is_dir()]
    assert sorted(file for file in rooms if not (ROOT / "molgan" / file).exists()) == []


@pytest.mark.parametrize("path", [path for path in PAGES if path.suffix == ".md"], ids=relative)
def test_links_between_files_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text()):
        file, _, anchor = target.partition("#")
        if "://" in target:
            continue
        found = path.parent / file if file else path
        assert found.exists(), target
        assert not anchor or anchor in {slugify(title) for title in titles(found)}, target


def test_the_map_of_the_rooms_is_complete() -> None:
    drawing = re.search(r"^## Rooms$.*?```\n(.*?)```", (ROOT / "docs" / "how_it_works.md").read_text(), re.M | re.S)
    assert drawing
    drawn, room = set(), ""
    for line in drawing[1].splitlines()[1:]:
        if found := re.match(r"[├└]─ (\w+(?:\.py)?)", line):
            room = found[1]
            drawn.add(room)
        elif found := re.match(r"│  [├└]─ (\w+)/", line):
            drawn.add(f"{room}/{found[1]}")
    folders = {path.parent.relative_to(ROOT / "molgan") for path in SOURCES if path.name == "__init__.py"}
    assert drawn - {"api.py"} == {str(folder) for folder in folders if folder.name}


def is_defined(name: str) -> bool:
    """Whether `molgan.room.module.thing` exists: the module as a file, the thing as a word in it."""
    place, *rest = name.split(".")
    folder = ROOT / place
    while rest and (folder / rest[0]).is_dir():
        folder /= rest.pop(0)
    module = folder / "__init__.py"
    if rest and (folder / f"{rest[0]}.py").is_file():
        module = folder / f"{rest.pop(0)}.py"
    return not rest or (module.is_file() and re.search(rf"\b{rest[0]}\b", module.read_text()) is not None)


def titles(path: Path) -> list[str]:
    return re.findall(r"^#+ (.+)$", path.read_text(), re.MULTILINE)


def slugify(title: str) -> str:
    """The anchor of a title, as GitHub and mkdocs make it."""
    return re.sub(r"[\s-]+", "-", re.sub(r"[^\w\s-]", "", title).strip().lower())
