"""Make data/*.csv.gz, and print the counts and hashes that data/README.md states.

    python scripts/prepare_data.py SOURCE data

SOURCE holds the tables as their packages ship them: from molsets 0.3.1 the files of moses/dataset/data as
moses_train.csv.gz, moses_test.csv.gz and moses_test_scaffolds.csv.gz (column SMILES); from qm9pack 1.0.3 its table as
qm9.csv.gz (columns index, smiles, n_atoms). Rows keep their order and their text. The same source gives the same
bytes. Counting parses every molecule, about four minutes on one core; --no-counts leaves it out.
"""

import argparse
import gzip
import hashlib
import re
from pathlib import Path

from rdkit import Chem

from molgan.base.files import write_files
from molgan.chem.molecule import parse
from molgan.chem.reading import read_smiles

TABLES = {
    "qm9": ("index", "smiles", "n_atoms"),
    "moses_train": ("SMILES",),
    "moses_test": ("SMILES",),
    "moses_test_scaffolds": ("SMILES",),
}


def compress(source: Path, columns: tuple[str, ...]) -> bytes:
    """The chosen columns of a table as gzipped CSV without a time stamp."""
    refused: list[str] = []
    rows = [",".join(columns)]
    for record in read_smiles(source, on_bad=lambda line, reason: refused.append(f"line {line}: {reason}")):
        rows.append(",".join(record.fields.get(column, record.smiles) for column in columns))
    if refused:
        raise SystemExit(f"{source}: {len(refused)} rows cannot be used, the first at {refused[0]}")
    return gzip.compress("\n".join(rows).encode() + b"\n", compresslevel=9, mtime=0)


def count(table: Path) -> str:
    """Rows, what RDKit refuses, distinct molecules without stereo, and rows with a charged atom.

    RDKit writes some neutral text with charges (nitro groups, diazo compounds), so those are counted before and after.
    """
    rows = refused = written = charged = 0
    distinct: set[str] = set()
    for record in read_smiles(table):
        rows += 1
        written += bool(re.search(r"\[[^\]]*[+-]", record.smiles))
        molecule = parse(record.smiles)
        if molecule.mol is None or molecule.smiles is None:
            refused += 1
            continue
        charged += any(atom.GetFormalCharge() for atom in molecule.mol.GetAtoms())
        has_stereo = any(mark in molecule.smiles for mark in "@/\\")
        distinct.add(Chem.MolToSmiles(molecule.mol, isomericSmiles=False) if has_stereo else molecule.smiles)
    return (
        f"{rows:,} rows, {refused:,} refused, {len(distinct):,} distinct, "
        f"{written:,} charged as written, {charged:,} once sanitised"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--no-counts", action="store_true")
    arguments = parser.parse_args()
    for name, columns in TABLES.items():
        content = compress(arguments.source / f"{name}.csv.gz", columns)
        (path,) = write_files(arguments.output, {f"{name}.csv.gz": [content]})
        print(f"{path.name}: {len(content):,} bytes, sha256 {hashlib.sha256(content).hexdigest()}", flush=True)
        if not arguments.no_counts:
            print(f"  {count(path)}", flush=True)


if __name__ == "__main__":
    main()
