"""Small files that stand for much: each is read, or refused, with less than 1 GB of memory."""

import gzip
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from .verdict import molgan

pytestmark = pytest.mark.slow

MEGABYTES = 1000


def pack(path: Path, pieces: Iterable[bytes]) -> Path:
    with gzip.open(path, "wb", compresslevel=6) as file:
        for piece in pieces:
            file.write(piece)
    return path


def parquet(path: Path, *, dictionary: bool, length: int, rows: int) -> Path:
    import pyarrow
    from pyarrow import parquet

    text = pyarrow.array(["y" * length])
    column = pyarrow.DictionaryArray.from_arrays(pyarrow.array([0] * rows, pyarrow.int32()), text)
    table = pyarrow.table({"smiles": ["C" * 30] * rows, "x": column if dictionary else column.dictionary_decode()})
    parquet.write_table(table, path, compression="zstd", use_dictionary=dictionary)
    return path


def columns(count: int) -> bytes:
    return b"smiles" + b"".join(b",c%d" % number for number in range(count)) + b"\n"


BOMBS: dict[str, Callable[[Path], Path]] = {
    "one line of a gigabyte": lambda d: pack(d / "a.smi.gz", (b"C" * 10_000_000 for _ in range(100))),
    "lines of 99,998 characters": lambda d: pack(d / "a.smi.gz", ((b"C" * 99_998 + b"\n") * 50 for _ in range(40))),
    "names of 99,000 characters": lambda d: pack(
        d / "a.smi.gz", ((b"C " + b"x" * 99_000 + b"\n") * 50 for _ in range(40))
    ),
    "49,000 columns of one name": lambda d: pack(
        d / "a.csv.gz", [b"smiles" + b",a" * 49_000 + b"\n", b"C" + b"," * 49_000]
    ),
    "9,900 empty columns": lambda d: pack(d / "a.csv.gz", [columns(9900), *[(b"C" + b"," * 9900 + b"\n") * 100] * 5]),
    "quotes that are not closed": lambda d: pack(
        d / "a.csv.gz", [b"smiles,a\n", (b'C,"' + b"x" * 50 + b"\n") * 60_000]
    ),
    "an SDF record of 3.9 million blank lines": lambda d: pack(
        d / "a.sdf.gz", [b"t\n\n\n  0  0\nM  END\n", b"\n" * 3_900_000, b"$$$$\n"]
    ),
    "an SDF record of 640,000 items": lambda d: pack(
        d / "a.sdf.gz", [b"t\n\n\n  0  0\nM  END\n", b"> <a>\n" * 640_000, b"$$$$\n"]
    ),
    "an SDF record of 110,000 atoms": lambda d: pack(
        d / "a.sdf.gz", [b"t\n\n\n999999\n", b"    0.0       0.0       0.0 C   0\n" * 110_000]
    ),
    "an SDF file without an end of a record": lambda d: pack(d / "a.sdf.gz", [b"C" * 79 + b"\n"] * 2_000_000),
    "a Parquet text of 20 MB in 1,000 rows": lambda d: parquet(
        d / "a.parquet", dictionary=True, length=20_000_000, rows=1000
    ),
    "a Parquet text of 90 kB in 4,000 rows": lambda d: parquet(
        d / "a.parquet", dictionary=False, length=90_000, rows=4000
    ),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_small_file_takes_little_memory(tmp_path: Path, name: str) -> None:
    path = BOMBS[name](tmp_path)
    assert path.stat().st_size < 8_000_000
    verdict = molgan("score", path, "--scorers", "mw", "-o", tmp_path / "out.csv", "--processes", 1)
    assert verdict.is_told, verdict.err[-1000:]
    assert verdict.megabytes < MEGABYTES


LAUGHS = "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(
    f"{b}: &{b} [{', '.join([f'*{a}'] * 10)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)
MERGES = "a: &a {k: 1}\n" + "".join(
    f"{b}: &{b} {{<<: [{', '.join([f'*{a}'] * 10)}]}}\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize("text", [LAUGHS, MERGES, "a: " + "[" * 5000, "a: " + "9" * 1_000_000, "a: 'x" * 100_000])
def test_a_small_configuration_takes_little_memory(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.yaml").write_text(text)
    verdict = molgan("check", tmp_path / "a.yaml", seconds=120)
    assert verdict.code == 2 and verdict.is_told, verdict.err[-1000:]
    assert verdict.megabytes < MEGABYTES


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/urandom"])
def test_an_endless_file_is_refused(tmp_path: Path, device: str) -> None:
    for arguments in (("check", device), ("score", device, "--scorers", "mw")):
        verdict = molgan(*arguments, seconds=120)
        assert verdict.code == 2 and verdict.is_told and verdict.megabytes < MEGABYTES, verdict.err[-1000:]
