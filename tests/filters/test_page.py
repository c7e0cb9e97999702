"""The page on filters is what the registry gives, and has them all."""

import importlib.util
import re
from pathlib import Path

from molgan.filters.registry import FILTERS

ROOT = Path(__file__).parents[2]


def test_the_page_is_current() -> None:
    spec = importlib.util.spec_from_file_location("filter_page", ROOT / "scripts" / "filter_page.py")
    assert spec is not None and spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    page = (ROOT / "docs" / "filters.md").read_text()
    assert page == script.page(), "docs/filters.md is not current: run scripts/filter_page.py"
    listed = re.findall(r"^\| `(\w+)` \| .* \| (?:each by itself|all together) \|$", page, re.MULTILINE)
    assert set(listed) == set(FILTERS)
