"""The figures at the head of the report."""

from pathlib import Path

from molgan.report.run_data import RunFolder, read_run
from molgan.report.summary import summarise


def figures(run: RunFolder) -> dict[str, str]:
    return {figure.label: figure.value for figure in summarise(run, [])}


def test_circles_count_what_is_unlike_all_others(run: Path) -> None:
    # The two amides are alike, and so are the two sulfonamides.
    assert figures(read_run(run))["#Circles"] == "2"
    assert 0.4 < float(figures(read_run(run))["Internal diversity"]) < 0.8


def test_one_molecule_has_no_variety(run: Path) -> None:
    first = (run / "library.csv").read_text().splitlines()[:2]
    (run / "library.csv").write_text("\n".join(first) + "\n")
    found = figures(read_run(run))
    assert found["Molecules in the library"] == "1"
    assert "#Circles" not in found and "Internal diversity" not in found
