"""Building blocks: what can be bought, by canonical SMILES, with the number that it is bought by."""

import gzip
import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import rdkit
from rdkit import Chem, rdBase

from molgan.base import cache_folder as cache
from molgan.base.errors import ConfigError, InputError
from molgan.base.nearest import suggest
from molgan.chem.reading import Record, read_smiles
from molgan.chem.retrosynthesis.disconnection import flatten
from molgan.chem.standardise import standardise

SHIPPED = {
    "enamine": "139,493 building blocks of Enamine, with their numbers of the package synthemol",
    "reagents": "simple reagents that every laboratory has, such as methanol, acetaldehyde and boronic acids",
}
"""Name and content of each stock that comes with molgan; molgan/data/README.md gives the source and licence."""

# Raise it when molecules are written in another way.
_KIND = "building-blocks-v1"
_ID_COLUMNS = ("id", "reagent_id", "catalog_id", "catalogue_id", "idnumber", "name")
_SALT_OR_CHARGE = re.compile(r"\.|[+-]\d?\]")


class Block(NamedTuple):
    """A molecule that can be bought: canonical SMILES, the number that it is bought by, and its SMILES without stereo,
    empty where it has none."""

    smiles: str
    number: str
    flat: str = ""


class BuildingBlocks:
    """`identity`: a digest of the content, on which what depends on the stock depends."""

    def __init__(self, blocks: Iterable[Block]) -> None:
        """Of equal blocks the first counts."""
        self._ids: dict[str, str] = {}
        self._flat: dict[str, str] = {}
        for block in blocks:
            self._ids.setdefault(block.smiles, block.number)
            if block.flat:
                self._flat.setdefault(block.flat, block.smiles)
        content = "\n".join(sorted(f"{smiles}\t{number}" for smiles, number in self._ids.items()))
        self.identity = hashlib.sha256(content.encode()).hexdigest()[:20]

    def __len__(self) -> int:
        return len(self._ids)

    def __iter__(self) -> Iterator[str]:
        """The canonical SMILES."""
        return iter(self._ids)

    def __contains__(self, smiles: object) -> bool:
        return isinstance(smiles, str) and (smiles in self._ids or smiles in self._flat)

    def find(self, smiles: str) -> str | None:
        """The number of a molecule in canonical form; a molecule without stereo is also found as any stereoisomer."""
        return self._ids.get(smiles) or self._ids.get(self._flat.get(smiles, ""))

    @classmethod
    def load(cls, stocks: Sequence[str]) -> "BuildingBlocks":
        """The blocks of shipped stocks, by name, and of files that `read_smiles` reads; what several have has the
        number of the first. Raises ConfigError for a stock that does not exist, InputError for an unreadable file."""
        return cls(block for stock in stocks for block in _load(stock))


def find_stock(stock: str, folder: Path | None = None) -> str:
    """A shipped stock's name as it is, or the path of a file, in `folder` or in the working folder. Raises
    ConfigError."""
    if stock in SHIPPED:
        return stock
    for path in (folder / stock if folder else Path(stock), Path(stock)):
        if path.is_file():
            return str(path.resolve())
    if "." in stock or "/" in stock:
        raise ConfigError(f"{stock}: no such file")
    raise ConfigError(f"no stock {stock!r}, {suggest(stock, sorted(SHIPPED))}")


def write_blocks(blocks: Iterable[Block]) -> bytes:
    """A file of blocks in canonical form; it says by which RDKit they were written."""
    lines = [f"#{rdkit.__version__}\n", *("\t".join(block).rstrip("\t") + "\n" for block in blocks)]
    return gzip.compress("".join(lines).encode(), mtime=0)


def canonicalise(records: Iterable[Record]) -> Iterator[Block]:
    """The distinct blocks of a file in canonical form, without salts and solvents; what RDKit cannot read is left
    out."""
    seen = set()
    with rdBase.BlockLogs():
        for record in records:
            smiles = record.smiles
            if _SALT_OR_CHARGE.search(smiles):
                smiles = standardise(smiles).smiles or ""
            mol = Chem.MolFromSmiles(smiles)
            if mol is None or not mol.GetNumAtoms() or (text := str(Chem.MolToSmiles(mol))) in seen:
                continue
            seen.add(text)
            flat = flatten(text)
            yield Block(text, _find_number(record), "" if flat == text else flat)


def _load(stock: str) -> list[Block]:
    if stock in SHIPPED:
        content = (files("molgan") / "data" / "synthesis" / f"{stock}.tsv.gz").read_bytes()
        if (blocks := _read_blocks(content)) is not None:
            return blocks
        # Another RDKit may write other canonical SMILES.
        lines = (line.split("\t") for line in _read_lines(content)[1:])
        return _recall(content, (Record(0, smiles, {"id": number}) for smiles, number, *_ in lines))
    path = Path(find_stock(stock))
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from None
    return _recall(content + path.name.encode(), read_smiles(path))


def _recall(content: bytes, records: Iterable[Record]) -> list[Block]:
    """The blocks of a file from the cache, or from the file itself, which is slow."""
    entry = cache.entry(_KIND, hashlib.sha256(content + rdkit.__version__.encode()).hexdigest()[:32], ".tsv.gz")
    with suppress(OSError, EOFError, ValueError):
        if (blocks := _read_blocks(entry.read_bytes())) is not None:
            return blocks
    blocks = list(canonicalise(records))
    with suppress(OSError), cache.store(entry) as file:
        file.write(write_blocks(blocks))
    return blocks


def _read_lines(content: bytes) -> list[str]:
    return gzip.decompress(content).decode().splitlines()


def _read_blocks(content: bytes) -> list[Block] | None:
    """The blocks of a file that `write_blocks` wrote; None for one by another RDKit."""
    header, *lines = _read_lines(content)
    if header != f"#{rdkit.__version__}":
        return None
    return [Block(*line.split("\t")) for line in lines]


def _find_number(record: Record) -> str:
    fields = {name.lower(): value for name, value in record.fields.items()}
    chosen = next((fields[name] for name in _ID_COLUMNS if fields.get(name)), None)
    return chosen or next((value for value in fields.values() if value), f"line {record.line}")
