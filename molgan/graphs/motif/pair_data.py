"""Pairs of similar molecules of encoded data, found in parallel and cached by content."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from rdkit import Chem, rdBase
from rdkit.DataStructs import BitVectToBinaryText

from molgan.base.content import hash_file
from molgan.base.errors import InputError
from molgan.base.files import write_folder, write_whole
from molgan.base.parallel import Processes
from molgan.base.progress import Progress, Silent
from molgan.chem.fingerprints import ecfp
from molgan.chem.motifs import Motif, write
from molgan.chem.reading import read_smiles
from molgan.graphs.motif.actions import NotEncodable, Vocabulary, decode
from molgan.graphs.motif.flat_tree import FlatTree
from molgan.graphs.motif.motif_data import ActionData, read_tree
from molgan.graphs.motif.pair_choice import choose_pairs
from molgan.graphs.motif.settings import PairSettings

_CHUNK = 4_000
_FORMAT = 1  # part of the cache key: raise it when other pairs are found


@dataclass(frozen=True)
class PairData:
    """P pairs of molecules of an `ActionData`.

    `rows` int32 [P, 2] are their numbers there, each pair once; `similarity` float16 [P] is the Tanimoto similarity of
    ECFP4, `kind` uint8 [P] what they have in common: `pair_choice.SAME_SCAFFOLD`, `MATCHED` (by a single cut) or both.
    All are memory-mapped. `summary` counts: molecules, held_out, cuts, candidates, pairs, same_scaffold, matched,
    paired (molecules with a pair) and scaffolds.
    """

    rows: np.ndarray
    similarity: np.ndarray
    kind: np.ndarray
    summary: dict[str, int]

    def __len__(self) -> int:
        return len(self.rows)

    @classmethod
    def load(cls, folder: Path) -> PairData:
        rows, similarity, kind = (
            np.load(folder / f"{name}.npy", mmap_mode="r") for name in ("rows", "similarity", "kind")
        )
        return cls(rows, similarity, kind, json.loads((folder / "summary.json").read_text()))


def prepare_pairs(
    data: ActionData,
    cache: Path,
    settings: PairSettings,
    *,
    seed: int = 0,
    processes: int = 1,
    progress: Progress | None = None,
) -> PairData:
    """Find pairs of similar molecules; a second call with the same content and settings reads the cache.

    Each molecule is described once: keys of its scaffold and of what each single cut leaves (`FlatTree`), and its
    fingerprint. Molecules with a key in common are candidates, some for each molecule and in random order, so that time
    grows with the number of molecules and not with its square. When interrupted it goes on at the last chunk.

    Args:
        data: Encoded molecules.
        cache: Folder of prepared data.
        settings: Which pairs are kept.
        seed: Seed of the random choice.
        processes: Number of processes, 1 for this process alone.
        progress: Receiver of the progress; None shows nothing.

    Raises:
        InputError: There is no such pair.
        RunError: A process died.
    """
    progress = progress or Silent()
    folder = cache / _cache_key(data, settings, seed)
    if not (folder / "summary.json").exists():
        parts = folder.with_name(f"{folder.name}.parts")
        with write_folder(folder) as new:
            _prepare(data, new, parts, settings, seed, processes, progress)
        shutil.rmtree(parts, ignore_errors=True)
    pairs = PairData.load(folder)
    if not len(pairs):
        raise InputError("no two molecules of the data are a pair: widen `pairs`, or give data with analogues")
    return pairs


def _cache_key(data: ActionData, settings: PairSettings, seed: int) -> str:
    digest = hashlib.blake2b(digest_size=12)
    digest.update(np.ascontiguousarray(data.actions).tobytes() + data.offsets.tobytes())
    held_out = [hash_file(path) for path in settings.held_out]
    options = (_FORMAT, settings.model_dump_json(exclude={"held_out"}), held_out, seed, data.vocabulary.to_json())
    digest.update(repr(options).encode())
    return f"pairs-{digest.hexdigest()}"


class Description(NamedTuple):
    """What is known of n molecules: keys of the whole molecule and of its scaffold uint64 [n], fingerprints in 256
    bytes uint8 [n, 256], and of their cuts the molecule int32 [c] and the key of what stays uint64 [c]."""

    whole: np.ndarray
    scaffold: np.ndarray
    fingerprints: np.ndarray
    owner: np.ndarray
    constant: np.ndarray


def _prepare(
    data: ActionData,
    folder: Path,
    parts: Path,
    settings: PairSettings,
    seed: int,
    processes: int,
    progress: Progress,
) -> None:
    parts.mkdir(exist_ok=True)
    held_out = _read_held_out(settings.held_out, progress)
    found: list[Description] = []
    progress.start("describe", len(data))
    work = partial(_describe_part, parts, data.vocabulary, settings.variable)
    with Processes(work, processes) as workers:
        for part in workers.map(_list_jobs(data)):
            found.append(part)
            progress.advance("describe", len(part.whole))
    progress.finish("describe")
    whole = np.concatenate([part.whole for part in found])
    starts = np.cumsum([0, *(len(part.whole) for part in found)])
    owner = np.concatenate([part.owner + start for part, start in zip(found, starts[:-1], strict=True)])
    known = np.isin(whole, held_out)
    rows, similarity, kind, counts = choose_pairs(
        scaffold=np.where(known, 0, np.concatenate([part.scaffold for part in found])),
        owner=owner[~known[owner]],
        constant=np.concatenate([part.constant for part in found])[~known[owner]],
        fingerprints=np.concatenate([part.fingerprints for part in found]),
        settings=settings,
        rng=np.random.default_rng(seed),
        progress=progress,
    )
    np.save(folder / "rows.npy", rows.astype(np.int32))
    np.save(folder / "similarity.npy", similarity.astype(np.float16))
    np.save(folder / "kind.npy", kind.astype(np.uint8))
    summary = {"molecules": len(data), "held_out": int(known.sum()), "cuts": len(owner), **counts}
    (folder / "summary.json").write_text(json.dumps(summary, indent=1))


def _list_jobs(data: ActionData) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """The number of each chunk, its actions, and the lengths of its molecules."""
    for number, start in enumerate(range(0, len(data), _CHUNK)):
        end = min(start + _CHUNK, len(data))
        yield number, np.asarray(data.actions[data.offsets[start] : data.offsets[end]]), data.lengths[start:end]


def _describe_part(
    parts: Path, vocabulary: Vocabulary, most: int, job: tuple[int, np.ndarray, np.ndarray]
) -> Description:
    """A chunk by its number, read from disk where an interrupted run has left it."""
    number, actions, lengths = job
    path = parts / f"{number:06d}.npz"
    if path.exists():
        with np.load(path, allow_pickle=False) as file:
            return Description(*(file[name] for name in Description._fields))
    ends = np.cumsum(lengths)
    trees = [decode(actions[end - n : end].tolist(), vocabulary) for end, n in zip(ends, lengths, strict=True)]
    found = describe_trees(trees, most)
    with write_whole(path) as file:
        np.savez(file, **found._asdict())
    return found


def describe_trees(trees: Sequence[Motif], most: int) -> Description:
    """Describe molecules by their trees; what varies in a cut has at most `most` heavy atoms. The molecules of which
    RDKit makes no fingerprint have one without bits, and no keys, so that no pair has them."""
    rdBase.DisableLog("rdApp.*")
    whole, scaffold, owner, constant, bits = [], [], [], [], []
    for number, tree in enumerate(trees):
        mol = Chem.MolFromSmiles(write(_drop_marks(tree)))
        if mol is None:
            whole.append(0)
            scaffold.append(0)
            bits.append(bytes(256))
            continue
        flat = FlatTree(tree)
        whole.append(flat.whole)
        scaffold.append(flat.scaffold)
        bits.append(BitVectToBinaryText(ecfp([mol])[0]))
        cuts = {cut.constant for cut in flat.cuts(most)}
        owner.extend([number] * len(cuts))
        constant.extend(sorted(cuts))
    return Description(
        np.array(whole, dtype=np.uint64),
        np.array(scaffold, dtype=np.uint64),
        np.frombuffer(b"".join(bits), dtype=np.uint8).reshape(-1, 256),
        np.array(owner, dtype=np.int32),
        np.array(constant, dtype=np.uint64),
    )


def _drop_marks(tree: Motif) -> Motif:
    """The tree without stereo, which fingerprints do not have."""
    return Motif(tree.smiles, tuple((site, _drop_marks(child)) for site, child in tree.children))


def _read_held_out(paths: Sequence[Path], progress: Progress) -> np.ndarray:
    """The keys of the molecules of files; those that cannot be encoded are not in the data either."""
    keys: set[int] = set()
    for path in paths:
        progress.start("held out")
        for record in read_smiles(path):
            try:
                with rdBase.BlockLogs():
                    keys.add(FlatTree(read_tree(record.smiles)).whole)
            except (NotEncodable, RuntimeError, ValueError):
                pass
            progress.advance("held out")
        progress.finish("held out")
    return np.array(sorted(keys), dtype=np.uint64)
