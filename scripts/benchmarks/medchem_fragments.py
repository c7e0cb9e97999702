"""Molecules around given fragments: the benchmark of SAFE (E. Noutahi et al. 2023, Gotta be SAFE), as GenMol (S. Lee et
al., ICML 2025) evaluates it, on ten drugs.

    python scripts/benchmarks/medchem.py fragments fragments.csv [--target qed=0.8 --target sa=2.5]

The file with the drugs and fragments is `fragments.csv` of https://github.com/NVIDIA-Digital-Bio/genmol (folder data,
Apache 2.0), with the columns name, smiles, linker_design, motif_extension, scaffold_decoration and
superstructure_generation. Stereo and the numbers of attachment points are dropped, as there. Each task is a core whose
marks grow:

- linker design (the same as scaffold morphing there): two fragments with a mark each, to be linked;
- motif extension: one fragment with one mark;
- scaffold decoration: a scaffold with a mark at each place where the drug has something;
- superstructure generation: a core without marks, which may grow at any hydrogen. Each of ten draws marks up to three
  atoms that have one: any of the sets of such atoms with the same probability (SAFE's, GenMol draws one of them once).

Valid are samples that RDKit reads and that contain the fragment; unique the distinct of these; diversity the mean
Tanimoto distance of two distinct ones (Morgan fingerprints of radius 2, 2048 bits), distance that of these to the drug
(1024 bits); quality the distinct ones with QED ≥ .6 and SA ≤ 4, as a share of all samples. Means over the ten drugs.
"""

import argparse
import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from pathlib import Path

import numpy as np
from medchem_sets import draw_samples, print_table, samples_around_cores
from rdkit import Chem
from rdkit.Chem import rdFingerprintGenerator
from rdkit.DataStructs import BulkTanimotoSimilarity, ExplicitBitVect

from molgan.base.errors import InputError
from molgan.base.progress import Progress, Silent
from molgan.chem.molecule import parse_all
from molgan.scoring.measure import Measure

LINKER, MOTIF, SCAFFOLD, SUPERSTRUCTURE = (
    "linker_design",
    "motif_extension",
    "scaffold_decoration",
    "superstructure_generation",
)
# Quality, diversity and distance in the README of GenMol; linkers in one step, as here.
GENMOL_V2 = {
    LINKER: (0.286, 0.566, 0.545),
    MOTIF: (0.490, 0.626, 0.659),
    SCAFFOLD: (0.397, 0.571, 0.604),
    SUPERSTRUCTURE: (0.390, 0.551, 0.769),
}
DRAWS = 10  # of the marks on a core without any
MOST_MARKS = 3
LEAST_QED, MOST_SA = 0.6, 4.0


@dataclass(frozen=True)
class Task:
    """One drug and a fragment of it, as SMILES."""

    drug: str
    smiles: str
    fragment: str


def read_tasks(path: Path) -> dict[str, list[Task]]:
    """The tasks of each kind. Raises InputError where the file or a column is missing."""
    try:
        with path.open(newline="") as file:
            rows = list(csv.DictReader(file))
        return {kind: [Task(row["name"], row["smiles"], row[kind]) for row in rows] for kind in GENMOL_V2}
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}; see --help for where to find it") from None
    except KeyError as error:
        raise InputError(f"{path}: no column {error}; see --help for the columns") from None


def make_core(fragment: str) -> str:
    """A fragment without stereo, its attachment points as `*`."""
    mol = Chem.MolFromSmiles(fragment)
    for atom in mol.GetAtoms():
        atom.SetAtomMapNum(0)
        if atom.GetAtomicNum() == 0:
            atom.SetIsotope(0)
    return Chem.MolToSmiles(mol, isomericSmiles=False)


def mark_core(core: str, random: np.random.Generator) -> str:
    """The core with marks at one to three of the atoms that have a hydrogen."""
    mol = Chem.MolFromSmiles(core)
    free = [atom.GetIdx() for atom in mol.GetAtoms() if atom.GetTotalNumHs()]
    sets = [each for size in range(1, MOST_MARKS + 1) for each in combinations(free, size)]
    marked = Chem.RWMol(mol)
    for index in sets[random.integers(len(sets))]:
        atom = marked.GetAtomWithIdx(index)
        if atom.GetNumExplicitHs():
            atom.SetNumExplicitHs(atom.GetNumExplicitHs() - 1)
        marked.AddBond(index, marked.AddAtom(Chem.Atom(0)), Chem.BondType.SINGLE)
    Chem.SanitizeMol(marked)
    return Chem.MolToSmiles(marked)


@cache
def make_query(fragment: str) -> Chem.Mol:
    """The fragment without attachment points and hydrogens, as what a molecule has to contain."""
    query = Chem.RWMol(Chem.MolFromSmiles(make_core(fragment)))
    for index in sorted((atom.GetIdx() for atom in query.GetAtoms() if atom.GetAtomicNum() == 0), reverse=True):
        query.RemoveAtom(index)
    return query.GetMol()


def judge(samples: Sequence[str | None], task: Task) -> dict[str, float]:
    """Validity, uniqueness, quality, diversity and distance of the samples of one task; NaN where none is valid."""
    parsed = parse_all(samples)
    query = make_query(task.fragment)
    kept = [each for each in parsed if each.is_connected and each.mol.HasSubstructMatch(query)]
    distinct = {str(each.smiles): each.mol for each in kept}
    figures = {"valid": len(kept) / len(samples), "unique": len(distinct) / max(1, len(kept)), "quality": 0.0}
    if not distinct:
        return figures | {"diversity": np.nan, "distance": np.nan}
    mols = list(distinct.values())
    qed, sa = Measure(("qed", "sa"))(mols).T
    drug = Chem.MolFromSmiles(task.smiles)
    return figures | {
        "quality": float(np.sum((qed >= LEAST_QED) & (sa <= MOST_SA))) / len(samples),
        "diversity": find_diversity(fingerprint(mols, 2048)),
        "distance": float(
            np.mean(1 - np.array(BulkTanimotoSimilarity(*fingerprint([drug], 1024), fingerprint(mols, 1024))))
        ),
    }


def find_diversity(fingerprints: Sequence[ExplicitBitVect]) -> float:
    """The mean Tanimoto distance of two of them, 0 for a single one."""
    parts = [1 - np.array(BulkTanimotoSimilarity(one, fingerprints[:i])) for i, one in enumerate(fingerprints) if i]
    return float(np.concatenate(parts).mean()) if parts else 0.0


def fingerprint(mols: Sequence[Chem.Mol], bits: int) -> list[ExplicitBitVect]:
    """Morgan fingerprints of radius 2."""
    generator = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=bits)
    return [generator.GetFingerprint(mol) for mol in mols]


def plan_draws(kind: str, task: Task, n: int, seed: int) -> Iterator[tuple[str, int, int]]:
    """The cores of a task, with the number of samples and the seed of each."""
    core = make_core(task.fragment)
    if kind != SUPERSTRUCTURE:
        yield core, n, seed
        return
    random = np.random.default_rng(seed)
    for draw, part in enumerate(np.array_split(np.arange(n), min(DRAWS, n))):
        yield mark_core(core, random), len(part), seed * DRAWS + draw


def run(arguments: argparse.Namespace, progress: Progress) -> None:
    """The subcommand."""
    tasks = read_tasks(arguments.file)
    if not samples_around_cores():
        raise InputError("molgan.sample takes no core yet; this needs a version of molgan in which it does")
    n = arguments.molecules
    rows: dict[str, list[object]] = {}
    each_drug: dict[str, list[object]] = {}
    for kind, drugs in tasks.items():
        progress.start(kind, len(drugs) * len(arguments.seeds) * n)
        found = []
        for seed in arguments.seeds:
            for task in drugs:
                samples = sample(kind, task, seed, arguments)
                progress.advance(kind, len(samples))
                found.append(judge(samples, task))
                each_drug.setdefault(task.drug, []).append(found[-1]["quality"])
        progress.finish(kind)
        rows[kind.replace("_", " ")] = [*(find_mean([each[name] for each in found]) for name in found[0])]
        rows[kind.replace("_", " ")] += GENMOL_V2[kind]
    columns = ["valid", "unique", "quality", "diversity", "distance"]
    theirs = [f"GenMol V2, {name}" for name in columns[2:]]
    print_table(f"{n:,} samples a drug and task, means over the drugs", [*columns, *theirs], rows)
    print_table("Quality of each drug", [kind.replace("_", " ") for kind in tasks for _ in arguments.seeds], each_drug)


def sample(kind: str, task: Task, seed: int, arguments: argparse.Namespace) -> list[str | None]:
    """The samples of one task."""
    targets = {name: float(value) for name, _, value in (text.partition("=") for text in arguments.target)}
    options = {"raw": arguments.raw, "progress": Silent(), "targets": targets}
    return [
        smiles
        for core, part, its_seed in plan_draws(kind, task, arguments.molecules, seed)
        for smiles in draw_samples(arguments.weights, part, its_seed, core=core, **options)
    ]


def find_mean(values: Sequence[float]) -> float:
    """The mean of the values that are not NaN; NaN of none."""
    known = [value for value in values if value == value]
    return float(np.mean(known)) if known else float("nan")
