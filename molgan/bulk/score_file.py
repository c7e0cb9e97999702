"""Score a file of molecules, however long."""

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import chain
from pathlib import Path

from rdkit.rdBase import rdkitVersion

from molgan.base.progress import Progress, Silent
from molgan.base.version import __version__
from molgan.bulk.streams import Parts, guarded_crew
from molgan.chem.molecule import Molecule
from molgan.chem.reading import Record
from molgan.scoring.base import Scorer
from molgan.scoring.registry import get_scorer
from molgan.scoring.score_cache import clear_caches
from molgan.scoring.score_table import score

Rows = Sequence[tuple[str, Sequence[str | None]]]
"""SMILES and the other cells of each molecule."""


def score_records(
    chunks: Iterable[Sequence[Record]],
    scorers: Sequence[str],
    folder: Path | None = None,
    progress: Progress | None = None,
    *,
    processes: int = 1,
) -> Iterator[str]:
    """A CSV table in pieces: `smiles`, the other columns of the file (as its first rows have them), a column a scorer,
    `error`; one row a record, in order, the same text however many processes there are.

    What is done is kept in `folder` until the end: after an interruption, the same again goes on there. Raises
    ConfigError for an unknown scorer, RunError when `folder` cannot be written or a process dies.
    """
    for name in scorers:
        get_scorer(name)
    with tempfile.TemporaryDirectory() as temporary:
        yield from _score(chunks, scorers, folder or Path(temporary) / "parts", progress or Silent(), processes)


def _score(
    chunks: Iterable[Sequence[Record]], names: Sequence[str], folder: Path, progress: Progress, processes: int
) -> Iterator[str]:
    incoming = iter(chunks)
    first = next(incoming, [])
    work = ScoreText(names)
    others = [name for name in dict.fromkeys(n for record in first for n in record.fields) if name not in work.columns]
    work = ScoreText(names, others)
    rows = (
        [(record.smiles, [record.fields.get(n) for n in others]) for record in chunk]
        for chunk in chain([first], incoming)
    )
    parts = Parts(folder, repr((__version__, rdkitVersion, names, others)))
    progress.start("score")
    yield work.header
    with guarded_crew(work, processes) as crew:
        for path, count in parts.finished(rows, crew):
            yield path.read_bytes().decode()
            progress.advance("score", count)
    progress.finish("score")
    parts.remove()


class ScoreText:
    """Scores rows into lines of CSV."""

    def __init__(self, scorers: Sequence[str], others: Sequence[str] = ()) -> None:
        self._names = list(scorers)
        self._others = list(others)

    def __reduce__(self) -> tuple[type["ScoreText"], tuple[list[str], list[str]]]:
        return ScoreText, (self._names, self._others)

    @cached_property
    def columns(self) -> list[str]:
        """Those of the table of scores."""
        return list(score([], self._scorers).columns)

    @property
    def header(self) -> str:
        return self._format([], header=True)

    def __call__(self, rows: Rows) -> bytes:
        clear_caches()  # what earlier chunks have left there is of no use
        return self._format(rows, header=False).encode()

    def lost(self, rows: Rows, reason: str) -> bytes:
        """The lines of rows without a value."""
        return self._format(rows, header=False, reason=reason).encode()

    def join(self, results: Sequence[bytes]) -> bytes:
        return b"".join(results)

    @cached_property
    def _scorers(self) -> list[Scorer]:
        return [get_scorer(name) for name in self._names]

    def _format(self, rows: Rows, *, header: bool, reason: str | None = None) -> str:
        texts = [smiles for smiles, _ in rows]
        molecules = texts if reason is None else [Molecule(text, None, None, reason) for text in texts]
        table = score(molecules, self._scorers)
        for place, name in enumerate(self._others):
            table.insert(place + 1, name, [cells[place] for _, cells in rows])
        return str(table.to_csv(index=False, header=header, lineterminator="\n"))
