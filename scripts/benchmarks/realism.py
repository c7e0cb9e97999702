"""Measure how well the logit of a critic separates the test set of MOSES from molecules of other kinds.

    python scripts/benchmarks/realism.py [CRITIC] [--molecules 2000]

CRITIC is a critic that a campaign or a training wrote, without its suffix; by default the critic that sampling uses,
with -inf outside of its ranges.

Prints, for each kind, the mean logit and the area under the ROC curve against the test set (1: all below it, .5: no
difference). The critic has seen none of these molecules. Shuffled bonds: pairs of single bonds of a test molecule
exchange their ends until half of them have, and what RDKit refuses or what falls apart is drawn again.
"""

import argparse
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
from rdkit import Chem, RDLogger

from molgan.chem.molecule import parse
from molgan.chem.reading import read_smiles
from molgan.evaluation.roc import auc
from molgan.models.critics.critic_kinds import load_critic
from molgan.models.loading import load_any, load_generator

DATA = Path(__file__).parents[2] / "data"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("critic", type=Path, nargs="?", help="critic, without its suffix")
    parser.add_argument("--weights", default="moses", help="weights of the generator")
    parser.add_argument("--molecules", type=int, default=2000, help="molecules of each kind")
    arguments = parser.parse_args()
    RDLogger.DisableLog("rdApp.*")
    refined, n = load_any(arguments.weights), arguments.molecules
    judge = load_critic(arguments.critic).score if arguments.critic else refined.judge
    rng = np.random.default_rng(0)
    test = draw("moses_test.csv.gz", n, rng)
    generator = load_generator(arguments.weights)
    kinds = {
        "MOSES test set": test,
        "MOSES scaffold test set": draw("moses_test_scaffolds.csv.gz", n, rng),
        "generated": [sample.smiles for sample in generator.sample(n, seed=123)],
        "generated, refined": [sample.smiles for sample in refined.sample(n, seed=123)],
        "approved drugs and ChEMBL": draw("drugs_and_chembl.csv.gz", n, rng),
        "the same, of MOSES's weights": list(islice(in_window(draw("drugs_and_chembl.csv.gz", 10**9, rng)), n)),
        "QM9": draw("qm9.csv.gz", n, rng),
        "shuffled bonds": list(islice(shuffle_bonds(test, rng), n)),
    }
    real = judge(test)
    print(f"{'':30} {'molecules':>9} {'in range':>8} {'mean logit':>10} {'AUC':>6}")
    for name, smiles in kinds.items():
        logits = judge(smiles)
        logits = logits[~np.isnan(logits)]
        inside = np.isfinite(logits)
        mean = logits[inside].mean() if inside.any() else np.nan
        print(f"{name:30} {len(logits):>9,} {inside.mean():>8.1%} {mean:>10.2f} {auc(real, logits):>6.3f}")


def draw(file: str, n: int, rng: np.random.Generator) -> list[str]:
    smiles = [record.smiles for record in read_smiles(DATA / file)]
    return [smiles[i] for i in rng.permutation(len(smiles))[:n]]


def in_window(smiles: list[str]) -> Iterator[str]:
    """The molecules like those of MOSES: one fragment of 17 to 26 heavy atoms, without charge or stereo."""
    for text in smiles:
        molecule = parse(text)
        if molecule.mol is not None and 17 <= molecule.mol.GetNumHeavyAtoms() <= 26 and not set("@+-./") & set(text):
            yield text


def shuffle_bonds(smiles: list[str], rng: np.random.Generator) -> Iterator[str]:
    for text in smiles:
        mol = Chem.MolFromSmiles(text)
        wanted = sum(bond.GetBondType() == Chem.BondType.SINGLE for bond in mol.GetBonds()) // 4
        for _ in range(20 * wanted):
            if wanted and (changed := swap_bonds(mol, rng)) is not None:
                mol, wanted = changed, wanted - 1
        if wanted == 0:
            yield Chem.MolToSmiles(mol)


def swap_bonds(mol: Chem.Mol, rng: np.random.Generator) -> Chem.Mol | None:
    """Replace bonds a-b and c-d by a-d and c-b; None where the result is invalid or falls apart."""
    single = [bond for bond in mol.GetBonds() if bond.GetBondType() == Chem.BondType.SINGLE]
    if len(single) < 2:
        return None
    first, second = (single[i] for i in rng.choice(len(single), 2, replace=False))
    a, b, c, d = first.GetBeginAtomIdx(), first.GetEndAtomIdx(), second.GetBeginAtomIdx(), second.GetEndAtomIdx()
    if len({a, b, c, d}) < 4 or mol.GetBondBetweenAtoms(a, d) or mol.GetBondBetweenAtoms(c, b):
        return None
    changed = Chem.RWMol(mol)
    changed.RemoveBond(a, b)
    changed.RemoveBond(c, d)
    changed.AddBond(a, d, Chem.BondType.SINGLE)
    changed.AddBond(c, b, Chem.BondType.SINGLE)
    molecule = parse(Chem.MolToSmiles(changed))
    return molecule.mol if molecule.mol is not None and "." not in str(molecule.smiles) else None


if __name__ == "__main__":
    main()
