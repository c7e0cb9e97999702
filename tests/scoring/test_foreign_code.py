"""What a configuration would run is found and named before any of it is imported."""

import hashlib
import sys
from pathlib import Path

import pytest

from molgan.base.errors import ConfigError
from molgan.config import load
from molgan.report.property_section import _transform
from molgan.scoring.foreign_code import find_foreign, list_foreign, without_running
from molgan.scoring.measure import Measure
from molgan.scoring.registry import find_scorer
from molgan.scoring.settings import load_objective

EVIL = "from pathlib import Path\nPath({0!r}).write_text('run')\ndef s(smiles: str) -> float:\n    return 1.0\n"
SECTION = "objective:\n  components:\n    - {scorer: qed}\n"


@pytest.fixture
def mark(tmp_path: Path) -> Path:
    """A file that appears when `evil.py` beside it is imported."""
    (tmp_path / "evil.py").write_text(EVIL.format(str(tmp_path / "mark")))
    (tmp_path / "train.smi").write_text("CCO\nc1ccccc1\n")
    return tmp_path / "mark"


def write(folder: Path, components: str, rest: str = "") -> Path:
    path = folder / "campaign.yaml"
    text = f"data: {{train: train.smi}}\nsample: {{n: 5}}\nfilters: [valid]\n{SECTION}{components}{rest}"
    path.write_text(text)
    return path


GIVEN = "transform: {name: identity}, parameters"
COMPONENTS = {
    "    - {scorer: evil.py:s}\n": ("evil.py", 1),
    f"    - {{scorer: process, {GIVEN}: {{command: [{sys.executable}, evil.py]}}}}\n": (
        f"command {sys.executable} evil.py",
        1,
    ),
    "    - {scorer: cns_mpo, parameters: {pka: {scorer: evil.py:s}}}\n": ("evil.py", 1),
    "    - {scorer: json.tool:main}\n": ("json.tool", 1),
    f"    - {{scorer: rest, {GIVEN}: {{url: 'http://h/x?k', headers: {{A: '${{HOME}}'}}}}}}\n": (
        "server http://h/x with HOME of the environment",
        0,
    ),
}


@pytest.mark.parametrize("components", COMPONENTS)
def test_what_would_run_is_named_and_not_imported(mark: Path, components: str) -> None:
    text, files = COMPONENTS[components]
    found = []
    load(write(mark.parent, components), trust=False, on_foreign=found.extend)
    assert [each.text for each in found] == [text] and len(found[0].digests) == files
    assert not mark.exists() and "json.tool" not in sys.modules
    for path, digest in found[0].digests.items():
        assert hashlib.sha256(Path(path).read_bytes()).hexdigest() == digest


def test_it_is_named_before_it_is_imported_with_trust(mark: Path) -> None:
    seen: list[bool] = []
    load(write(mark.parent, "    - {scorer: evil.py:s}\n"), on_foreign=lambda found: seen.append(mark.exists()))
    assert seen == [False] and mark.exists()
    mark.unlink()
    load_objective(write(mark.parent, "    - {scorer: evil.py:s}\n"), lambda found: seen.append(mark.exists()))
    assert seen == [False, False]


def test_a_pickle_a_cluster_and_ranges_count(mark: Path) -> None:
    model = {"scorer": "qsar", "parameters": {"model": "evil.py", "trust": True}}
    ranges = {"filter": "properties", "ranges": {"evil.py:s": {"min": 0}, "qed": {"min": 0}}}
    found = find_foreign({"objective": {"components": [model]}, "filters": [ranges]}, mark.parent)
    assert [each.text for each in found] == ["pickle evil.py", "evil.py"]
    assert not find_foreign({"objective": {"components": [{"scorer": "qsar", "parameters": {"model": "m"}}]}})
    told: list[object] = []
    path = write(mark.parent, "", "compute: {workers: 1, address: 'evil:6379'}\n")
    load(path, trust=False, on_foreign=told.extend)
    assert list_foreign(told) == "sends molecules to Ray cluster evil:6379"  # type: ignore[arg-type]


def test_one_line_says_all_of_it() -> None:
    parts = [
        {"scorer": "a.py:x"},
        {"scorer": "process", "parameters": {"command": ["sh", "-c", "evil\n\x1b[2J"]}},
        {"scorer": "rest", "parameters": {"url": "http://h"}},
    ]
    line = list_foreign(find_foreign(parts))
    assert line == "runs code: a.py, command sh -c 'evil\\n\\x1b[2J'; sends molecules to server http://h"
    assert list_foreign(find_foreign([{"scorer": "qed"}, {"scorer": "molgan.models.qsar.qsar_scorer:QSAR"}])) == ""


def test_names_that_weights_hold_import_nothing(mark: Path) -> None:
    with pytest.raises(ConfigError, match="weights keep names alone"):
        Measure((f"{mark.parent / 'evil.py'}:s",))([])
    assert not mark.exists()


def test_a_report_imports_nothing_of_a_run_folder(mark: Path) -> None:
    assert _transform({"scorer": f"{mark.parent / 'evil.py'}:s"}) == "the scorer's default"
    assert not mark.exists()


def test_what_is_installed_is_loaded_all_the_same() -> None:
    with without_running():
        assert find_scorer("qsar").__name__ == "QSAR"
        assert find_scorer("qed").name == "qed"
