"""Plants canaries in a file of training data."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from molgan.base.files import write_files
from molgan.chem.molecule import Molecule
from molgan.chem.reading import read_smiles
from molgan.filters.known.reference_set import ReferenceSet
from molgan.models.canaries import draw_canaries


def plant(
    file: Path,
    folder: Path,
    *,
    column: str | None,
    number: int,
    times: Sequence[int],
    references: int,
    weights: str | Path,
    seed: int,
) -> int:
    """Write train.smi, the molecules of a file and the canaries behind them, and canaries.csv (smiles, times), in
    `folder`; returns the rows of the first.

    Arguments as `draw_canaries`; raises as it does, InputError for a file that cannot be used, RunError for a folder
    that cannot be written.
    """
    known = ReferenceSet.load(str(file.resolve()), column)

    def is_known(molecules: Sequence[Molecule]) -> list[bool]:
        return [found is not None for found in known.find(molecules)]

    canaries = draw_canaries(weights, number, times=times, references=references, seed=seed, is_known=is_known)
    rows = 0

    def lines() -> Iterator[bytes]:
        nonlocal rows
        for record in read_smiles(file, column=column):
            rows += 1
            yield f"{record.smiles}\n".encode()
        for canary in canaries:
            rows += canary.times
            yield f"{canary.smiles}\n".encode() * canary.times

    table = ["smiles,times\n", *(f"{canary.smiles},{canary.times}\n" for canary in canaries)]
    write_files(folder, {"train.smi": lines(), "canaries.csv": [line.encode() for line in table]})
    return rows
