"""A cache of scores on disk, in one SQLite file that any number of processes and runs share."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Protocol

import rdkit

from molgan.base.errors import RunError
from molgan.scoring.score_cache import Known

_SECONDS_FOR_A_LOCK = 60.0
_MOST_VARIABLES = 500
_TABLES = """
CREATE TABLE IF NOT EXISTS scorers (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS scores (
    scorer INTEGER NOT NULL, smiles TEXT NOT NULL, value REAL NOT NULL, note TEXT, PRIMARY KEY (scorer, smiles)
) WITHOUT ROWID;
"""


class Store(Protocol):
    """Values and notes of molecules beyond the memory of one process, by a scorer's key and canonical isomeric SMILES.
    Every method can raise RunError."""

    def get(self, key: str, smiles: list[str]) -> dict[str, Known]:
        """The stored values of those of `smiles` that have one."""

    def put(self, key: str, found: Mapping[str, Known]) -> None:
        """Store the values; those that are stored already stay."""

    def close(self) -> None:
        """Release what the store holds."""


class LayeredStore:
    """Several stores as one: the first that knows a value is asked, and the ones before it learn it."""

    def __init__(self, stores: Sequence[Store]) -> None:
        self._stores = list(stores)

    def get(self, key: str, smiles: list[str]) -> dict[str, Known]:
        found: dict[str, Known] = {}
        for number, store in enumerate(self._stores):
            new = store.get(key, [text for text in smiles if text not in found])
            for before in self._stores[:number]:
                if new:
                    before.put(key, new)
            found |= new
        return found

    def put(self, key: str, found: Mapping[str, Known]) -> None:
        for store in self._stores:
            store.put(key, found)

    def close(self) -> None:
        for store in self._stores:
            store.close()


class ScoreStore:
    """Values and notes by a scorer's key (its name, version and parameters) and canonical isomeric SMILES.

    Values of another RDKit version are not found. A write is one transaction in SQLite's write-ahead log, so that a
    process killed at any moment leaves the file sound, and others read meanwhile; the file must be on a disk of this
    machine, not on a network share. Every method can raise RunError, naming the file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = Lock()
        self._numbers: dict[str, int] = {}
        with self._report_errors():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(
                path, timeout=_SECONDS_FOR_A_LOCK, isolation_level=None, check_same_thread=False
            )
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = NORMAL")
            self._connection.executescript(_TABLES)

    def get(self, key: str, smiles: list[str]) -> dict[str, Known]:
        """The stored values of those of `smiles` that have one."""
        found: dict[str, Known] = {}
        with self._lock, self._report_errors():
            number = self._number(key)
            for start in range(0, len(smiles), _MOST_VARIABLES):
                asked = smiles[start : start + _MOST_VARIABLES]
                marks = ",".join("?" * len(asked))
                rows = self._connection.execute(
                    f"SELECT smiles, value, note FROM scores WHERE scorer = ? AND smiles IN ({marks})", (number, *asked)
                )
                found |= {text: (value, note) for text, value, note in rows}
        return found

    def put(self, key: str, found: Mapping[str, Known]) -> None:
        """Store the values; those that are stored already stay."""
        with self._lock, self._report_errors():
            number = self._number(key)
            rows = [(number, smiles, value, note) for smiles, (value, note) in found.items()]
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                self._connection.executemany("INSERT OR IGNORE INTO scores VALUES (?, ?, ?, ?)", rows)
                self._connection.execute("COMMIT")
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def _number(self, key: str) -> int:
        if key not in self._numbers:
            versioned = f"rdkit {rdkit.__version__} {key}"
            self._connection.execute("INSERT OR IGNORE INTO scorers (key) VALUES (?)", (versioned,))
            row = self._connection.execute("SELECT id FROM scorers WHERE key = ?", (versioned,)).fetchone()
            self._numbers[key] = int(row[0])
        return self._numbers[key]

    @contextmanager
    def _report_errors(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise RunError(f"{self.path}: the score cache cannot be used: {error}") from None
