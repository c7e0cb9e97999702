"""Measure how well `realism` and `molgan anomalies` tell real molecules from others, beside SA score and other scorers.

    python scripts/benchmarks/anomalies.py classes --molecules 1000
    python scripts/benchmarks/anomalies.py blame --molecules 1000
    python scripts/benchmarks/anomalies.py pairs --molecules 1000

`classes` prints the area under the ROC curve of approved drugs, and of molecules of ChEMBL that neither the training
nor the calibration saw, against

- shuffled: molecules of ChEMBL whose single bonds exchange their ends until half of them have,
- strained: molecules of QM9 of nine heavy atoms with a ring of three or four,
- bad generator: raw samples of the weights `moses` at a temperature of 1.6,
- one edit: molecules of ChEMBL with one element, bond order or place of a substituent changed within the valences.

`blame` says how often the part to blame holds an atom that was edited, and how often the edited molecule of a pair is
the stranger one. `pairs` asks for the agreement with chemists who preferred one molecule of a pair (MolSkill): by
values that no pair was used for, and by a logistic regression on the three values and the critic's descriptors, fitted
to half of the pairs, all of whose molecules differ from those of the other half. It needs scikit-learn, of the extra
`qsar`. Molecules that the weights cannot say count nowhere; the first line says how many.
"""

import argparse
import csv
import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from rdkit import Chem, RDLogger
from realism import shuffle_bonds

from molgan.chem.molecule import parse, parse_all
from molgan.chem.plausibility.chemistry_index import load_chemistry
from molgan.evaluation.roc import auc
from molgan.models.loading import load_generator
from molgan.models.realism.blame import find_blame
from molgan.models.realism.realism_meter import Realism, RealismMeter
from molgan.models.weights import find_weights
from molgan.scoring.registry import get_scorer

DATA = Path(__file__).parents[2] / "data"
OWN = ("typicality", "realism", "critic", "likelihood", "part")
OTHERS = {"sa": -1, "qed": 1, "fragment_familiarity": 1, "preference": 1}
BAD_TEMPERATURE = 1.6
EDITS = {6: (7, 8, 16), 7: (6, 8), 8: (6, 7, 16), 16: (6, 8), 9: (7, 8)}
ATTEMPTS = 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=("classes", "blame", "pairs"))
    parser.add_argument("--weights", default="medchem", help="calibrated weights with a critic")
    parser.add_argument("--molecules", type=int, default=1000, help="molecules of each class, or pairs")
    arguments = parser.parse_args()
    RDLogger.DisableLog("rdApp.*")
    {"classes": compare_classes, "blame": judge_blame, "pairs": judge_pairs}[arguments.part](
        RealismMeter.load(arguments.weights), arguments.weights, arguments.molecules
    )


def compare_classes(meter: RealismMeter, weights: str, n: int) -> None:
    rng = np.random.default_rng(0)
    held_out = draw_held_out(weights, rng)
    edited = [after for _, after, _ in make_edits(held_out[2 * n :], n, rng)]
    samples = load_generator("moses").sample(n, seed=1, temperature=BAD_TEMPERATURE)
    sets = {
        "approved drugs": draw_rows("drugs_and_chembl.csv.gz", "source", "approved drug", rng)[:n],
        "ChEMBL": held_out[:n],
        "shuffled": take(shuffle_bonds(held_out[n:], rng), n),
        "strained": draw_strained(n, rng),
        "bad generator": [sample.smiles for sample in samples],
        "one edit": edited,
    }
    values = {name: measure(meter, name, smiles) for name, smiles in sets.items()}
    names = (*OWN, *OTHERS)
    print(f"| real | others | {' | '.join(names)} |\n|{'---|' * (len(names) + 2)}")
    for real in list(sets)[:2]:
        for other in list(sets)[2:]:
            cells = [f"{compare(values[real][name], values[other][name]):.3f}" for name in names]
            print(f"| {real} | {other} | {' | '.join(cells)} |")
    for name, found in values.items():
        below = [f"{np.mean(found['realism'] < limit):.3f}" for limit in (0.01, 0.05, 0.5)]
        print(f"{name}: realism below .01, .05, .5: {', '.join(below)}")


def compare(real: np.ndarray, others: np.ndarray) -> float:
    """The area under the ROC curve, of the molecules that have a value."""
    return auc(real[np.isfinite(real)], others[np.isfinite(others)])


def judge_blame(meter: RealismMeter, weights: str, n: int) -> None:
    rng = np.random.default_rng(1)
    index = load_chemistry()
    edits = list(make_edits(draw_held_out(weights, rng), n, rng))
    before = meter(parse_all(smiles for smiles, _, _ in edits))
    after = meter(parse_all(smiles for _, smiles, _ in edits))
    stranger: dict[str, list[float]] = {name: [] for name in OWN}
    hits, chance = [], []
    for (_, smiles, atoms), one, other in zip(edits, before, after, strict=True):
        if one.error is not None or other.error is not None:
            continue
        for name in OWN:
            first, second = getattr(one, name), getattr(other, name)
            stranger[name].append((second < first) + 0.5 * (second == first))
        mol = Chem.MolFromSmiles(smiles)
        blame = find_blame(mol, other.parts, index)
        hits.append(blame is not None and bool(set(blame.atoms) & set(atoms)))
        size = len(blame.atoms) if blame is not None else 0
        # As many atoms at random: the chance that none of them is an edited one.
        rest = np.arange(mol.GetNumAtoms(), mol.GetNumAtoms() - size, -1)
        chance.append(1 - np.prod(np.maximum(rest - len(atoms), 0) / rest))
    print(f"{len(hits)} of {len(edits)} pairs judged")
    print(f"blame holds an edited atom: {np.mean(hits):.3f}; as many atoms at random: {np.mean(chance):.3f}")
    for name, found in stranger.items():
        print(f"the edited one is the stranger by {name}: {np.mean(found):.3f}")


def judge_pairs(meter: RealismMeter, weights: str, n: int) -> None:
    with gzip.open(DATA / "admet" / "preference.csv.gz", "rt", newline="") as file:
        pairs = [(row["preferred"], row["other"]) for row in csv.DictReader(file)]
    pairs = [pairs[i] for i in np.random.default_rng(2).permutation(len(pairs))[:n]]
    smiles = sorted({text for pair in pairs for text in pair})
    values = measure(meter, "molecules of pairs", smiles, keep_all=True)
    place = {text: number for number, text in enumerate(smiles)}
    sides = np.array([[place[one], place[other]] for one, other in pairs])
    sides = sides[np.isfinite(values["realism"][sides]).all(axis=1)]
    print(f"{len(sides)} of {len(pairs)} pairs judged")
    for name in (*OWN, *OTHERS):
        agreement = np.sign(values[name][sides[:, 0]] - values[name][sides[:, 1]]) / 2 + 0.5
        print(f"| {name} | {agreement.mean():.3f} ± {agreement.std(ddof=1) / np.sqrt(len(sides)):.3f} |")
    rows = np.column_stack([values[name] for name in OWN] + [meter.describe(parse_all(smiles))])
    agreement = fit_head(rows, sides, len(smiles))
    print(
        f"| head, half of the pairs | {agreement.mean():.3f} ± {agreement.std(ddof=1) / np.sqrt(len(agreement)):.3f} |"
    )


def fit_head(rows: np.ndarray, sides: np.ndarray, count: int) -> np.ndarray:
    """Whether the head agrees with each pair of the other half; either half is fitted once."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components
    from sklearn.linear_model import LogisticRegression

    graph = coo_array((np.ones(len(sides)), (sides[:, 0], sides[:, 1])), shape=(count, count))
    _, group = connected_components(graph, directed=False)
    half = np.random.default_rng(3).permutation(group.max() + 1)[group[sides[:, 0]]] % 2
    scaled = (rows - np.nanmean(rows, axis=0)) / np.maximum(np.nanstd(rows, axis=0), 1e-6)
    differences = np.clip(np.nan_to_num(scaled[sides[:, 0]] - scaled[sides[:, 1]]), -6, 6)
    found = np.zeros(len(sides))
    for left in (0, 1):
        known = differences[half != left]
        label = np.arange(len(known)) % 2  # every other pair the other way round, so that the classes are two
        model = LogisticRegression(C=0.03, fit_intercept=False, max_iter=1000)
        model.fit(np.where(label[:, None] == 1, known, -known), label)
        found[half == left] = (differences[half == left] @ model.coef_[0] > 0).astype(float)
    return found


def measure(meter: RealismMeter, title: str, smiles: list[str], *, keep_all: bool = False) -> dict[str, np.ndarray]:
    """The values of each measure, higher being more real, of the molecules that the weights can say."""
    found: list[Realism] = meter(parse_all(smiles))
    judged = np.array([one.error is None for one in found])
    print(f"{title}: {judged.sum():,} of {len(smiles):,} judged", flush=True)
    values = {name: np.array([getattr(one, name) for one in found]) for name in OWN}
    values |= {name: sign * get_scorer(name)(smiles).values for name, sign in OTHERS.items()}
    return values if keep_all else {name: column[judged] for name, column in values.items()}


def draw_held_out(weights: str, rng: np.random.Generator) -> list[str]:
    """Molecules of ChEMBL among the held-out ones that the calibration did not take, in random order."""
    path = find_weights(weights)
    about = json.loads(path.with_name(f"{path.name}_realism.json").read_text())["about"]
    with gzip.open(DATA / about["held_out"], "rt", newline="") as file:
        rows = [row for i, row in enumerate(csv.DictReader(file)) if i % about["step"]]
    smiles = [row["smiles"] for row in rows if row.get("tier", "chembl") == "chembl"]
    return [smiles[i] for i in rng.permutation(len(smiles))]


def draw_rows(file: str, column: str, value: str, rng: np.random.Generator) -> list[str]:
    with gzip.open(DATA / file, "rt", newline="") as stream:
        smiles = [row["smiles"] for row in csv.DictReader(stream) if row[column] == value]
    return [smiles[i] for i in rng.permutation(len(smiles))]


def draw_strained(n: int, rng: np.random.Generator) -> list[str]:
    with gzip.open(DATA / "qm9.csv.gz", "rt", newline="") as stream:
        smiles = [row["smiles"] for row in csv.DictReader(stream)]
    order = (smiles[i] for i in rng.permutation(len(smiles)))
    return take((text for text in order if is_strained(Chem.MolFromSmiles(text))), n)


def is_strained(mol: Chem.Mol | None) -> bool:
    return mol is not None and mol.GetNumHeavyAtoms() == 9 and min(map(len, Chem.GetSymmSSSR(mol)), default=9) < 5


def take(items: Iterator[str], n: int) -> list[str]:
    return [text for text, _ in zip(items, range(n), strict=False)]


def make_edits(smiles: list[str], n: int, rng: np.random.Generator) -> Iterator[tuple[str, str, tuple[int, ...]]]:
    """Molecules with one edit each: before and after, both without stereo, and the edited atoms as numbered in the text
    after."""
    edits: tuple[Callable[[Chem.RWMol, np.random.Generator], tuple[int, ...]], ...] = (
        change_element,
        change_order,
        move_substituent,
    )
    made = 0
    for text in smiles:
        if made == n:
            return
        flat = Chem.MolFromSmiles(text)
        Chem.RemoveStereochemistry(flat)  # what an edit leaves of it would tell edited molecules from others
        before = Chem.MolToSmiles(flat)
        for _ in range(ATTEMPTS):
            done = try_edit(before, edits[made % len(edits)], rng)
            if done is not None:
                yield before, *done
                made += 1
                break


def try_edit(
    text: str, edit: Callable[[Chem.RWMol, np.random.Generator], tuple[int, ...]], rng: np.random.Generator
) -> tuple[str, tuple[int, ...]] | None:
    """The edited molecule and its edited atoms; None where that is no single valid molecule, or the same."""
    mol = Chem.RWMol(Chem.MolFromSmiles(text))
    Chem.Kekulize(mol, clearAromaticFlags=True)
    atoms = edit(mol, rng)
    if not atoms or Chem.SanitizeMol(mol, catchErrors=True) != Chem.SanitizeFlags.SANITIZE_NONE:
        return None
    written = Chem.MolToSmiles(mol)
    order = [int(i) for i in mol.GetProp("_smilesAtomOutputOrder").strip("[],").split(",")]
    found = parse(written)
    if found.smiles is None or "." in found.smiles or Chem.MolFromSmiles(written).GetNumAtoms() != len(order):
        return None
    if found.smiles == parse(text).smiles:
        return None
    return written, tuple(order.index(atom) for atom in atoms)


def change_element(mol: Chem.RWMol, rng: np.random.Generator) -> tuple[int, ...]:
    """Another element of the same atom, where its bonds allow."""
    atom = mol.GetAtomWithIdx(int(rng.integers(mol.GetNumAtoms())))
    choices = EDITS.get(atom.GetAtomicNum(), ())
    if not choices or atom.GetFormalCharge():
        return ()
    atom.SetAtomicNum(int(rng.choice(choices)))
    atom.SetNoImplicit(False)
    atom.SetNumExplicitHs(0)
    return (atom.GetIdx(),)


def change_order(mol: Chem.RWMol, rng: np.random.Generator) -> tuple[int, ...]:
    """A single bond for a double one, or a double one for a single one where there are hydrogens for it."""
    bond = mol.GetBondWithIdx(int(rng.integers(mol.GetNumBonds())))
    ends = bond.GetBeginAtom(), bond.GetEndAtom()
    if any(atom.GetFormalCharge() for atom in ends):
        return ()
    single, double = Chem.BondType.SINGLE, Chem.BondType.DOUBLE
    if bond.GetBondType() == single and all(atom.GetTotalNumHs() for atom in ends):
        bond.SetBondType(double)
    elif bond.GetBondType() == double:
        bond.SetBondType(single)
    else:
        return ()
    for atom in ends:
        atom.SetNoImplicit(False)
        atom.SetNumExplicitHs(0)
    return tuple(atom.GetIdx() for atom in ends)


def move_substituent(mol: Chem.RWMol, rng: np.random.Generator) -> tuple[int, ...]:
    """What hangs on an acyclic single bond, bound to another atom that has a hydrogen."""
    bonds = [
        bond.GetIdx() for bond in mol.GetBonds() if not bond.IsInRing() and bond.GetBondType() == Chem.BondType.SINGLE
    ]
    if not bonds:
        return ()
    bond = mol.GetBondWithIdx(int(rng.choice(bonds)))
    kept, moved = bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()
    if rng.integers(2):
        kept, moved = moved, kept
    mol.RemoveBond(kept, moved)
    own = next(set(piece) for piece in Chem.GetMolFrags(mol) if kept in piece)
    places = [i for i in own if i != kept and mol.GetAtomWithIdx(i).GetTotalNumHs()]
    if moved in own or not places:
        return ()
    place = int(rng.choice(places))
    mol.AddBond(place, moved, Chem.BondType.SINGLE)
    for i in (kept, place):
        mol.GetAtomWithIdx(i).SetNoImplicit(False)
        mol.GetAtomWithIdx(i).SetNumExplicitHs(0)
    return kept, place, moved


if __name__ == "__main__":
    main()
