"""A file of SMILES as memory-mapped action sequences, prepared in parallel and cached by content."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from rdkit import Chem, rdBase

from molgan.base.errors import InputError
from molgan.base.files import write_folder, write_whole
from molgan.base.parallel import Processes, split_chunks
from molgan.base.progress import Progress, Silent
from molgan.chem.molecule import describe_failure
from molgan.chem.motifs import Motif, cut
from molgan.chem.reading import read_smiles
from molgan.chem.stereo import UnknownStereo
from molgan.graphs.motif.actions import (
    FIRST_ATOM,
    FIRST_MARK,
    FIRST_MOTIF,
    NotEncodable,
    Vocabulary,
    encode_with,
    spell,
)

_CHUNK = 4_000
_FORMAT = 3  # part of the cache key: raise it when the grammar changes


class Measure(Protocol):
    """Computes the properties `names` of molecules; can be sent to another process."""

    @property
    def names(self) -> tuple[str, ...]: ...

    def __call__(self, mols: Sequence[Chem.Mol]) -> np.ndarray:
        """float32 [M, names], NaN for a failure."""


@dataclass(frozen=True)
class ActionData:
    """Action sequences of the molecules of a file.

    `actions` is flat (uint16, memory-mapped); molecule i is `actions[offsets[i]:offsets[i + 1]]`. `properties` float32
    [M, names] are what a measure found, None without one.
    `summary` counts: read, kept, rejected (by reason), coverage (share of molecules without a spelled motif), atoms
    (of the largest molecule), motifs (distinct ones in the file).
    """

    vocabulary: Vocabulary
    actions: np.ndarray
    offsets: np.ndarray
    summary: dict[str, object]
    properties: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, i: int) -> np.ndarray:
        return np.asarray(self.actions[self.offsets[i] : self.offsets[i + 1]])

    @property
    def lengths(self) -> np.ndarray:
        return np.diff(self.offsets)

    @classmethod
    def load(cls, folder: Path) -> ActionData:
        return cls(
            vocabulary=Vocabulary.load(folder / "vocabulary.json"),
            actions=np.load(folder / "actions.npy", mmap_mode="r"),
            offsets=np.load(folder / "offsets.npy"),
            summary=json.loads((folder / "summary.json").read_text()),
            properties=np.load(folder / "properties.npy", mmap_mode="r")
            if (folder / "properties.npy").exists()
            else None,
        )


def prepare(
    path: Path,
    cache: Path,
    *,
    column: str | None = None,
    least_count: int = 20,
    vocabulary: Vocabulary | None = None,
    measure: Measure | None = None,
    processes: int = 1,
    progress: Progress | None = None,
) -> ActionData:
    """Encode every molecule of a SMILES file; a second call with the same content and options reads the cache.

    Molecules that cannot be encoded are counted by reason in `summary`. Memory stays bounded by the motif table. When
    interrupted it goes on at the last chunk.

    Args:
        path: File that `read_smiles` reads.
        cache: Folder of prepared data.
        column: Name of the SMILES column; None finds it by its name.
        least_count: Occurrences in the file that give a motif an action of its own; rarer motifs are spelled.
        vocabulary: Actions to keep; new motifs are appended to it.
        measure: Computes properties of the molecules; None computes none.
        processes: Number of processes, 1 for this process alone.
        progress: Receiver of the progress; None shows nothing.

    Raises:
        InputError: No molecule of the file can be encoded.
        RunError: A process died.
    """
    progress = progress or Silent()
    folder = cache / name_prepared(path, column, least_count, vocabulary, measure)
    if not (folder / "summary.json").exists():
        with write_folder(folder) as new:
            _prepare(path, new, column, least_count, vocabulary, measure, processes, progress)
    data = ActionData.load(folder)
    if not len(data):
        raise InputError(f"{path}: no molecule of the file can be encoded: {data.summary['rejected']}")
    return data


def name_prepared(
    path: Path, column: str | None, least_count: int, vocabulary: Vocabulary | None, measure: Measure | None
) -> str:
    """The name of the folder that `prepare` makes in the cache."""
    digest = hashlib.blake2b(digest_size=12)
    with path.open("rb") as handle:
        while block := handle.read(1 << 20):
            digest.update(block)
    options = (_FORMAT, column, least_count, vocabulary and vocabulary.to_json(), measure and measure.names)
    digest.update(repr(options).encode())
    return f"actions-{digest.hexdigest()}"


@dataclass
class _Chunk:
    """The result of one worker: actions whose motifs are numbered by the chunk's own list."""

    actions: np.ndarray
    lengths: np.ndarray
    motifs: list[str]
    rejected: Counter[str]
    most_atoms: int
    properties: np.ndarray | None

    def save(self, path: Path) -> None:
        found: dict[str, Any] = {} if self.properties is None else {"properties": self.properties}
        texts = json.dumps([self.motifs, self.rejected, self.most_atoms])
        with write_whole(path) as file:
            np.savez(file, actions=self.actions, lengths=self.lengths, texts=np.array(texts), **found)

    @classmethod
    def load(cls, path: Path) -> _Chunk:
        with np.load(path, allow_pickle=False) as file:
            motifs, rejected, most_atoms = json.loads(str(file["texts"]))
            actions, lengths, properties = (file.get(name) for name in ("actions", "lengths", "properties"))
            return cls(actions, lengths, motifs, Counter(rejected), most_atoms, properties)


def _prepare(
    path: Path,
    folder: Path,
    column: str | None,
    least_count: int,
    vocabulary: Vocabulary | None,
    measure: Measure | None,
    processes: int,
    progress: Progress,
) -> None:
    rejected: Counter[str] = Counter()
    number: dict[str, int] = {}  # motif → its number in the file, in order of appearance
    seen: Counter[int] = Counter()
    read = most_atoms = 0
    lengths: list[np.ndarray] = []
    properties: list[np.ndarray] = []

    def note_bad_row(line: int, reason: str) -> None:
        rejected[reason] += 1

    progress.start("encode")
    raw = folder / "raw.bin"
    start = vocabulary or Vocabulary(())
    stereo = start.stereo
    records = (record.smiles for record in read_smiles(path, column=column, on_bad=note_bad_row))
    parts = folder.with_name(folder.name.removesuffix(".new") + ".parts")
    parts.mkdir(exist_ok=True)
    encode_part = partial(_encode_part, parts, measure)
    with raw.open("wb") as out, Processes(encode_part, processes) as workers:
        # In the order of the chunks, so that the numbering of motifs does not depend on timing.
        for chunk in workers.map(enumerate(split_chunks(records, _CHUNK))):
            table = np.array([number.setdefault(smiles, len(number)) for smiles in chunk.motifs], dtype=np.int32)
            actions = chunk.actions
            is_motif = actions >= FIRST_MOTIF
            actions[is_motif] = FIRST_MOTIF + table[actions[is_motif] - FIRST_MOTIF]
            seen.update(Counter((actions[is_motif] - FIRST_MOTIF).tolist()))
            actions.tofile(out)
            stereo = stereo or bool(((actions >= FIRST_MARK) & (actions < FIRST_ATOM)).any())
            lengths.append(chunk.lengths)
            if chunk.properties is not None:
                properties.append(chunk.properties)
            rejected.update(chunk.rejected)
            read += len(chunk.lengths) + sum(chunk.rejected.values())
            most_atoms = max(most_atoms, chunk.most_atoms)
            progress.advance("encode", len(chunk.lengths) + sum(chunk.rejected.values()))
    progress.finish("encode")

    names = list(number)
    frequent = (i for i, n in seen.items() if n >= least_count and names[i] not in start.index)
    new = sorted(frequent, key=lambda i: (-seen[i], names[i]))
    vocabulary = Vocabulary((*start.motifs, *(names[i] for i in new)), stereo)
    counted = np.concatenate(lengths) if lengths else np.zeros(0, int)
    flat, offsets, rows, spelled, unknown = _renumber(raw, counted, names, vocabulary)
    raw.unlink()
    rejected.update(unknown)
    np.save(folder / "actions.npy", flat)
    np.save(folder / "offsets.npy", offsets)
    if properties:
        np.save(folder / "properties.npy", np.concatenate(properties)[rows])
    (folder / "vocabulary.json").write_text(vocabulary.to_json())
    kept = len(offsets) - 1
    summary = {
        "read": read,
        "kept": kept,
        "rejected": dict(rejected.most_common()),
        "coverage": 1 - spelled / kept if kept else float("nan"),
        "atoms": most_atoms,
        "motifs": len(names),
    }
    (folder / "summary.json").write_text(json.dumps(summary, indent=1))
    shutil.rmtree(parts)


def _renumber(
    raw: Path, lengths: np.ndarray, names: list[str], vocabulary: Vocabulary
) -> tuple[np.ndarray, np.ndarray, np.ndarray, int, Counter[str]]:
    """Translate the file's motif numbers to the vocabulary's, with rare motifs spelled: the actions, the offsets of the
    molecules, the rows of these among `lengths`, the number of molecules with a spelled motif, and the molecules that
    cannot be spelled by reason."""
    unknown: Counter[str] = Counter()
    table = np.arange(FIRST_MOTIF + len(names), dtype=np.int64)
    spelling: dict[int, list[int] | str] = {}
    for i, smiles in enumerate(names):
        action = vocabulary.index.get(smiles)
        if action is None:
            try:
                spelling[FIRST_MOTIF + i] = spell(smiles)
            except NotEncodable as error:
                spelling[FIRST_MOTIF + i] = str(error)
            action = -1
        table[FIRST_MOTIF + i] = action
    source = np.memmap(raw, dtype=np.int32, mode="r") if raw.stat().st_size else np.zeros(0, np.int32)
    starts = np.concatenate([[0], np.cumsum(lengths)])
    parts: list[np.ndarray] = []
    kept: list[int] = []
    rows: list[int] = []
    spelled = 0
    for i in range(len(lengths)):
        actions = source[starts[i] : starts[i + 1]]
        known = table[actions]
        if known.min() < 0:
            spelled += 1
            pieces = [spelling.get(int(a), [int(k)]) for a, k in zip(actions, known, strict=True)]
            reasons = [piece for piece in pieces if isinstance(piece, str)]
            if reasons:
                spelled -= 1
                unknown[reasons[0]] += 1
                continue
            known = np.array([a for piece in pieces for a in piece])
        parts.append(known.astype(np.uint16))
        kept.append(len(known))
        rows.append(i)
    flat = np.concatenate(parts) if parts else np.zeros(0, np.uint16)
    offsets = np.concatenate([[0], np.cumsum(np.array(kept, dtype=np.int64))])
    return flat, offsets, np.array(rows, dtype=np.int64), spelled, unknown


def _encode_part(parts: Path, measure: Measure | None, job: tuple[int, Sequence[str]]) -> _Chunk:
    """A chunk by its number, read from disk where an interrupted run has left it."""
    number, smiles = job
    path = parts / f"{number:06d}.npz"
    if path.exists():
        return _Chunk.load(path)
    chunk = _encode_chunk(smiles, measure)
    chunk.save(path)
    return chunk


def _encode_chunk(smiles: Sequence[str], measure: Measure | None = None) -> _Chunk:
    rdBase.DisableLog("rdApp.*")
    number: dict[str, int] = {}

    def action_of(motif: str) -> int:
        return number.setdefault(motif, FIRST_MOTIF + len(number))

    rejected: Counter[str] = Counter()
    sequences: list[list[int]] = []
    mols: list[Chem.Mol] = []
    most_atoms = 0
    for text in smiles:
        try:
            mol = _molecule(text)
            sequences.append(encode_with(_tree(mol), action_of))
        except NotEncodable as error:
            rejected[str(error)] += 1
        except Exception as error:  # RDKit's broken invariants arrive as RuntimeError, ValueError and others
            rejected[describe_failure(error)] += 1
        else:
            most_atoms = max(most_atoms, mol.GetNumAtoms())
            mols.append(mol)
    lengths = np.array([len(s) for s in sequences], dtype=np.int64)
    flat = np.array([a for s in sequences for a in s], dtype=np.int32)
    properties = None if measure is None else measure(mols)
    return _Chunk(flat, lengths, list(number), rejected, most_atoms, properties)


def read_tree(smiles: str) -> Motif:
    """The canonical motif tree of a SMILES. Raises NotEncodable with the reason."""
    return _tree(_molecule(smiles))


def prepare_reading(setup: None) -> Callable[[str], Motif]:
    """`read_tree` for `find_delay`."""
    return read_tree


def _tree(mol: Chem.Mol) -> Motif:
    try:
        return cut(mol)
    except UnknownStereo as error:
        raise NotEncodable(str(error)) from None


def _molecule(smiles: str) -> Chem.Mol:
    mol = Chem.MolFromSmiles(smiles)
    if mol is None or not mol.GetNumAtoms():
        raise NotEncodable("not a molecule")
    if "." in smiles:
        raise NotEncodable("more than one fragment")
    if "[" in smiles and any(a.GetIsotope() or a.GetNumRadicalElectrons() for a in mol.GetAtoms()):
        raise NotEncodable("isotope or radical")
    return mol
