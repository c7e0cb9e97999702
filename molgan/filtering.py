"""Filter a stream of molecules into a folder: the library, the rejected ones with reasons, the counts."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from molgan.chem.io import Record, write_files, write_library
from molgan.chem.molecule import Molecule, parse
from molgan.config import CampaignConfig
from molgan.filters.funnel import Funnel
from molgan.filters.result import StageCount
from molgan.library import identifier, known_neighbours, library_table
from molgan.progress import Progress, Silent
from molgan.scoring.objective import Objective

if TYPE_CHECKING:
    import pandas


def filter_records(
    chunks: Iterable[Sequence[Record]], config: CampaignConfig, folder: Path, progress: Progress | None = None
) -> list[StageCount]:
    """Pass records through a campaign's filters; those that read scores read its objective's.

    Writes library.csv, .smi, .sdf and .parquet, rejected.csv (id, smiles, stage, reason, line) and funnel.json. Memory
    grows with what is kept, not with what comes. Returns the counts of the stages, in order. Raises RunError when
    `folder` cannot be written.
    """
    objective = Objective(config.objective)
    stream = _Stream(chunks, Funnel(config.filters), objective, progress or Silent())
    write_files(folder, {"rejected.csv": stream.rejected()})
    molecules = [parse(smiles) for smiles in stream.kept()]
    table = library_table(molecules, objective(molecules).to_frame(), known_neighbours())
    write_library(table, folder)
    counts = list(stream.counts.values())
    write_files(folder, {"funnel.json": [json.dumps([count.as_dict() for count in counts], indent=2).encode()]})
    return counts


class _Stream:
    """Molecules on their way through a funnel; what is rejected leaves at once, the rest waits for the end."""

    def __init__(
        self, chunks: Iterable[Sequence[Record]], funnel: Funnel, objective: Objective, progress: Progress
    ) -> None:
        self.counts: dict[str, StageCount] = {}
        self._chunks = chunks
        self._funnel = funnel
        self._objective = objective
        self._progress = progress
        self._waiting: dict[int, tuple[int, str | None]] = {}  # line and canonical SMILES by index

    def rejected(self) -> Iterator[bytes]:
        """The lines of rejected.csv; reading them drives the stream."""
        yield _csv("id", "smiles", "stage", "reason", "line")
        results = self._funnel.stream(self._entering(), table=self._scored, progress=self._progress)
        for result in results:
            for count in result.counts:
                self.counts[count.stage] = self.counts.get(count.stage, StageCount(count.stage)) + count
            for one in result.rejected:
                line, smiles = self._waiting.pop(one.index)
                yield _csv(identifier(smiles) if smiles else "", one.smiles, one.stage, one.reason, line)

    def kept(self) -> list[str]:
        """Canonical SMILES of what is left once `rejected` has been read, in order."""
        return [str(smiles) for _, (_, smiles) in sorted(self._waiting.items())]

    def _entering(self) -> Iterator[list[Molecule]]:
        index = 0
        for chunk in self._chunks:
            molecules = [parse(record.smiles) for record in chunk]
            for record, molecule in zip(chunk, molecules, strict=True):
                self._waiting[index] = record.line, molecule.smiles
                index += 1
            yield molecules

    def _scored(self, molecules: Sequence[Molecule]) -> "pandas.DataFrame":
        return self._objective(molecules).to_frame()


def _csv(*cells: object) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue().encode()
