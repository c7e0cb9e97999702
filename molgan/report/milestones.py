"""The best molecules of a training stage over time."""

from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from molgan.chem.misuse.screen import find_misuse
from molgan.chem.molecule import parse
from molgan.report.drawings import draw
from molgan.report.quantities import write_number

MOST = 8


@dataclass(frozen=True)
class Milestone:
    """A molecule that was the best so far; `step` is what the stage counts, updates or calls of the objective."""

    step: str
    score: str
    drawing: Markup | None


def milestones(rows: list[dict[str, Any]], most: int = MOST) -> list[Milestone]:
    """The best molecules in the rows of a stage: the first, the last, and those with the largest gains between; none
    that the filter `misuse` rejects."""
    found: list[tuple[int, float, str]] = []
    for row in rows:
        smiles, best, step = row.get("best_smiles"), row.get("best"), row.get("step")
        if not isinstance(smiles, str) or not smiles or not isinstance(best, int | float) or step is None:
            continue
        better = not found or (best > found[-1][1] and smiles != found[-1][2])
        if better and find_misuse(parse(smiles)) is None:
            found.append((int(step), float(best), smiles))
    if len(found) > most:
        gains = sorted(range(1, len(found) - 1), key=lambda i: (found[i - 1][1] - found[i][1], i))[: most - 2]
        found = [found[i] for i in (0, *sorted(gains), len(found) - 1)]
    return [
        Milestone(f"{step:,}", write_number(best, 3), draw(smiles, label=f"Best molecule after {step:,}"))
        for step, best, smiles in found
    ]
