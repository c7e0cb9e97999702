"""Molecules that a user gives in a configuration, as a list of SMILES or as a file of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationInfo

from molgan.base.errors import InputError
from molgan.base.settings import find_molecules
from molgan.chem.molecule import Molecule, parse
from molgan.chem.reading import read_smiles

_SHOWN = 20


@dataclass(frozen=True, slots=True)
class GivenMolecule:
    """`place` is where it was given: file and line, or the SMILES itself. `fault` says why it cannot be used as one
    molecule; None when it can."""

    place: str
    molecule: Molecule

    @property
    def fault(self) -> str | None:
        if not self.molecule.source:
            return self.molecule.reason
        if self.molecule.reason is not None:
            what = "has no standard form" if parse(self.molecule.source).valid else "is not a molecule"
            return f"{self.molecule.source!r:.60} {what}: {self.molecule.reason}"
        if self.molecule.is_connected:
            return None
        fragments = str(self.molecule.smiles).count(".") + 1
        return f"{self.molecule.source!r:.60} is a salt or mixture of {fragments} fragments; give the parent alone"


def read_given(given: Sequence[str] | Path, read: Callable[[str], Molecule] = parse) -> list[GivenMolecule]:
    """All of them, in order, with the rows of a table that hold no SMILES, whose `source` is empty. `read` makes a
    molecule of a SMILES, by default as it is. Raises InputError for a file that cannot be read."""
    if not isinstance(given, Path):
        return [GivenMolecule(f"{text!r:.60}", read(text)) for text in given]
    bad: list[tuple[int, Molecule]] = []
    records = read_smiles(given, on_bad=lambda line, reason: bad.append((line, Molecule("", None, None, reason))))
    rows = [(record.line, read(record.smiles)) for record in records]
    ordered = sorted([*rows, *bad], key=lambda row: row[0])
    return [GivenMolecule(f"{given}:{line}", molecule) for line, molecule in ordered]


def require_molecules(
    given: Sequence[str] | Path, what: str, standardise: Callable[[str], Molecule] | None = None
) -> list[str]:
    """The SMILES as given, or in standard form and without duplicates; rows without one are left out. Raises
    InputError, a line for each that is not one connected molecule."""
    rows = [row for row in read_given(given, standardise or parse) if row.molecule.source]
    faults = [f"{what}: {row.place}: {row.fault}" for row in rows if row.fault is not None]
    if faults:
        more = [f"{what}: {len(faults) - _SHOWN:,} more of this kind"] if len(faults) > _SHOWN else []
        raise InputError("\n".join([*faults[:_SHOWN], *more]))
    if standardise is not None:
        return list(dict.fromkeys(str(row.molecule.smiles) for row in rows))
    return [row.molecule.source for row in rows]


def find_file(given: Any, info: ValidationInfo) -> Any:
    """For a settings field: a text is the path of a file that exists, beside the configuration or in the working
    folder; anything else stays as it is. Raises ValueError."""
    if not isinstance(given, str | Path):
        return given
    try:
        return find_molecules(Path(given), info)
    except ValueError as error:
        hint = f"; a SMILES stands in a list: ['{given}']" if parse(str(given)).valid else ""
        raise ValueError(f"{error}{hint}") from None


def refuse_bad_smiles(given: Any) -> Any:
    """For a settings field: raises ValueError that names all texts of a list that are not molecules."""
    texts = [text for text in given if isinstance(text, str)] if isinstance(given, list) else []
    faults = [f"{text!r} is not a molecule: {reason}" for text in texts if (reason := parse(text).reason) is not None]
    if faults:
        raise ValueError("; ".join(faults))
    return given
