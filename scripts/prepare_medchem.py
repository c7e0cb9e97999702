"""Make data/medchem_{train,test,test_scaffolds}.csv.gz, what the prior of medicinal chemistry knows and is measured on.

    python scripts/prepare_medchem.py FOLDER data

FOLDER holds files of the same names, with the columns `smiles` and `tier` (chembl, screening, vendor, natural). Each
molecule is standardised: the largest fragment without salts and solvents, uncharged where a proton can balance a
charge, so that one form stands for all states of protonation; quaternary atoms and zwitterions keep their charges,
stereo stays. Molecules of up to 60 heavy atoms are kept, each once; one that a test set has is not in the training set,
whatever its stereo. Left out of the training set is what is like a molecule that a design benchmark asks for, so that
no benchmark's answer is in the prior: Tanimoto similarity of ECFP4 counts above .323, as in GuacaMol's own preparation
(N. Brown et al. 2019). The same versions give the same bytes.
"""

import argparse
import gzip
import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from rdkit import Chem, rdBase
from rdkit.Chem import rdFingerprintGenerator
from rdkit.DataStructs import BulkTanimotoSimilarity

from molgan.base.files import write_files
from molgan.base.parallel import Processes, split_chunks
from molgan.chem.reading import read_smiles
from molgan.chem.standardise import standardise

MOST_ALIKE = 0.323
MOST_ATOMS = 60
CHUNK = 2_000
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

Found = tuple[str, str, str]  # SMILES and SMILES without stereo, or empty; a reason to leave it out, or empty


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--processes", type=int, default=2)
    arguments = parser.parse_args()
    held_out: set[str] = set()
    for name in ("medchem_test", "medchem_test_scaffolds", "medchem_train"):
        left_out: Counter[str] = Counter()
        tiers: Counter[str] = Counter()
        rows: dict[str, str] = {}
        constitutions: set[str] = set()
        records = [(r.smiles, r.fields["tier"]) for r in read_smiles(arguments.source / f"{name}.csv.gz")]
        with Processes(examine, arguments.processes) as workers:
            found = (one for part in workers.map(split_chunks([s for s, _ in records], CHUNK)) for one in part)
            for (_, tier), (smiles, flat, reason) in zip(records, found, strict=True):
                if not reason and smiles in rows:
                    reason = "a form of another row"
                if name == "medchem_train":
                    reason = reason or ("in a test set" if flat in held_out else "")
                elif reason == LIKE:
                    reason = ""
                if reason:
                    left_out[reason] += 1
                    continue
                rows[smiles] = tier
                tiers[tier] += 1
                constitutions.add(flat)
        if name != "medchem_train":
            held_out |= constitutions
        lines = ["smiles,tier", *(f"{smiles},{tier}" for smiles, tier in sorted(rows.items()))]
        content = gzip.compress("\n".join(lines).encode() + b"\n", compresslevel=9, mtime=0)
        write_files(arguments.output, {f"{name}.csv.gz": [content]})
        digest = hashlib.sha256(content).hexdigest()
        print(f"{name}: {len(rows):,} rows, {len(constitutions):,} without stereo, {len(content):,} bytes, {digest}")
        print(f"  {json.dumps(dict(tiers))}\n  left out {json.dumps(dict(left_out.most_common()))}", flush=True)


LIKE = "like a benchmark's molecule"
_GENERATOR = rdFingerprintGenerator.GetMorganGenerator(radius=2)
_TARGETS = [_GENERATOR.GetSparseCountFingerprint(Chem.MolFromSmiles(x.split()[0])) for x in TARGETS.strip().split("\n")]


def examine(smiles: Sequence[str]) -> list[Found]:
    """Each molecule standardised, and the reason to leave it out of the training set."""
    rdBase.DisableLog("rdApp.*")
    return [_examine(text) for text in smiles]


def _examine(text: str) -> Found:
    molecule = standardise(text)
    if molecule.smiles is None or molecule.mol is None:
        return "", "", str(molecule.reason)
    mol, flat = molecule.mol, molecule.smiles
    if mol.GetNumHeavyAtoms() > MOST_ATOMS:
        return "", "", "too large"
    if any(mark in flat for mark in "@/\\"):
        mol = Chem.Mol(mol)
        Chem.RemoveStereochemistry(mol)
        flat = Chem.MolToSmiles(mol)
    alike = max(BulkTanimotoSimilarity(_GENERATOR.GetSparseCountFingerprint(mol), _TARGETS)) > MOST_ALIKE
    return molecule.smiles, flat, LIKE if alike else ""


if __name__ == "__main__":
    main()
