"""SDF records as text: read from lines, written with 2D coordinates."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from rdkit import Chem, rdBase
from rdkit.Chem import rdDepictor

from molgan.chem.reasons import chemistry_fault

_LONGEST_RECORD = 100_000
_MOST_ATOMS = 5000  # see molecule.parse


def read_sdf(lines: Iterable[str], on_bad: Callable[[int, str], None]) -> Iterator[tuple[int, str, dict[str, str]]]:
    """(first line, canonical isomeric SMILES, properties with the title as `name`) of each record.

    A record that RDKit cannot read goes to `on_bad` as (first line, reason). Stereo comes from wedges, or from 3D
    coordinates.
    """
    record: list[str] = []
    start = 1
    for number, line in enumerate(lines, 1):
        if not line.startswith("$$$$"):
            if len(record) <= _LONGEST_RECORD:
                record.append(line)
            continue
        yield from _read_record(start, record, on_bad)
        record, start = [], number + 1
    if any(line.strip() for line in record):
        yield from _read_record(start, record, on_bad)


def _read_record(
    start: int, record: list[str], on_bad: Callable[[int, str], None]
) -> Iterator[tuple[int, str, dict[str, str]]]:
    if len(record) > _LONGEST_RECORD:
        on_bad(start, f"SDF record of more than {_LONGEST_RECORD} lines")
        return
    text = "".join(record)
    try:
        with rdBase.BlockLogs():
            mol = _parse(text, sanitize=True)
            if mol is None:
                unsanitised = _parse(text, sanitize=False)
                on_bad(start, "not an SDF record" if unsanitised is None else chemistry_fault(unsanitised))
                return
            if not 0 < mol.GetNumAtoms() <= _MOST_ATOMS:
                on_bad(start, f"{mol.GetNumAtoms()} atoms, at least 1 and at most {_MOST_ATOMS}")
                return
            properties = {key: str(value) for key, value in mol.GetPropsAsDict(autoConvertStrings=False).items()}
            title = mol.GetProp("_Name").strip() if mol.HasProp("_Name") else ""
            smiles = Chem.MolToSmiles(mol)
    except Exception as error:  # RDKit's broken invariants arrive as RuntimeError, ValueError and others
        on_bad(start, f"not an SDF record: {str(error).strip().partition(chr(10))[0]:.80}")
        return
    yield start, smiles, ({"name": title} if title else {}) | properties


def _parse(record: str, *, sanitize: bool) -> Chem.Mol | None:
    supplier = Chem.SDMolSupplier()
    supplier.SetData(record, sanitize=sanitize, strictParsing=False)
    return supplier[0] if len(supplier) else None


def write_record(mol: Chem.Mol, name: str, properties: Mapping[str, str]) -> str:
    """One SDF record with computed 2D coordinates, the title `name` and the properties in order."""
    drawn = Chem.Mol(mol)
    rdDepictor.Compute2DCoords(drawn)
    drawn.SetProp("_Name", name)
    for key, value in properties.items():
        drawn.SetProp(key, value)
    return str(Chem.SDWriter.GetText(drawn))
