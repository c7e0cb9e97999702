"""Chooses pairs of molecules that have a key in common, a bounded number of each molecule and of each scaffold."""

from __future__ import annotations

import numpy as np

from molgan.base.progress import Progress
from molgan.graphs.motif.settings import PairSettings

SAME_SCAFFOLD, MATCHED = 1, 2
"""What the molecules of a pair have in common; a pair may have both."""

_ROUNDS = 3  # random orders of the molecules of a scaffold; each gives a molecule up to two neighbours
_BLOCK = 200_000


def choose_pairs(
    *,
    scaffold: np.ndarray,
    owner: np.ndarray,
    constant: np.ndarray,
    fingerprints: np.ndarray,
    settings: PairSettings,
    rng: np.random.Generator,
    progress: Progress,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, dict[str, int]]:
    """Choose pairs.

    Args:
        scaffold: The key of the scaffold of each of M molecules, 0 for none, uint64 [M].
        owner: The molecule of each of C cuts, [C].
        constant: The key of what stays in each cut, uint64 [C].
        fingerprints: uint8 [M, bytes].
        settings: Which pairs are kept.
        rng: Source of the random order.
        progress: Shows the progress.

    Returns:
        Pairs int64 [P, 2], the lower number first, in random order; their similarities float64 [P]; their kinds uint8
        [P]; and counts: candidates, pairs, same_scaffold, matched, paired, scaffolds.
    """
    progress.start("pairs")
    matched = _find_neighbours(constant, owner, settings.a_scaffold, rng)
    with_scaffold = np.flatnonzero(scaffold)
    orders = [
        _find_neighbours(
            scaffold[with_scaffold],
            with_scaffold,
            settings.a_scaffold,
            rng,
            _sort_alike(fingerprints, with_scaffold, rng),
        )
        for _ in range(_ROUNDS)
    ]
    found = np.concatenate([matched, *orders])
    codes, first = np.unique(found[:, 0] * len(scaffold) + found[:, 1], return_index=True)
    is_matched = first < len(matched)  # of equal ones the first counts
    candidates = np.stack([codes // len(scaffold), codes % len(scaffold)], axis=1)
    del matched, orders, found, codes, first
    similarity = measure_similarity(fingerprints, candidates)
    fits = (similarity >= settings.lowest) & (similarity <= settings.highest)
    count = len(candidates)
    candidates, similarity, is_matched = candidates[fits], similarity[fits], is_matched[fits]
    progress.advance("pairs", len(candidates))
    order = rng.permutation(len(candidates))
    kept = order[_keep_some(candidates[order], scaffold, settings)]
    rows = candidates[kept]
    same = (scaffold[rows[:, 0]] == scaffold[rows[:, 1]]) & (scaffold[rows[:, 0]] != 0)
    kind = same * SAME_SCAFFOLD + is_matched[kept] * MATCHED
    progress.finish("pairs")
    counts = {
        "candidates": count,
        "pairs": len(rows),
        "same_scaffold": int(same.sum()),
        "matched": int(is_matched[kept].sum()),
        "paired": len(np.unique(rows)),
        "scaffolds": len(np.unique(scaffold[np.unique(rows)])),
    }
    return rows, similarity[kept], kind.astype(np.uint8), counts


def _find_neighbours(
    keys: np.ndarray, molecules: np.ndarray, most: int, rng: np.random.Generator, order_by: np.ndarray | None = None
) -> np.ndarray:
    """Pairs of molecules next to each other among those with the same key, in random order or in that of `order_by`,
    at most `most` for a key, [N, 2], the lower number first."""
    shuffled = rng.permutation(len(keys))
    order = shuffled if order_by is None else shuffled[np.argsort(order_by[shuffled], kind="stable")]
    order = order[np.argsort(keys[order], kind="stable")]
    keys, molecules = keys[order], molecules[order]
    same = keys[1:] == keys[:-1]
    starts = np.flatnonzero(np.concatenate([[True], ~same])) if len(keys) else np.zeros(0, np.int64)
    sizes = np.diff(np.append(starts, len(keys)))
    # A part of a large group, that begins anywhere in it.
    offset = np.repeat(rng.integers(0, np.maximum(sizes - most, 1)), sizes)
    rank = np.arange(len(keys)) - np.repeat(starts, sizes) - offset
    at = np.flatnonzero(same & (rank[:-1] >= 0) & (rank[:-1] < most) & (molecules[1:] != molecules[:-1]))
    return np.sort(np.stack([molecules[at], molecules[at + 1]], axis=1).astype(np.int64), axis=1)


def _sort_alike(fingerprints: np.ndarray, rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A number for each molecule, equal for those whose first bit in a random order is the same (min-wise hashing,
    Broder 1997): two molecules have one with the probability of their Tanimoto similarity."""
    order = rng.permutation(fingerprints.shape[1])
    # Eight bits at a time: the first byte in the order that has a bit, and its lowest bit.
    found = np.zeros(len(rows), dtype=np.int64)
    open_rows = np.arange(len(rows))
    for byte in order.tolist():
        values = fingerprints[rows[open_rows], byte]
        has = values != 0
        lowest = (values & -values.astype(np.int16)).astype(np.int64)
        found[open_rows[has]] = byte * 256 + lowest[has]
        open_rows = open_rows[~has]
        if not len(open_rows):
            break
    return found


def measure_similarity(fingerprints: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """Tanimoto similarities of pairs [N, 2] of fingerprints uint8 [M, bytes], float64 [N]; 0 between two without a
    bit."""
    words = fingerprints.view(np.uint64)
    counts = np.concatenate(
        [
            np.bitwise_count(words[start : start + _BLOCK]).sum(1, dtype=np.int64)
            for start in range(0, max(len(words), 1), _BLOCK)
        ]
    )
    parts = [np.zeros(0)]
    for start in range(0, len(pairs), _BLOCK):
        one, other = pairs[start : start + _BLOCK].T
        common = np.bitwise_count(words[one] & words[other]).sum(1, dtype=np.int64)
        parts.append(common / np.maximum(counts[one] + counts[other] - common, 1))
    return np.concatenate(parts)


def _keep_some(pairs: np.ndarray, scaffold: np.ndarray, settings: PairSettings) -> np.ndarray:
    """The indices of the pairs that are kept, in order: a pair is, while its molecules and their scaffolds have fewer
    than they may have."""
    _, number = np.unique(scaffold, return_inverse=True)
    of_scaffold = number.tolist()
    molecules, scaffolds = [0] * len(scaffold), [0] * (max(of_scaffold, default=0) + 1)
    bounded = scaffold != 0
    kept = []
    for i, (one, other) in enumerate(pairs.tolist()):
        if molecules[one] >= settings.a_molecule or molecules[other] >= settings.a_molecule:
            continue
        owners = {of_scaffold[each] for each in (one, other) if bounded[each]}
        if any(scaffolds[owner] >= settings.a_scaffold for owner in owners):
            continue
        molecules[one] += 1
        molecules[other] += 1
        for owner in owners:
            scaffolds[owner] += 1
        kept.append(i)
    return np.array(kept, dtype=np.int64)
