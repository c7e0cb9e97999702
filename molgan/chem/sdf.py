"""SDF records as text: read from lines, written with 2D coordinates."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from rdkit import Chem, rdBase
from rdkit.Chem import rdDepictor

from molgan.chem.columns import MOST_COLUMNS, distinct_names
from molgan.chem.guarded import find_delay
from molgan.chem.molecule import LARGEST
from molgan.chem.reasons import chemistry_fault
from molgan.chem.stereo_groups import NOTE, open_groups
from molgan.chem.text_lines import Line

LONGEST_RECORD = 4_000_000
"""Most characters of a record that is read; 5000 atoms in V3000 take a sixth of it."""

_MOST_LINES = 100_000

_HEADER = 3  # lines of title, program and comment
_END = re.compile(r"M\s+END\s*$")
_FIELD_NUMBER = re.compile(r">\s*(DT\d+)\s*")
_MANY_ATOMS = 150
_MANY_RINGS = 10
_MANY_WILDCARDS = 6
# Atoms without a number, as RDKit reads them.
_WILDCARDS = frozenset({"*", "R", "R#", "A", "Q", "X", "M", "L", "LP", "Du"})


class SDFRecord(NamedTuple):
    """One record of an SDF file. `line` is its first line in the file.

    `smiles` is canonical and isomeric; it is "" where the record is invalid, and `reason` says why. `fields` holds the
    title, as `name`, and the properties, in order. `note` says what the SMILES leaves out.
    """

    line: int
    smiles: str
    fields: dict[str, str]
    reason: str | None = None
    note: str | None = None


def read_sdf(lines: Iterable[Line]) -> Iterator[SDFRecord]:
    """Every record of an SDF file. Stereo comes from wedges, or from 3D coordinates.

    A record ends with a line of `$$$$` alone. Its properties may have values of several lines, blank ones within; a
    record may lack `M  END`. Centres of AND and OR groups (V3000) are open.
    """
    record: list[str] = []
    start, size, fault = 1, 0, None
    for number, text, line_fault in lines:
        if text.rstrip() != "$$$$":
            size += len(text) + 1
            if line_fault and fault is None:
                fault = f"line {number}: {line_fault}"
            if len(record) == _MOST_LINES and fault is None:
                fault = f"SDF record of more than {_MOST_LINES:,} lines"
            if size <= LONGEST_RECORD and len(record) < _MOST_LINES:
                record.append(text)
            continue
        yield _read_record(start, record, size, fault)
        record, start, size, fault = [], number + 1, 0, None
    if any(text.strip() for text in record):
        yield _read_record(start, record, size, fault)


def _read_record(start: int, record: list[str], size: int, fault: str | None) -> SDFRecord:
    lines = list(enumerate(record))[_HEADER:]
    end = next((i for i, text in lines if _END.match(text)), None)
    first_item = next((i for i, text in lines if text.startswith(">")), len(record))
    block = record[: first_item if end is None else end]
    title = record[0].strip() if record else ""
    properties = _read_items(record[len(block) + (end is not None) :])
    fields = ({"name": title} if title else {}) | properties
    if size > LONGEST_RECORD:
        fault = f"SDF record of more than {LONGEST_RECORD:,} characters"
    if fault is not None:
        return SDFRecord(start, "", fields, fault)
    text = "\n".join([*block, "M  END", ""])
    if _is_suspicious(block) and (delay := find_delay("molgan.chem.sdf:prepare_reading", None, text)) is not None:
        return SDFRecord(start, "", fields, delay)
    try:
        smiles, reason, note = _read_block(text)
        return SDFRecord(start, smiles, fields, reason, note)
    except Exception as error:  # RDKit's broken invariants arrive as RuntimeError, ValueError and others
        return SDFRecord(start, "", fields, f"not an SDF record: {str(error).strip().partition(chr(10))[0]:.80}")


def _read_block(block: str) -> tuple[str, str | None, str | None]:
    """The canonical SMILES, "" with a reason where there is none, and a note of what it leaves out."""
    with rdBase.BlockLogs():
        mol, reason = _parse(block)
        if mol is None:
            return "", reason, None
        open_mol = open_groups(mol)
        return Chem.MolToSmiles(open_mol), None, None if open_mol is mol else NOTE


def _parse(block: str) -> tuple[Chem.Mol | None, str | None]:
    """The molecule, or None and the reason."""
    mol = Chem.MolFromMolBlock(block, strictParsing=False)
    if mol is None:
        unsanitised = Chem.MolFromMolBlock(block, sanitize=False, strictParsing=False)
        return None, "not an SDF record" if unsanitised is None else chemistry_fault(unsanitised)
    if not 0 < mol.GetNumAtoms() <= LARGEST:
        return None, f"{mol.GetNumAtoms()} atoms, at least 1 and at most {LARGEST}"
    return mol, None


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
    return _read_block


def _read_items(lines: Iterable[str]) -> dict[str, str]:
    """The data items, at most `MOST_COLUMNS`. RDKit's reader is not used: it ends a value at a blank line, and reads a
    header behind it as data."""
    names: list[str] = []
    values: list[list[str]] = []
    for text in lines:
        if (name := _item_name(text)) is not None:
            if len(names) == MOST_COLUMNS:
                break
            names.append(name)
            values.append([])
        elif values:
            values[-1].append(text)
    return {name: _join(value) for name, value in zip(distinct_names(names), values, strict=True)}


def _item_name(text: str) -> str | None:
    """The name in the header of a data item, `> 25 <NAME> (registry number)` or `> DT12`; None for other lines."""
    if not text.startswith(">"):
        return None
    start, end = text.find("<"), text.rfind(">")
    if 0 < start < end:
        return text[start + 1 : end]
    number = _FIELD_NUMBER.fullmatch(text)
    return number and number.group(1)


def _join(value: list[str]) -> str:
    while value and not value[-1].strip():
        value.pop()
    return "\n".join(value)


def prepare_drawing(setup: None) -> Callable[[str], object]:
    """What takes long in `write_record`, for `find_delay`."""
    return lambda smiles: rdDepictor.Compute2DCoords(Chem.MolFromSmiles(smiles))


def write_record(mol: Chem.Mol | None, name: str, properties: Mapping[str, str], *, flat: bool = False) -> str:
    """One SDF record with computed 2D coordinates, the title `name` and the properties in order, each of one line.

    None gives a record without atoms. With `flat` all atoms are at the origin, for molecules that take too long to be
    drawn. A value that reads like a line of the format gets a blank in front.
    """
    drawn = Chem.Mol() if mol is None else Chem.Mol(mol)
    if flat:
        drawn.AddConformer(Chem.Conformer(drawn.GetNumAtoms()))
    else:
        rdDepictor.Compute2DCoords(drawn)
    drawn.SetProp("_Name", _as_text(name))
    for key, value in properties.items():
        drawn.SetProp(key, _as_text(value))
    return str(Chem.SDWriter.GetText(drawn))


def _as_text(line: str) -> str:
    return f" {line}" if line.startswith("$$$$") or _item_name(line) is not None else line
