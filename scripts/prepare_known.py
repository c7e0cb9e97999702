"""Make molgan/data/weights/moses_known.npz, by which refined sampling leaves out the molecules of the training data.

    python scripts/prepare_known.py data/moses_train.csv.gz molgan/data/weights/moses_known.npz

The same file and RDKit give the same bytes. About five minutes of one core.
"""

import argparse
from pathlib import Path

from rdkit import Chem

from molgan.chem.io import read_smiles
from molgan.chem.known import KnownSet


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("smiles", type=Path)
    parser.add_argument("output", type=Path)
    arguments = parser.parse_args()
    known = KnownSet.of(Chem.CanonSmiles(record.smiles) for record in read_smiles(arguments.smiles))
    known.save(arguments.output)
    print(f"{arguments.output}: {known.false_share:.5%} of unknown molecules are taken for known")


if __name__ == "__main__":
    main()
