"""The forms in which molecules are given from Python: lists, columns, frames; and the row labels that they have."""

import warnings
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from rdkit import Chem

from molgan.base.errors import InputError
from molgan.chem.columns import find_column
from molgan.chem.molecule import LARGEST, Molecule, describe_failure

if TYPE_CHECKING:
    import pandas

_MANY_RINGS = 10


def as_list(items: Iterable[Any]) -> list[Any]:
    """SMILES, `Molecule`s and RDKit molecules, None for what is missing, from a list, a column of pandas, polars or
    Arrow, an array, …; of a frame the column that `find_column` takes for the SMILES.

    Raises InputError for a single string or molecule, a mapping, a frame without a SMILES column, an array of several
    dimensions.
    """
    if isinstance(items, list):
        return items
    if isinstance(items, str | bytes | Molecule | Chem.Mol):
        raise InputError("expected a list of SMILES, not a single string: write [smiles]")
    if isinstance(items, Mapping):
        raise InputError("expected a list of SMILES, not a mapping: give the list of its values")
    if hasattr(items, "columns"):
        items = _get_smiles_column(items)
    if getattr(items, "ndim", 1) != 1:
        raise InputError("expected a list of SMILES, not an array of several dimensions: give one column of it")
    return list(items.to_pylist()) if hasattr(items, "to_pylist") else list(items)


def get_row_labels(items: Iterable[Any]) -> "pandas.Index[Any] | None":
    """The index of a Series or frame of pandas; None for what has no row labels."""
    import pandas

    return items.index if isinstance(items, pandas.Series | pandas.DataFrame) else None


def set_row_labels(table: "pandas.DataFrame", labels: "pandas.Index[Any] | None") -> "pandas.DataFrame":
    """The table with these row labels; as it is without any."""
    return table if labels is None else table.set_axis(labels)


def get_text(item: Any) -> str | None:
    """What a table shows of an input: its text; None for an RDKit molecule that has none."""
    if isinstance(item, Chem.Mol):
        item = _write(item)
        return item if isinstance(item, str) else None
    return item.source if isinstance(item, Molecule) else item


def make_text(item: Any) -> str | Molecule | None:
    """An input without its RDKit molecule, which takes a thousand times the room of its SMILES. One that cannot be
    written becomes a `Molecule` with the reason."""
    if isinstance(item, str):
        return item
    if isinstance(item, Chem.Mol):
        return _write(item)
    return None if is_missing(item) else item


def is_missing(item: object) -> bool:
    """Whether this is None, NaN or pandas' NA."""
    return item is None or type(item).__name__ == "NAType" or (isinstance(item, float) and item != item)


def _get_smiles_column(frame: Any) -> Any:
    names = [str(name) for name in getattr(frame, "column_names", frame.columns)]
    place = find_column(names, None, warnings.warn, mend='frame["name"] takes another')
    if place is None:
        present = ", ".join(f"{name:.40}" for name in names[:20])
        raise InputError(f'a table without a SMILES column; columns present: {present}; give one, frame["name"]')
    return frame.iloc[:, place] if hasattr(frame, "iloc") else frame[names[place]]


def _write(mol: Chem.Mol) -> str | Molecule:
    """The SMILES, or an invalid molecule with the reason why there is none."""
    atoms = mol.GetNumAtoms()
    if atoms > LARGEST:  # RDKit writes by recursion, and would end the process
        return Molecule("", None, None, f"{atoms} atoms, at most {LARGEST}")
    # To put the atoms of a large cage in order can take minutes; parsing, which does that too, is guarded.
    cage = mol.GetNumBonds() - atoms >= _MANY_RINGS
    try:
        return str(Chem.MolToSmiles(mol, canonical=not cage))
    except Exception as error:  # RDKit's broken invariants arrive as RuntimeError, ValueError and others
        return Molecule("", None, None, describe_failure(error))
