"""Predicted activities at the dopamine D2 receptor, by the support vector machine of Olivecrona et al. 2017.

    molscore/bin/python scripts/benchmarks/drd2_scores.py drd2_current.pkl < molecules.smi

To be run by an environment of its own, with RDKit and the scikit-learn that the model was pickled with: a pickle runs
code when it is read. The model is molscore/data/models/molopt/drd2_current.pkl in the package molscore 1.9.5 (MIT). A
line for each SMILES, from 0 to 1, or nan for one that is not a molecule.
"""

import argparse
import pickle
import sys


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    path = parser.parse_args().model
    import numpy as np
    from rdkit import Chem
    from rdkit.Chem import AllChem

    with open(path, "rb") as file:
        model = pickle.load(file)
    for line in sys.stdin:
        mol = Chem.MolFromSmiles(line.strip())
        if mol is None or not mol.GetNumAtoms():
            print("nan")
            continue
        counts = np.zeros((1, 2048))
        found = AllChem.GetMorganFingerprint(mol, 3, useCounts=True, useFeatures=True)
        for key, count in found.GetNonzeroElements().items():
            counts[0, key % 2048] += count
        print(float(model.predict_proba(counts)[0, 1]))


if __name__ == "__main__":
    main()
