"""Small sets of known molecules that come with the package."""

import difflib
from functools import cache
from importlib.resources import as_file, files

from molgan.base.errors import InputError
from molgan.chem.reading import Record, read_smiles

REFERENCES = {
    "approved_drugs": "approved small-molecule drugs of ChEMBL, standardised; fields name and chembl_id",
    "moses_reference_1000": "1,000 molecules of the MOSES test set, against which filter pass rates are reported",
    "qm9_reference_1000": "1,000 molecules of QM9, for trainings in miniature",
}
"""Name and content of each set; molgan/data/README.md gives the source and licence."""


@cache
def load_reference(name: str) -> tuple[Record, ...]:
    """The molecules of a reference set, as canonical SMILES in a fixed order. Raises InputError for an unknown name."""
    if name not in REFERENCES:
        near = difflib.get_close_matches(name, REFERENCES, n=1, cutoff=0.0)[0]
        raise InputError(f"no reference set {name!r}; did you mean {near!r}? The sets are: {', '.join(REFERENCES)}")
    with as_file(files("molgan") / "data" / f"{name}.csv.gz") as path:
        return tuple(read_smiles(path))
