"""The report of a campaign: one self-contained HTML file, made from the run folder alone."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas

__all__ = ["write_report"]


def write_report(
    run: Path, *, reference: "pandas.DataFrame | None" = None, titles: Mapping[str, str] | None = None
) -> Path:
    """Write `report.html` into the run folder, from the files there alone, and return its path.

    `reference` holds property columns of a sample of the training data (raw columns as in library.csv: qed, sa, logp,
    …), which are drawn behind those of the library; `reference.csv` of the run folder by default. `titles`: the titles
    of the stages in metrics.jsonl, by their names. The same run folder gives the same file, byte for byte. The report
    lists missing and damaged files. Raises RunError when the folder does not exist or cannot be written.
    """
    from molgan.report.page import write_page  # imports pandas and RDKit, which the settings do not need

    return write_page(Path(run), reference=reference, titles=titles or {})
