"""The page on configurations is what the settings give."""

import importlib.util
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_page_is_current() -> None:
    path = ROOT / "scripts" / "configuration_page.py"
    spec = importlib.util.spec_from_file_location("configuration_page", path)
    assert spec is not None and spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    page = (ROOT / "docs" / "configuration.md").read_text()
    assert page == script.page(), "docs/configuration.md is not current: run scripts/configuration_page.py"
    assert "\n| `reinforce.batch_size` | integer ≥ 2 | `128` | Molecules drawn for an update |\n" in page
