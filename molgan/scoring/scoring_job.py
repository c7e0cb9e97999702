"""Jobs of molecules for the processes that score."""

from collections.abc import Sequence
from dataclasses import dataclass

from molgan.chem.molecule import Molecule, parse
from molgan.scoring.batch import Batch

_LARGEST = 5000  # heavy atoms; the sender of the job has checked a lower limit


@dataclass(frozen=True, slots=True)
class ScoringJob:
    """Distinct molecules to score for some columns, whose scorers share descriptors, with at most `most` processes at
    the same time.

    `smiles` are canonical. `texts` are the same molecules as written: the value of another spelling may differ in its
    last bit.
    """

    columns: Sequence[str]
    texts: Sequence[str]
    smiles: Sequence[str]
    most: int | None = None


def read_batch(texts: Sequence[str], smiles: Sequence[str]) -> Batch:
    """The molecules of a job, each parsed from its text, or from its SMILES where the text describes another molecule,
    such as the salt before it was standardised."""
    return Batch.of([_read_molecule(text, canonical) for text, canonical in zip(texts, smiles, strict=True)])


def _read_molecule(text: str, smiles: str) -> Molecule:
    molecule = parse(text, max_heavy_atoms=_LARGEST)
    return molecule if molecule.smiles == smiles else parse(smiles, max_heavy_atoms=_LARGEST)
