"""Sets of known molecules, loaded fast and compactly: a file of 1.6 million takes seconds, then is cached on disk."""

import hashlib
import os
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from importlib.resources import files
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from molgan.base import cache_folder as cache
from molgan.base.errors import ConfigError, InputError
from molgan.base.remote_files import fetch, is_url
from molgan.chem.molecule import ELEMENTS, Molecule, parse
from molgan.chem.reading import read_smiles
from molgan.chem.shipped_sets import REFERENCES
from molgan.filters.known.array_cache import recall, remember
from molgan.filters.known.identity import Sameness
from molgan.filters.known.skeleton import compute_keys
from molgan.scoring.parameters import make_name_error

# Raise it when the keys of skeleton.py change.
_KIND = "references-v1"
_ROW = np.dtype([("key", "<u8"), ("start", "<u8"), ("length", "<u4")])
_CHUNK = 20_000
_BRACKETED = re.compile(r"\[\d*([A-Z][a-z]?)")
EXACT = Sameness()


class ReferenceSet:
    """Known molecules as written in their file, found by skeleton key and compared exactly only when keys agree.

    Rows are not validated; an invalid SMILES equals no molecule.
    """

    def __init__(
        self,
        name: str,
        rows: NDArray[np.void],
        text: NDArray[np.uint8],
        digest: str,
        same: Sameness,
    ) -> None:
        """Use `ReferenceSet.load`, which reads a file or the cache.

        Args:
            name: Name of the set in reasons.
            rows: Key, and start and length of the SMILES in `text`, [n], in ascending order of keys.
            text: All SMILES, one after the other, as bytes.
            digest: Hash of the content, for what else is cached about the set.
            same: Differences that are ignored when a molecule is compared with the set.
        """
        self.name = name
        self.digest = digest
        self._same = same
        self._rows = rows
        self._text = text
        self._keys = np.ascontiguousarray(rows["key"])

    @classmethod
    def load(cls, reference: str, column: str | None = None, same: Sameness = EXACT) -> "ReferenceSet":
        """Load a shipped set by its name, or a file that `read_smiles` reads, or its cache entry if it was read before.

        Raises ConfigError when neither exists, InputError when the file cannot be used.
        """
        path = locate(reference)
        column = None if reference in REFERENCES else column
        digest = _hash_file(path, column)
        return cls(path.name.partition(".")[0], *_load(path, column, digest, same), digest, same)

    @classmethod
    def load_all(
        cls, references: Sequence[str], column: str | None = None, same: Sameness = EXACT
    ) -> list["ReferenceSet"]:
        """A set for each file and each name of a shipped set, in order, and one of all that are SMILES, at the end."""
        smiles = [text for text in references if _is_smiles(text)]
        sets = [cls.load(text, column, same) for text in references if not _is_smiles(text)]
        if smiles:
            digest = hashlib.sha256("\n".join(smiles).encode()).hexdigest()[:32]
            sets.append(cls("references", *_index(smiles, same), digest, same))
        return sets

    def __len__(self) -> int:
        return len(self._rows)

    def smiles(self, row: int) -> str:
        """The SMILES of a row, as written. Rows are in no meaningful order."""
        start, length = int(self._rows["start"][row]), int(self._rows["length"][row])
        return bytes(self._text[start : start + length]).decode()

    def sample_rows(self, most: int | None) -> list[int]:
        """At most `most` rows, spread evenly over the set; all when `most` is None."""
        count = min(len(self), most or len(self))
        rows: list[int] = (np.arange(count, dtype=np.int64) * len(self) // max(count, 1)).tolist()
        return rows

    def find(self, molecules: Sequence[Molecule]) -> list[str | None]:
        """The SMILES of an equal reference as written there, or None, for each valid molecule."""
        keys = compute_keys([str(self._same.find_parent(molecule).smiles) for molecule in molecules])
        first, last = (np.searchsorted(self._keys, keys, side) for side in ("left", "right"))
        found: list[str | None] = [None] * len(molecules)
        for i in np.flatnonzero(first < last).tolist():
            wanted = self._same.identify(molecules[i])
            candidates = [self.smiles(row) for row in range(first[i], last[i])]
            # Most references are written as RDKit would write them: compare the text before parsing any.
            if wanted in candidates:
                found[i] = wanted
            else:
                found[i] = next((text for text in candidates if _identify(text, self._same) == wanted), None)
        return found


def locate(reference: str, folder: Path | None = None) -> Path:
    """The file of a shipped set by its name, or of a path in `folder`, else in the working folder, or the copy of
    a file on storage.

    Raises ConfigError when there is no such set or file, StorageError where storage fails.
    """
    if is_url(reference):
        try:
            return fetch(reference)
        except InputError as error:
            raise ConfigError(str(error)) from None
    if reference in REFERENCES:
        return Path(str(files("molgan") / "data" / f"{reference}.csv.gz"))
    for path in (folder / reference if folder else Path(reference), Path(reference)):
        if os.path.isfile(path):  # False, too, for a SMILES that is longer than the name of a file may be
            return path.resolve()
    if "." in reference or "/" in reference:
        raise ConfigError(f"{reference}: no such file")
    raise make_name_error("reference set", reference, REFERENCES)


def find_reference(reference: str, folder: Path | None = None) -> str:
    """A shipped set's name or a SMILES as it is, else the path of a file, found as by `locate`.

    Raises ConfigError where it is none of these.
    """
    if reference in REFERENCES:
        return reference
    try:
        return str(locate(reference, folder))
    except ConfigError:
        if _is_smiles(reference):
            return reference
        raise


@lru_cache(maxsize=100_000)
def _is_smiles(reference: str) -> bool:
    """Whether a reference is a molecule itself. A file that has such a name, `CCO`, counts as a file by its path."""
    return reference not in REFERENCES and not os.path.isabs(reference) and parse(reference).valid


@lru_cache(maxsize=100_000)
def _identify(smiles: str, same: Sameness) -> str | None:
    molecule = parse(smiles)
    return same.identify(molecule) if molecule.valid else None


def _strip_salts(smiles: str, same: Sameness) -> str:
    """The SMILES that a key is made from. Keys contain neither charges nor hydrogens, so salts matter only where they
    add atoms: in mixtures and with metals."""
    if "." not in smiles and ELEMENTS.issuperset(_BRACKETED.findall(smiles)):
        return smiles
    return same.find_parent(parse(smiles)).smiles or smiles


def _hash_file(path: Path, column: str | None) -> str:
    """A hash of a file's content, its name, which decides how it is read, and the column."""
    try:
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256")
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from None
    digest.update(f"\n{path.name}\n{column}".encode())
    return digest.hexdigest()[:32]


def _load(path: Path, column: str | None, key: str, same: Sameness) -> tuple[NDArray[np.void], NDArray[np.uint8]]:
    key += "-salts-v2" if same.salts else ""
    rows_at, text_at = (cache.entry(_KIND, key, suffix) for suffix in (".rows.npy", ".text.npy"))
    rows, text = recall(rows_at), recall(text_at)
    if rows is None or text is None:
        rows, text = _index((record.smiles for record in read_smiles(path, column=column)), same)
        remember(text_at, text)
        remember(rows_at, rows)
    return rows, text


def _index(smiles: Iterable[str], same: Sameness) -> tuple[NDArray[np.void], NDArray[np.uint8]]:
    """Rows (key, start, length) that ascend by key, and the text that they point into."""
    iterator = iter(smiles)
    keys, lengths, texts = [], [], []
    while chunk := list(islice(iterator, _CHUNK)):
        encoded = [line.encode(errors="replace") for line in chunk]
        keys.append(compute_keys([_strip_salts(line, same) for line in chunk] if same.salts else chunk))
        lengths.append(np.array([len(line) for line in encoded], np.uint32))
        texts.append(b"".join(encoded))
    rows = np.zeros(sum(map(len, keys)), _ROW)
    if len(rows):
        rows["key"], rows["length"] = np.concatenate(keys), np.concatenate(lengths)
        rows["start"] = np.cumsum(rows["length"], dtype=np.uint64) - rows["length"]
    return rows[np.argsort(rows["key"], kind="stable")], np.frombuffer(b"".join(texts), np.uint8)
