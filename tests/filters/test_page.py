"""The pages on filters and plausibility are what the code gives, and have all of it."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

from molgan.chem.plausibility.strain import STRAINED
from molgan.chem.plausibility.suspicious import SUSPICIOUS
from molgan.filters.registry import FILTERS

ROOT = Path(__file__).parents[2]


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    return script


def test_the_page_is_current() -> None:
    page = (ROOT / "docs" / "filters.md").read_text()
    assert page == load("filter_page").page(), "docs/filters.md is not current: run scripts/filter_page.py"
    listed = re.findall(r"^\| `(\w+)` \| .* \| (?:each by itself|all together) \|$", page, re.MULTILINE)
    assert set(listed) == set(FILTERS)


def test_the_page_on_plausibility_is_current() -> None:
    page = (ROOT / "docs" / "plausibility.md").read_text()
    assert page == load("plausibility_page").page(), "docs/plausibility.md is not current: run its script"
    assert all(f"| {name} | `" in page for name in {**SUSPICIOUS, **STRAINED})
