"""Make data/design.csv.gz, what the prior for goal-directed design is fine-tuned on, and print its counts and its hash.

    python scripts/prepare_design.py data

Approved drugs and ChEMBL molecules (data/drugs_and_chembl.csv.gz) of up to 60 heavy atoms without stereo, and without
what is like a molecule that a benchmark asks for, so that no benchmark's answer is in the prior: Tanimoto similarity of
ECFP4 counts above .323, as in GuacaMol's own preparation (N. Brown et al. 2019). Then as many of MOSES's training
molecules as --moses says, so that the prior does not forget them. The same versions give the same bytes.
"""

import argparse
import gzip
import hashlib
from collections import Counter
from pathlib import Path

import numpy as np
from prepare_medchem import MOST_ALIKE, MOST_ATOMS, TARGETS
from rdkit import Chem
from rdkit.Chem import rdFingerprintGenerator
from rdkit.DataStructs import BulkTanimotoSimilarity

from molgan.base.files import write_files
from molgan.chem.reading import read_smiles


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder with drugs_and_chembl.csv.gz and moses_train.csv.gz")
    parser.add_argument("--moses", type=int, default=10_000)
    arguments = parser.parse_args()
    counts: Counter[str] = Counter()
    rows: dict[str, str] = {}
    targets = [fingerprint(Chem.MolFromSmiles(line.split()[0])) for line in TARGETS.strip().splitlines()]
    for record in read_smiles(arguments.data / "drugs_and_chembl.csv.gz", column="smiles"):
        mol = Chem.MolFromSmiles(record.smiles)
        Chem.RemoveStereochemistry(mol)
        if mol.GetNumAtoms() > MOST_ATOMS:
            counts["too large"] += 1
        elif max(BulkTanimotoSimilarity(fingerprint(mol), targets)) > MOST_ALIKE:
            counts["like a benchmark's molecule"] += 1
        else:
            rows.setdefault(Chem.CanonSmiles(Chem.MolToSmiles(mol)), record.fields["source"])
    moses = [record.smiles for record in read_smiles(arguments.data / "moses_train.csv.gz")]
    for i in np.random.default_rng(0).choice(len(moses), arguments.moses, replace=False).tolist():
        rows.setdefault(moses[i], "MOSES")
    lines = ["smiles,source", *(f"{smiles},{source}" for smiles, source in rows.items())]
    content = gzip.compress("\n".join(lines).encode() + b"\n", compresslevel=9, mtime=0)
    write_files(arguments.data, {"design.csv.gz": [content]})
    print(f"{Counter(rows.values())}, left out: {dict(counts)}")
    print(f"{len(rows):,} rows, {len(content):,} bytes, sha256 {hashlib.sha256(content).hexdigest()}")


def fingerprint(mol: Chem.Mol) -> object:
    return rdFingerprintGenerator.GetMorganGenerator(radius=2).GetSparseCountFingerprint(mol)


if __name__ == "__main__":
    main()
