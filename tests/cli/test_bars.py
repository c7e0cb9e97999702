"""Progress is drawn where it can be seen: on a terminal, in a notebook, else as lines."""

import pytest
from rich.console import Console

from molgan.cli import bars


@pytest.mark.parametrize("widgets", [True, False])
def test_a_notebook_has_bars_where_widgets_can_show_them(widgets: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bars, "find_spec", lambda name: object() if widgets and name == "ipywidgets" else None)
    assert bars.can_draw_bars(Console(force_jupyter=True)) is widgets
    assert bars.can_draw_bars(Console(force_terminal=True, force_jupyter=False))
    assert not bars.can_draw_bars(Console(force_terminal=False, force_jupyter=False))


def test_lines_are_lines_in_a_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bars, "find_spec", lambda name: object())
    monkeypatch.setattr("rich.console._is_jupyter", lambda: True)
    monkeypatch.setattr(bars, "_form", "plain")
    with bars.show_progress() as progress:
        assert isinstance(progress, bars.PlainLines)
