import ast
import re
import subprocess
import tomllib
from collections import Counter
from pathlib import Path

import grimp
import pytest

import molgan
from molgan.base.moved import _MOVED

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

SOURCES = sorted((ROOT / "molgan").rglob("*.py"))
SCRIPTS = sorted((ROOT / "scripts").rglob("*.py"))
KINDS = ("*.md", "docs/*.md", "docs/*.ipynb", "data/**/*.md", "molgan/**/*.md", "mkdocs.yml", "pyproject.toml")
PAGES = sorted(path for kind in KINDS for path in ROOT.glob(kind))
MODULE = re.compile(r"(?<![\w./-])molgan(?:\.[A-Za-z]\w*)+")
FILE = re.compile(r"(?<![\w./-])(?:molgan|scripts|docs|tests|configs|data)(?:/[\w.-]++)++(?![*{<])")
FILE_INSIDE = re.compile(r"`(\w+/[\w/]*\.py)`")
NO_MODULES = {"molgan.scorers", "molgan.key"}  # a group of entry points, a key of metadata


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
    for path in SCRIPTS:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and str(node.module).partition(".")[0] == "molgan":
                for alias in node.names:
                    assert is_defined(f"{node.module}.{alias.name}"), f"{path.name}:{node.lineno}"


@pytest.mark.parametrize("texts", [PAGES, SOURCES, SCRIPTS], ids=["pages", "molgan", "scripts"])
def test_all_modules_and_files_that_a_text_names_exist(texts: list[Path]) -> None:
    faults: dict[str, list[str]] = {}
    for path in texts:
        text = path.read_text()
        others = NO_MODULES | (_MOVED.keys() if path.name in {"moved.py", "LOG.md"} else set())
        modules = [name for name in MODULE.findall(text) if name not in others and not is_defined(name)]
        files = [name for name in FILE.findall(text) if not (ROOT / name.rstrip(".")).exists()]
        inside = [name for name in FILE_INSIDE.findall(text) if (ROOT / "molgan" / name.partition("/")[0]).is_dir()]
        missing = modules + files + [name for name in inside if not (ROOT / "molgan" / name).exists()]
        if missing:
            faults[str(path.relative_to(ROOT))] = missing
    assert texts and faults == {}


def test_links_between_files_lead_somewhere() -> None:
    faults: dict[str, list[str]] = {}
    for path in PAGES:
        # SMARTS in code may look like links.
        text = re.sub(r"`[^`\n]*`", "", re.sub(r"^```.*?^```", "", path.read_text(), flags=re.M | re.S))
        for link in re.findall(r"\]\(([^)\s]+)\)", text) if path.suffix == ".md" else ():
            file, _, anchor = link.partition("#")
            target = path.parent / file if file else path
            is_broken = not target.exists() or (anchor and anchor not in anchors(target))
            if "://" not in link and is_broken:
                faults.setdefault(str(path.relative_to(ROOT)), []).append(link)
    assert faults == {}


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
    rooms = {room for room in drawn if "/" not in room}
    folders = {path.parent.relative_to(ROOT / "molgan") for path in SOURCES if path.name == "__init__.py"}
    assert drawn - {"api.py"} == {str(folder) for folder in folders if 1 <= len(folder.parts) <= 2}
    readme = re.findall(r"^[├└]─ ((?:\w[\w.]*/? )+) ", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert sorted(room.strip("/") for line in readme for room in line.split()) == sorted({"api.py", *rooms})


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


def anchors(page: Path) -> set[str]:
    """The anchors of a page's titles, as GitHub and mkdocs make them."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[\s-]+", "-", re.sub(r"[^\w\s-]", "", title).strip().lower()) for title in titles}
