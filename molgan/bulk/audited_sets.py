"""The molecules that an audit of privacy compares: drawn at random from a training file and from a holdout."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from molgan.base.errors import InputError
from molgan.base.parallel import split_chunks
from molgan.chem.molecule import Molecule, parse
from molgan.chem.reading import read_smiles
from molgan.filters.known.reference_set import ReferenceSet
from molgan.models.canaries import Canary

FEWEST = 20
"""The fewest molecules of each side that an audit takes."""

_CHUNK = 1024  # molecules in memory at a time: each takes about 30 kB


@dataclass(frozen=True)
class AuditedSets:
    """`members` and `others`: canonical SMILES of distinct molecules of the training file and of the holdout, as many
    of one as of the other. `others` is empty without a holdout."""

    training: ReferenceSet
    holdout: ReferenceSet | None
    members: list[str]
    others: list[str]


def draw_sets(
    training: Path,
    holdout: Path | None,
    *,
    column: str | None,
    most: int,
    seed: int,
    canaries: Collection[str] = (),
    drop_overlap: bool = False,
) -> AuditedSets:
    """Draw at most `most` molecules of each file, without `canaries`.

    Raises InputError for a file with fewer than 20 molecules, and for a holdout with molecules of the training file,
    unless `drop_overlap` leaves those out.
    """
    known = ReferenceSet.load(str(training.resolve()), column)
    held_out = None if holdout is None else ReferenceSet.load(str(holdout.resolve()), column)
    others: list[str] = []
    if held_out is not None:
        twice: list[str] = []
        drawn = 0
        for chunk in split_chunks(_draw(held_out, most, seed, 1), _CHUNK):
            drawn += len(chunk)
            for molecule, found in zip(chunk, known.find(chunk), strict=True):
                (others if found is None else twice).append(str(molecule.smiles))
        if twice and not drop_overlap:
            raise InputError(
                f"{holdout}: {len(twice):,} of {drawn:,} molecules looked at are in the training file, too (such as "
                f"{twice[0]:.80}); take them out, or pass --drop-overlap, which leaves them out here"
            )
        _refuse_few(holdout, len(others), " that training does not have" if twice else "")
    wanted = len(others) if held_out is not None else most
    members = [str(each.smiles) for each in _draw(known, wanted, seed, 0, without=set(canaries))]
    _refuse_few(training, len(members), " beside the canaries" if canaries else "")
    return AuditedSets(known, held_out, members, others[: len(members)])


def read_canaries(path: Path) -> list[Canary]:
    """The canaries of a file that `molgan canaries` wrote. Raises InputError."""
    mend = "give canaries.csv of `molgan canaries`, with the columns smiles and times"
    try:
        records = list(read_smiles(path, column="smiles"))
    except InputError as error:
        raise InputError(f"--canaries: {str(error).partition(';')[0]}; {mend}") from None
    found = []
    for record in records:
        molecule, times = parse(record.smiles), record.fields.get("times", "")
        if molecule.smiles is None or not times.isdecimal():
            raise InputError(f"{path}:{record.line}: not a canary: {mend}")
        found.append(Canary(molecule.smiles, int(times)))
    if not any(each.times for each in found) or all(each.times for each in found):
        raise InputError(f"{path}: needs molecules that were planted and molecules, of 0 times, that were not")
    return found


def _draw(
    known: ReferenceSet, most: int, seed: int, side: int, without: Collection[str] = frozenset()
) -> Iterator[Molecule]:
    """At most `most` distinct valid molecules, in random order."""
    drawn: set[str] = set()
    for molecule in _read_at_random(known, np.random.default_rng([seed, side])):
        if len(drawn) == most:
            return
        if molecule.smiles is not None and molecule.smiles not in without and molecule.smiles not in drawn:
            drawn.add(molecule.smiles)
            yield molecule


def _read_at_random(known: ReferenceSet, rng: np.random.Generator) -> Iterator[Molecule]:
    for row in rng.permutation(len(known)).tolist():
        yield parse(known.smiles(row))


def _refuse_few(path: Path | None, count: int, which: str) -> None:
    if count < FEWEST:
        raise InputError(f"{path}: {count} distinct molecules{which}; an audit needs at least {FEWEST}")
