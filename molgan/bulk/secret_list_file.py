"""Makes the secret list of the molecules of a file of any length."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from molgan.base.errors import InputError
from molgan.base.parallel import Processes
from molgan.base.progress import Progress, Silent
from molgan.chem.molecule import parse_all
from molgan.chem.reading import Record
from molgan.filters.known.identity import Sameness
from molgan.filters.known.secret_list import SecretList
from molgan.filters.stages.structure import Distinct


@dataclass(frozen=True, slots=True)
class _Chunk:
    """The forms of the molecules of some rows, and (line, reason) of those that cannot be used."""

    forms: list[str]
    bad: list[tuple[int, str]]


def make_secret_list(
    chunks: Iterable[Sequence[Record]],
    same: Sameness,
    key: bytes,
    *,
    on_bad: Callable[[int, str], None] = lambda line, reason: None,
    processes: int = 1,
    progress: Progress | None = None,
) -> tuple[SecretList, int]:
    """The secret list of the molecules of records, and how many distinct ones it has.

    Args:
        chunks: The records, some at a time.
        same: The differences that are ignored.
        key: The key of the list.
        on_bad: Gets line and reason of each row that is no molecule.
        processes: Processes on this machine; the list is the same.
        progress: Shows the progress.

    Raises:
        InputError: No row is a molecule.
        RunError: A process died.
    """
    progress = progress or Silent()
    forms: set[str] = set()
    progress.start("secret list")
    for chunk, size in _identify_all(chunks, same, processes):
        forms.update(chunk.forms)
        for line, reason in chunk.bad:
            on_bad(line, reason)
        progress.advance("secret list", size)
    progress.finish("secret list")
    if not forms:
        raise InputError("none of the rows is a molecule: there is nothing to list")
    return SecretList.of(forms, same, key), len(forms)


def _identify_all(chunks: Iterable[Sequence[Record]], same: Sameness, processes: int) -> Iterator[tuple[_Chunk, int]]:
    sizes: list[int] = []

    def count() -> Iterator[Sequence[Record]]:
        for chunk in chunks:
            sizes.append(len(chunk))
            yield chunk

    with Processes(partial(_identify, same), processes) as workers:
        for i, chunk in enumerate(workers.map(count())):
            yield chunk, sizes[i]


def _identify(same: Sameness, records: Sequence[Record]) -> _Chunk:
    distinct = Distinct(ignore_stereo=same.stereo, ignore_salts=same.salts, ignore_tautomers=same.tautomers)
    usable = [record for record in records if record.reason is None]
    found = _Chunk([], [])
    for record, molecule in zip(usable, parse_all([record.smiles for record in usable]), strict=True):
        if (reason := molecule.reason or distinct.find_delay(molecule)) is None:
            found.forms.append(same.identify(molecule))
        else:
            found.bad.append((record.line, reason))
    return found
