"""SDF records as text: read from lines, written with 2D coordinates."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from rdkit import Chem, rdBase
from rdkit.Chem import rdDepictor

from molgan.chem.guarded import find_delay
from molgan.chem.reasons import chemistry_fault

_LONGEST_RECORD = 100_000
_MOST_ATOMS = 5000  # see molecule.parse
_MANY_ATOMS = 150
_MANY_RINGS = 10
_MANY_WILDCARDS = 6
# Atoms without a number, as RDKit reads them.
_WILDCARDS = frozenset({"*", "R", "R#", "A", "Q", "X", "M", "L", "LP", "Du"})


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
    if _is_suspicious(record) and (delay := find_delay("molgan.chem.sdf:prepare_reading", None, text)) is not None:
        on_bad(start, delay)
        return
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


def _is_suspicious(record: list[str]) -> bool:
    """As `is_suspicious`, by the line that counts atoms and bonds and by the atoms that are none."""
    start = next((i for i, line in enumerate(record[:8]) if line.startswith("M  V30 COUNTS")), 3)
    counts = record[start].split()[3:5] if start > 3 else [part[i : i + 3] for part in record[3:4] for i in (0, 3)]
    try:
        atoms, bonds = map(int, counts)
    except ValueError:
        return False  # no SDF record
    if atoms > _MANY_ATOMS or bonds - atoms >= _MANY_RINGS:
        return True
    if start > 3:
        symbols = [part for line in record[start : start + atoms + 2] for part in line.split()[3:4]]
    else:
        symbols = [line[31:34].strip() for line in record[4 : 4 + atoms]]
    return sum(map(_WILDCARDS.__contains__, symbols)) > _MANY_WILDCARDS


def prepare_reading(setup: None) -> Callable[[str], object]:
    """Reading of a record, and its SMILES, for `find_delay`."""
    return lambda text: list(read_sdf(text.splitlines(keepends=True), lambda line, reason: None))


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
