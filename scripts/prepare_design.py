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
from rdkit import Chem
from rdkit.Chem import rdFingerprintGenerator
from rdkit.DataStructs import BulkTanimotoSimilarity

from molgan.base.files import write_files
from molgan.chem.reading import read_smiles

MOST_ALIKE = 0.323
MOST_ATOMS = 60
TARGETS = """
CC1=CC=C(C=C1)C1=CC(=NN1C1=CC=C(C=C1)S(N)(=O)=O)C(F)(F)F celecoxib
Clc4cccc(N3CCN(CCCCOc2ccc1c(NC(=O)CC1)c2)CC3)c4Cl aripiprazole
OC1(CN(C1)C(=O)C1=C(NC2=C(F)C=C(I)C=C2)C(F)=C(F)C=C1)C1CCCCN1 cobimetinib
COc1cc(N(C)CCN(C)C)c(NC(=O)C=C)cc1Nc2nccc(n2)c3cn(C)c4ccccc34 osimertinib
Cc1c(C)c2OC(C)(COc3ccc(CC4SC(=O)NC4=O)cc3)CCc2c(C)c1O troglitazone
COc1ccccc1OCC(O)CN2CCN(CC(=O)Nc3c(C)cccc3C)CC2 ranolazine
CN(C)S(=O)(=O)c1ccc2Sc3ccccc3C(=CCCN4CCN(C)CC4)c2c1 thiothixene
CC(C)(C)NCC(O)c1ccc(O)c(CO)c1 albuterol
CC(C)(C(=O)O)c1ccc(cc1)C(O)CCCN2CCC(CC2)C(O)(c3ccccc3)c4ccccc4 fexofenadine
COc1ccc2C3CCC4(C)C(CCC4(O)C#C)C3CCc2c1 mestranol
O=C(OCC)C(NC(C(=O)N1C(C(=O)O)CC2CCCCC12)C)CCC perindopril
Clc1ccccc1C2C(=C(NC(=C2C(=O)OCC)COCCN)C)C(=O)OC amlodipine
O=C(C)N(CC)C1=CC=CC(C2=CC=NC3=C(C=NN23)C#N)=C1 zaleplon
Fc1cc(c(F)cc1F)CC(N)CC(=O)N3Cc2nnc(n2CC3)C(F)(F)F sitagliptin
CC1(C)C2CCC1(C)C(=O)C2 camphor
CC(C)C1CCC(C)CC1O menthol
O=C1N(CC(N2C1CC3=C(C2C4=CC5=C(OCO5)C=C4)NC6=C3C=CC=C6)=O)C tadalafil
CCCC1=NN(C2=C1N=C(NC2=O)C3=C(C=CC(=C3)S(=O)(=O)N4CCN(CC4)C)OCC)C sildenafil
O=C1NC(=O)SC1Cc3ccc(OCCc2ncc(cc2)CC)cc3 pioglitazone
CCCOc1cc2ncnc(Nc3ccc4ncsc4c3)c2cc1S(=O)(=O)C(C)(C)C quinazoline
CCCCC(=O)N(Cc1ccc(cc1)c2ccccc2c3nn[nH]n3)C(C(C)C)C(=O)O valsartan
"""


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
