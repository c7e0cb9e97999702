"""The report of a campaign: one HTML file that needs nothing beside it, made from the run folder alone."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas

__all__ = ["write_report"]


def write_report(
    run: Path, *, reference: "pandas.DataFrame | None" = None, titles: Mapping[str, str] | None = None
) -> Path:
    """Writes `report.html` into the run folder, from the files there alone, and returns its path.

    `reference` holds property columns of a sample of the training data (raw columns as in library.csv: qed, sa,
    logp, …), drawn behind those of the library; without it, `reference.csv` of the run folder is taken if it is
    there. `titles` are what the stages in metrics.jsonl are called, by their names. The same run folder gives the
    same file byte for byte. What is missing or damaged in the folder is told
    in the report. Raises RunError when the folder does not exist or cannot be written.
    """
    from molgan.report.page import write_page  # pandas and RDKit: not for those who only read the settings

    return write_page(Path(run), reference=reference, titles=titles or {})
