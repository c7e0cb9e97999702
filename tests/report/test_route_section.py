"""The report's section on synthesis."""

import json
from pathlib import Path

from molgan.report import write_report

STEP = {"smiles": "CC(=O)O.CN>>CNC(C)=O", "template": "a", "title": "amide coupling", "cost": 1.5, "doubts": ["<two>"]}
ROUTE = {
    "smiles": "CNC(C)=O",
    "steps": [STEP],
    "blocks": [{"smiles": "CC(=O)O", "number": "34"}],
    "depth": 1,
    "cost": 1.5,
}
ENTRIES = [
    {"id": "M-1", "smiles": "CNC(C)=O", "route": ROUTE, "reason": None},
    {"id": "M-2", "smiles": "C1CC1", "route": None, "reason": "no route in 9 expansions"},
    {"id": "M-3", "smiles": "CN", "route": {**ROUTE, "smiles": "CN", "steps": [], "cost": 0, "depth": 0}},
]


def test_routes_are_drawn_with_their_doubts_and_blocks_and_a_reason_where_there_is_none(run: Path) -> None:
    (run / "routes.json").write_text(json.dumps(ENTRIES))
    page = write_report(run).read_text()
    assert '<section id="routes">' in page and 'href="#routes"' in page
    assert "each of the best 3: 2 have one" in " ".join(page.split())
    assert "1. amide coupling (&lt;two&gt;)" in page and 'class="reaction"' in page
    assert "no route in 9 expansions" in page and "in stock" in page
    assert "<td>34</td>" in page and "1 step, cost 1.5" in page


def test_a_run_without_routes_has_no_such_section_and_a_damaged_file_is_a_note(run: Path) -> None:
    assert '<section id="routes">' not in write_report(run).read_text()
    (run / "routes.json").write_text("{")
    page = write_report(run).read_text()
    assert '<section id="routes">' not in page and "routes.json cannot be read" in page
    (run / "routes.json").write_text(json.dumps([{**ENTRIES[0], "route": {"steps": 3}}, ENTRIES[1]]))
    assert "no route in 9 expansions" in write_report(run).read_text()
