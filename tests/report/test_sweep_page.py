"""The page of a sweep: a chart for each key, and trials without a figure."""

import math
from pathlib import Path

from molgan.report.sweep_page import PagePoint, write_sweep_page


def test_the_page_has_a_chart_for_each_key_and_a_row_for_each_trial(tmp_path: Path) -> None:
    points = [
        PagePoint("trial_0002", {"rate": 1e-2, "kind": "<product>"}, 0.7, "done", "trial_0002/report.html"),
        PagePoint("trial_0001", {"rate": 1e-4, "kind": "mean"}, 0.5, "stopped", None),
        PagePoint("trial_0003", {"rate": 1e-3, "kind": "mean"}, math.nan, "failed", None),
    ]
    page = write_sweep_page(tmp_path / "sweep.html", "many", "yield", points, logarithmic=["rate"]).read_text()
    assert page.count("<svg") == 2 and "log₁₀ of rate" in page
    assert "0: &lt;product&gt;, 1: mean" in page and "<product>" not in page
    assert page.count('<tr><th scope="row">') == 3 and "2 of 3 trials are over" in page
    assert page.index("trial_0002") < page.index("trial_0001") < page.index("trial_0003")
    assert 'href="trial_0002/report.html"' in page and 'href="trial_0001' not in page


def test_a_page_without_figures_says_so(tmp_path: Path) -> None:
    points = [PagePoint("trial_0001", {"seed": 0}, math.nan, "waiting", None)]
    page = write_sweep_page(tmp_path / "sweep.html", "many", "yield", points).read_text()
    assert "No trial has a figure as yet." in page and "<svg" not in page
