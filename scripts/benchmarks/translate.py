"""The standard tasks of translation (Jin et al. 2019): prepare their sets of molecules, and measure trained weights.

    python scripts/benchmarks/translate.py prepare qed data/moses_train.csv.gz runs/qed
    molgan train configs/translate.yaml name=translate_qed data.from=runs/qed/from.csv data.to=runs/qed/to.csv
    python scripts/benchmarks/translate.py measure qed FOLDER/qed_test.txt runs/translate_qed [--molecules 800]
    python scripts/benchmarks/translate.py prepare drd2 FOLDER/drd2_train_pairs.txt.gz runs/drd2
    python scripts/benchmarks/translate.py measure drd2 FOLDER/drd2_test.txt runs/translate_drd2
        --drd2 molscore/bin/python drd2_current.pkl

FOLDER has the files of wengong-jin/iclr19-graph2graph (MIT). Tasks: qed (.7 to .8, to .9 or more), drd2 (below .05, to
.5 or more, predicted), logp04 and logp06 (penalised logP). Twenty translations of a molecule, without asking what is
measured. As in the authors' scripts: a translation counts if its similarity (Tanimoto, ECFP4 without stereo, 2,048
bits) is at least .4 (logp06: .6) and below 1; a molecule is a success if one of its twenty that count has the property;
gain is the largest gain of those that count, at least 0, and 0 where none does; diversity is the mean distance of pairs
of distinct successful translations of a molecule, 0 where there is one, over the molecules with a success.

`prepare` sorts training molecules by the property into those to translate and those to become, at most --most each,
none of which is in a test file (--held-out); for drd2 they are the sources and the targets of the authors' pairs,
unpaired.
"""

import argparse
import csv
import gzip
import json
import subprocess
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import networkx as nx
import numpy as np
from rdkit import Chem
from rdkit.DataStructs import BulkTanimotoSimilarity

from molgan.chem.fingerprints import ecfp
from molgan.chem.molecule import parse, parse_all
from molgan.chem.reading import read_smiles
from molgan.models.analogues.request import AnalogueRequest
from molgan.models.analogues.translation_search import TranslationSearch
from molgan.scoring.measure import Measure

TRANSLATIONS = 20


@dataclass(frozen=True)
class Task:
    """Least similarity, and the property from which on a translation is a success; what is in the two sets to learn
    from, given the property of a molecule."""

    similarity: float
    success: float | None
    is_origin: Callable[[float], bool] = lambda value: False
    is_target: Callable[[float], bool] = lambda value: False


TASKS = {
    "qed": Task(0.4, 0.9, lambda value: 0.7 <= value <= 0.8, lambda value: value >= 0.9),
    "drd2": Task(0.4, 0.5),
    "logp04": Task(0.4, None, lambda value: value <= 0, lambda value: value >= 3),
    "logp06": Task(0.6, None, lambda value: value <= 0, lambda value: value >= 2),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(required=True)
    first = verbs.add_parser("prepare")
    first.add_argument("task", choices=TASKS)
    first.add_argument("data", type=Path, help="molecules to choose from; for drd2 the authors' pairs")
    first.add_argument("out", type=Path)
    first.add_argument("--most", type=int, default=100_000)
    first.add_argument("--held-out", type=Path, nargs="*", default=[])
    first.set_defaults(work=prepare)
    second = verbs.add_parser("measure")
    second.add_argument("task", choices=TASKS)
    second.add_argument("test", type=Path)
    second.add_argument("weights")
    second.add_argument("--molecules", type=int)
    second.add_argument(
        "--budget", type=int, help="molecules drawn for each, of which the critic's best twenty are taken"
    )
    second.add_argument("--drd2", nargs=2, help="a Python with RDKit and scikit-learn, and the pickled model")
    second.add_argument("--keep", type=Path, help="JSON lines with all translations, so that it goes on")
    second.set_defaults(work=measure)
    arguments = parser.parse_args()
    arguments.work(arguments)


def prepare(arguments: argparse.Namespace) -> None:
    """Write from.csv and to.csv."""
    held = {smiles for path in arguments.held_out for smiles in read_lines(path)}
    if arguments.task == "drd2":
        with gzip.open(arguments.data, "rt") as file:
            pairs = [line.split() for line in file]
        sides = [canonical(pair[i] for pair in pairs) for i in (0, 1)]
        sides = [list(dict.fromkeys(side)) for side in sides]
    else:
        task = TASKS[arguments.task]
        smiles = canonical(record.smiles for record in read_smiles(arguments.data))
        values = [(text, value) for text, value in zip(smiles, score(arguments.task, smiles, None), strict=True)]
        sides = [[text for text, value in values if fits(value)] for fits in (task.is_origin, task.is_target)]
    common = set(sides[0]) & set(sides[1])
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name, side in zip(("from", "to"), sides, strict=True):
        kept = [text for text in side if text not in held and text not in common][: arguments.most]
        with (arguments.out / f"{name}.csv").open("w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([["smiles"], *([text] for text in kept)])
        print(f"{name}: {len(kept):,} molecules")


def measure(arguments: argparse.Namespace) -> None:
    """Translate the molecules of a test file, and print the figures."""
    task, sources = TASKS[arguments.task], read_lines(arguments.test)[: arguments.molecules]
    request = AnalogueRequest(n=TRANSLATIONS, budget=arguments.budget, misuse_filter=False)
    search = TranslationSearch.load(arguments.weights, request, seed=0)
    found = list(translate_all(search, sources, arguments.keep))
    flat = [text for few in found for text in few]
    values = dict(zip(flat, score(arguments.task, flat, arguments.drd2), strict=True))
    before = score(arguments.task, sources, arguments.drd2)
    figures = judge(task, sources, before, found, values)
    print(f"{arguments.task}: {len(sources):,} molecules, {sum(not few for few in found)} without a translation")
    for name, value in figures.items():
        print(f"{name}: {value:.4f}")


def translate_all(search: TranslationSearch, sources: Sequence[str], keep: Path | None) -> Iterator[list[str]]:
    """The translations of each molecule, none where it has none; those on disk are not drawn again."""
    lines = keep.read_text().splitlines() if keep is not None and keep.exists() else []
    known = {row["source"]: row["translations"] for row in map(json.loads, lines)}
    for text in sources:
        if text not in known:
            known[text] = [each.smiles for each in search.find(parse(text)).analogues]
            if keep is not None:
                with keep.open("a") as file:
                    file.write(json.dumps({"source": text, "translations": known[text]}) + "\n")
        yield known[text]


def judge(
    task: Task,
    sources: Sequence[str],
    before: Sequence[float],
    found: Sequence[Sequence[str]],
    values: dict[str, float],
) -> dict[str, float]:
    """Share of successes and their diversity, or the mean gain, and the mean similarity of all translations."""
    successes, diversities, gains, similarities = 0, [], [], []
    for source, own, few in zip(sources, before, found, strict=True):
        mols = [Chem.MolFromSmiles(text) for text in few]
        prints = ecfp(mols)
        alike = BulkTanimotoSimilarity(ecfp([Chem.MolFromSmiles(source)])[0], prints)
        similarities += alike
        counted = [i for i, similarity in enumerate(alike) if task.similarity <= similarity < 1]
        gains.append(max([0.0, *(values[few[i]] - own for i in counted)]))
        good = [i for i in counted if task.success is not None and values[few[i]] >= task.success]
        if good:
            successes += 1
            distances = [
                1 - s
                for place, i in enumerate(good)
                for s in BulkTanimotoSimilarity(prints[i], [prints[j] for j in good[place + 1 :]])
            ]
            diversities.append(float(np.mean(distances)) if distances else 0.0)
    figures = {"similarity": float(np.mean(similarities)) if similarities else float("nan")}
    if task.success is None:
        return {**figures, "gain": float(np.mean(gains)), "deviation": float(np.std(gains))}
    diversity = float(np.mean(diversities)) if diversities else float("nan")
    return {**figures, "success": successes / len(sources), "diversity": diversity}


def score(task: str, smiles: Sequence[str], drd2: Sequence[str] | None) -> list[float]:
    """The property of each molecule."""
    if task == "drd2":
        if drd2 is None:
            raise SystemExit("drd2: give --drd2 with a Python and the pickled model; the task has no other oracle")
        script = Path(__file__).with_name("drd2_scores.py")
        done = subprocess.run(
            [drd2[0], str(script), drd2[1]], input="\n".join(smiles), capture_output=True, text=True, check=True
        )
        return [float(line) for line in done.stdout.split()]
    mols = [Chem.MolFromSmiles(text) for text in smiles]
    if task == "qed":
        return [float(value) for value in Measure(("qed",))(mols)[:, 0]]
    parts = Measure(("logp", "sa"))(mols)
    return [penalise(mol, float(logp), float(sa)) for mol, (logp, sa) in zip(mols, parts, strict=True)]


def penalise(mol: Chem.Mol, logp: float, sa: float) -> float:
    """Penalised logP: logP less SA score less the atoms beyond six of the largest cycle, each by its mean and standard
    deviation in ZINC250k, as in the authors' code."""
    cycles = nx.cycle_basis(nx.Graph(Chem.GetAdjacencyMatrix(mol)))
    beyond = max(0, max(map(len, cycles), default=0) - 6)
    parts = (logp, 2.4570953396190123, 1.434324401111988), (-sa, -3.0525811293166134, 0.8335207024513095)
    normalised = sum((value - mean) / deviation for value, mean, deviation in parts)
    return normalised + (-beyond - -0.0485696876403053) / 0.2860212110245455


def read_lines(path: Path) -> list[str]:
    return [line.split()[0] for line in path.read_text().splitlines() if line.strip()]


def canonical(smiles: Iterable[str]) -> list[str]:
    return [str(each.smiles) for each in parse_all(smiles) if each.valid]


if __name__ == "__main__":
    main()
