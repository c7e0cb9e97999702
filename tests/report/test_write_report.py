import json
from pathlib import Path

import pandas as pd
import pytest

from molgan.base.errors import RunError
from molgan.report import write_report
from molgan.report.page import render
from molgan.report.run_data import read_run

from .page import Page, read_page


def test_page_tells_the_run(run: Path) -> None:
    page = read_page(write_report(run))
    assert "toy · molgan report" in page.text
    assert "20 November 2025, 09:20 UTC" in page.text
    assert "4 molecules of 7 samples passed every stage" in page.text
    assert "Share of samples that passed 57.1 % 4 of 7" in page.text
    assert "Size 7 5 2 71.4 %" in page.text
    assert "BRENK: nitro_group 1 100.0 %" in page.text
    assert "The counts add up" in page.text
    assert "sigmoid (low 0.3, high 0.9, k 0.5)" in page.text
    assert "training 0.65" in page.text
    assert "rolled back to step 0" in page.text
    assert "versions.rdkit 2026.9.1" in page.text
    assert "predicted" in page.text


def test_every_molecule_of_the_top_is_drawn_with_its_numbers(run: Path) -> None:
    page = read_page(write_report(run))
    cards = page.classed("li", "card")
    assert [card["data-id"] for card in cards] == ["M-1", "M-2", "M-3", "M-4"]
    assert json.loads(cards[0]["data-values"] or "")["sa"] == 1.4
    assert "sa" not in json.loads(cards[2]["data-values"] or "")
    drawn = [svg["aria-label"] for svg in page.classed("svg", "molecule")]
    assert [f"Structure of M-{rank}" in drawn for rank in (1, 2, 3, 4)] == [True] * 4
    assert "Known compound nearest to M-1" in drawn and "Known compound nearest to M-4" not in drawn


def test_page_needs_nothing_from_elsewhere(run: Path) -> None:
    page = read_page(write_report(run))
    assert "http:" not in page.html and "https:" not in page.html and "@import" not in page.html
    assert not page.all("link") and not page.all("img")
    assert not [attributes for _, attributes in page.elements if "src" in attributes]
    assert all((link["href"] or "").startswith("#") for link in page.all("a"))


def test_charts_say_what_they_show(run: Path) -> None:
    page = read_page(write_report(run))
    charts = page.classed("svg", "chart")
    assert len(charts) == 9  # score, qed, sa, logp, similarity; the novelty map; critic loss; score; uniqueness: no NaN
    assert all(len(chart["aria-label"] or "") > 20 for chart in charts)
    assert any("QED. Library: 0.82 (0.80 to 0.84). Training data: 0.65" in str(chart["aria-label"]) for chart in charts)


def test_same_folder_same_bytes(run: Path) -> None:
    first = write_report(run).read_bytes()
    assert write_report(run).read_bytes() == first
    assert sorted(path.name for path in run.iterdir() if "report" in path.name) == ["report.html"]


def test_given_reference_goes_before_the_folders(run: Path) -> None:
    text = read_page(write_report(run, reference=pd.DataFrame({"qed": [0.25, 0.25]}))).text
    assert "training 0.25" in text and "training 0.65" not in text


def test_names_from_users_stay_text(run: Path) -> None:
    attack = '"><script>alert(1)</script>'
    library = pd.read_csv(run / "library.csv")
    for column in ("id", "smiles", "scaffold", "nearest_known"):
        library[column] = attack
    library['x" onload="alert(1)'] = 1.0
    library['x" onload="alert(1)_score'] = 1.0
    library.to_csv(run / "library.csv", index=False)
    (run / "manifest.json").write_text(json.dumps({"name": attack, attack: attack}))
    (run / "config.yaml").write_text(f"name: a\n# {attack}\n")
    (run / "funnel.json").write_text(json.dumps([{"stage": attack, "entered": 2, "kept": 1, "reasons": {attack: 1}}]))
    (run / "metrics.jsonl").write_text(json.dumps({"stage": attack, "step": 1, attack: 2, "event": attack}) + "\n")
    page = read_page(write_report(run))
    assert len(page.all("script")) == 1
    assert not [attributes for _, attributes in page.elements if "onload" in attributes]
    assert page.classed("li", "card")[0]["data-smiles"] == attack


def test_empty_folder_is_told_not_a_crash(tmp_path: Path) -> None:
    text = read_page(write_report(tmp_path)).text
    assert "The library is empty" in text
    for name in ("library.csv", "rejected.csv", "funnel.json", "metrics.jsonl", "manifest.json", "config.yaml"):
        assert f"{name} is missing" in text


def test_empty_library_names_the_stage_that_starves_it(run: Path) -> None:
    (run / "library.csv").write_text("id,rank,smiles,score\n")
    stages = json.loads((run / "funnel.json").read_text())
    stages[2] |= {"kept": 0, "reasons": {"BRENK: nitro_group": 5}}
    (run / "funnel.json").write_text(json.dumps(stages))
    text = read_page(write_report(run)).text
    assert "The strictest stage is Structural alerts : it kept 0 of 5" in text
    assert "There is no molecule to draw" in text


@pytest.mark.parametrize("name", ["library.csv", "rejected.csv", "funnel.json", "manifest.json", "config.yaml"])
@pytest.mark.parametrize("content", [b"", b"\x00\xff\xfe\x80", b"[", b"a,b\n1,2,3\n4\n"])
def test_damaged_file_is_told_not_a_crash(run: Path, name: str, content: bytes) -> None:
    (run / name).write_bytes(content)
    page = read_page(write_report(run))
    assert page.classed("div", "notice")


def test_bad_line_of_metrics_is_told_and_left_out(run: Path) -> None:
    with (run / "metrics.jsonl").open("a") as file:
        file.write('{"stage": "reinf')
    text = read_page(write_report(run, titles={"reinforce": "Reinforcement learning"})).text
    assert "1 unreadable line(s) left out, the first is line 204" in text
    assert "Reinforcement learning 2 steps logged" in text


def test_counts_that_do_not_add_up_are_shown(run: Path) -> None:
    (run / "rejected.csv").write_text("id,smiles,stage,reason\n")
    text = read_page(write_report(run)).text
    assert "The counts do not add up. The funnel dropped 3 molecules but rejected.csv has 0 rows." in text


def test_page_of_a_large_library_shows_the_best_hundred(run: Path) -> None:
    library = pd.concat([pd.read_csv(run / "library.csv")] * 60, ignore_index=True)
    library["rank"] = range(240, 0, -1)
    library.to_csv(run / "library.csv", index=False)
    page = Page(render(read_run(run), {}))
    assert len(page.classed("li", "card")) == 100
    assert page.classed("li", "card")[0]["data-id"] == "M-4"  # the last row of the file has rank 1
    assert len(page.html) < 1_500_000


def test_no_folder_and_no_room_are_run_errors(run: Path) -> None:
    with pytest.raises(RunError, match="no such run folder"):
        write_report(run / "elsewhere")
    (run / "report.html").mkdir()
    with pytest.raises(RunError, match=r"report\.html: cannot be written"):
        write_report(run)
    assert not list(run.glob(".report*"))


def test_scores_that_failed_are_told(run: Path) -> None:
    manifest = json.loads((run / "manifest.json").read_text())
    assert "could not be computed" not in read_page(write_report(run)).text
    manifest["stages"] = {"library": {"failures": {"d2": {"no conformer": 12, "took longer than 120 s": 1}}}}
    (run / "manifest.json").write_text(json.dumps(manifest))
    text = read_page(write_report(run)).text
    assert "d2 no conformer 12" in text
    assert "d2 took longer than 120 s 1" in text


def test_the_report_says_how_many_scores_a_cache_had(run: Path) -> None:
    manifest = json.loads((run / "manifest.json").read_text())
    manifest["scores"] = {"d2": {"scored": 1200, "cached": 34, "failed": 5}}
    (run / "manifest.json").write_text(json.dumps(manifest))
    assert "d2 1,200 34 5 0" in read_page(write_report(run)).text
    manifest["scores"]["d2"] |= {"not_asked": 3000, "seconds_each": 1.5}
    (run / "manifest.json").write_text(json.dumps(manifest))
    assert "d2 1,200 34 5 3,000 about 1.2 h" in read_page(write_report(run)).text
