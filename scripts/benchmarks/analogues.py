"""Measure analogues of held-out molecules, beside genetic moves, mutations by CReM and the prior without a source.

    python scripts/benchmarks/analogues.py analogues [--sources 500] [--samples 100] [--recovery 1000]
        [--similarity 0.5:0.8] [--crem fragments.db] [--processes 2]

Sources: half approved drugs and ChEMBL molecules of data/drugs_and_chembl.csv.gz, half ChEMBL molecules of the test
sets, those first that have real analogues there: other molecules of the test sets with the same Murcko scaffold. None
of them, nor their analogues, is in a pair that was trained on. Each way draws samples of each source:

- ours: the generator given the source, asked for similarities that go through the range;
- genetic: one or two genetic moves of goal-directed design from the source (motifs exchanged, added or removed,
  rings exchanged, atoms and bonds changed), with the motifs of the weights;
- crem: CReM's mutations of the source (Polishchuk 2020) at random, from fragments of our training data (with --crem;
  `pip install crem`, then `cremdb_create -i train.smi -o fragments.db -s train` on a part of medchem_train.csv.gz);
- prior: the same generator without a source.

Printed are means over the sources: the share of samples that are valid, distinct among a source's samples, within the
range of similarity, not the source; and of the sources with real analogues the share of these that are found, without
stereo, among the first samples and among more of them. The samples are kept as JSON lines (--keep), so that an
interrupted run goes on.
"""

import argparse
import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from rdkit import Chem, rdBase
from rdkit.DataStructs import BulkTanimotoSimilarity

from molgan.base.parallel import Processes, cores
from molgan.chem.fingerprints import ecfp
from molgan.chem.molecule import parse
from molgan.chem.motifs import write
from molgan.chem.reading import read_smiles
from molgan.chem.stereo import remove_stereo
from molgan.graphs.motif.actions import NotEncodable
from molgan.graphs.motif.flat_tree import FlatTree
from molgan.graphs.motif.motif_data import read_tree
from molgan.models.analogues.analogue_search import AnalogueSearch
from molgan.models.analogues.request import AnalogueRequest, read_range
from molgan.models.motif.encoding import encode_molecule
from molgan.training.design.genetic import Motifs, edit_motif, reroot
from molgan.training.design.mutation import mutate_atom
from molgan.training.design.ring_exchange import exchange_ring, read_ring_motifs

ROOT = Path(__file__).parents[2]
DRUGS = ROOT / "data" / "drugs_and_chembl.csv.gz"
TESTS = (ROOT / "data" / "medchem_test.csv.gz", ROOT / "data" / "medchem_test_scaffolds.csv.gz")
STEPS = 4  # similarities that are asked for in turn
TRIES = 50  # genetic moves for a sample


@dataclass(frozen=True)
class Source:
    """A held-out molecule, and real analogues of it without stereo."""

    smiles: str
    actions: list[int]
    real: tuple[str, ...]


@dataclass(frozen=True)
class Way:
    """A way to draw `count` samples of a source, with a seed for it."""

    name: str
    draw: Callable[[Source, int, int], list[str]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights")
    parser.add_argument("--sources", type=int, default=500)
    parser.add_argument("--samples", type=int, default=100, help="samples of a source for all figures")
    parser.add_argument(
        "--recovery", type=int, default=1000, help="samples of a source among which analogues are found"
    )
    parser.add_argument("--similarity", default="0.5:0.8")
    parser.add_argument("--crem", type=Path, help="CReM's data base of fragments")
    parser.add_argument("--keep", type=Path, default=ROOT / "runs" / "analogues_benchmark", help="folder for samples")
    parser.add_argument("--processes", type=int, default=cores())
    arguments = parser.parse_args()
    wanted = read_range(arguments.similarity)
    request = AnalogueRequest(similarity=wanted)
    search = AnalogueSearch.load(arguments.weights, request, seed=0)
    sources = choose_sources(search, arguments.sources, TESTS, DRUGS)
    print(f"{len(sources)} sources, {sum(bool(each.real) for each in sources)} with real analogues", flush=True)
    ways = ["ours", "genetic", *(["crem"] if arguments.crem else []), "prior"]
    print(f"| | valid | distinct | {wanted[0]:g} to {wanted[1]:g} | not the source | similarity | "
          f"recovered of {arguments.samples} | of {arguments.recovery} | s a source |")  # fmt: skip
    print("|---" * 9 + "|")
    for name in ways:
        kept = arguments.keep / f"{name}.jsonl"
        work = partial(draw_kept, str(arguments.weights), wanted, arguments.crem, name, arguments.recovery)
        samples, seconds = collect(kept, sources, work, arguments.processes)
        figures = measure(sources, samples, wanted, arguments.samples)
        cells = [f"{figure:.3f}" for figure in figures]
        print(f"| {name} | " + " | ".join(cells) + f" | {seconds / len(sources):.2f} |", flush=True)


def choose_sources(search: AnalogueSearch, count: int, tests: Sequence[Path], drugs: Path) -> list[Source]:
    """Half from the test sets, those with most real analogues first, and half from drugs and ChEMBL, at random."""
    series: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for path in tests:
        for record in read_smiles(path):
            scaffold = find_scaffold(record.smiles)
            if scaffold and record.fields.get("tier", "chembl") == "chembl":
                series[scaffold].append((record.smiles, drop_stereo(record.smiles)))
    rng = np.random.default_rng(0)
    groups = [each for each in series.values() if len({flat for _, flat in each}) > 1]
    found: list[Source] = []
    for i in rng.permutation(len(groups)).tolist():
        if len(found) == count // 2:
            break
        smiles, flat = groups[i][0]
        real = tuple(sorted({other for _, other in groups[i]} - {flat}))
        found += make_source(search, smiles, real)
    others = [record.smiles for record in read_smiles(drugs)]
    for i in rng.permutation(len(others)).tolist():
        if len(found) == count:
            break
        members = series.get(find_scaffold(others[i]), [])
        found += make_source(search, others[i], tuple(sorted({flat for _, flat in members} - {drop_stereo(others[i])})))
    return found


def make_source(search: AnalogueSearch, smiles: str, real: tuple[str, ...]) -> list[Source]:
    molecule = parse(smiles)
    try:
        return [Source(str(molecule.smiles), encode_molecule(molecule, search.generator), real)]
    except NotEncodable:
        return []


def find_scaffold(smiles: str) -> int:
    try:
        with rdBase.BlockLogs():
            return FlatTree(read_tree(smiles)).scaffold
    except (NotEncodable, RuntimeError, ValueError):
        return 0


def drop_stereo(smiles: str) -> str:
    mol = Chem.MolFromSmiles(smiles)
    return "" if mol is None else str(Chem.MolToSmiles(remove_stereo(mol)))


def collect(
    kept: Path, sources: Sequence[Source], work: Callable[[tuple[int, Source]], list[str]], processes: int
) -> tuple[list[list[str]], float]:
    """The samples of each source, and the seconds of one process that they took; those on disk are not drawn again."""
    kept.parent.mkdir(parents=True, exist_ok=True)
    known: dict[str, tuple[list[str], float]] = {}
    if kept.exists():
        for line in kept.read_text().splitlines():
            row = json.loads(line)
            known[row["source"]] = row["samples"], row["seconds"]
    missing = [(i, each) for i, each in enumerate(sources) if each.smiles not in known]
    with kept.open("a") as file, Processes(partial(clock, work), processes) as workers:
        for (_, source), (samples, seconds) in zip(missing, workers.map(missing), strict=True):
            known[source.smiles] = samples, seconds
            file.write(json.dumps({"source": source.smiles, "samples": samples, "seconds": seconds}) + "\n")
            file.flush()
    return [known[each.smiles][0] for each in sources], sum(known[each.smiles][1] for each in sources)


def clock(work: Callable[[tuple[int, Source]], list[str]], job: tuple[int, Source]) -> tuple[list[str], float]:
    began = time.perf_counter()
    return work(job), time.perf_counter() - began


_WAYS: dict[str, Way] = {}


def draw_kept(
    weights: str, wanted: tuple[float, float], crem: Path | None, name: str, count: int, job: tuple[int, Source]
) -> list[str]:
    """Samples of a source by a way; the weights are loaded once in each process."""
    number, source = job
    if name not in _WAYS:
        torch.set_num_threads(1)
        search = AnalogueSearch.load(weights, AnalogueRequest(similarity=wanted), seed=0)
        _WAYS[name] = Way(name, list_ways(search, wanted, crem)[name])
    return _WAYS[name].draw(source, count, number)


def list_ways(
    search: AnalogueSearch, wanted: tuple[float, float], crem: Path | None
) -> Mapping[str, Callable[[Source, int, int], list[str]]]:
    return {
        "ours": partial(draw_ours, search, wanted),
        "genetic": partial(draw_genetic, search),
        "crem": partial(draw_crem, crem),
        "prior": partial(draw_prior, search),
    }


def draw_ours(search: AnalogueSearch, wanted: tuple[float, float], source: Source, count: int, seed: int) -> list[str]:
    low, high = wanted
    parts: list[list[str]] = []
    for step in range(STEPS):
        similarity = low + (high - low) * (step + 0.5) / STEPS
        size = len(range(step, count, STEPS))
        parts.append(search.sample(source.actions, size, seed=seed * STEPS + step, similarity=similarity))
    return [parts[i % STEPS][i // STEPS] for i in range(count)]


def draw_prior(search: AnalogueSearch, source: Source, count: int, seed: int) -> list[str]:
    return [sample.smiles for sample in search.generator.sample(count, seed=seed)]


def draw_genetic(search: AnalogueSearch, source: Source, count: int, seed: int) -> list[str]:
    rng = np.random.default_rng([seed, 11])
    vocabulary, most = search.generator.vocabulary.motifs, search.generator.max_atoms
    rings = read_ring_motifs(vocabulary)
    mol = Chem.MolFromSmiles(drop_stereo(source.smiles))
    found = []
    for _ in range(count):
        tree, moves = reroot(mol, rng), 1 + int(rng.integers(2))
        for _ in range(TRIES):
            pick = rng.random()
            if pick < 1 / 3:
                child = edit_motif(tree, Motifs(vocabulary), rng, max_atoms=most)
            elif pick < 2 / 3:
                child = mutate_atom(tree, rng, max_atoms=most)
            else:
                child = exchange_ring(tree, rings, rng, max_atoms=most)
            tree, moves = (tree, moves) if child is None else (child, moves - 1)
            if not moves:
                break
        found.append(write(tree))
    return found


def draw_crem(database: Path | None, source: Source, count: int, seed: int) -> list[str]:
    from crem.crem import mutate_mol

    mutants = mutate_mol(
        Chem.MolFromSmiles(source.smiles),
        db_name=str(database),
        radius=2,
        max_size=10,
        max_replacements=count,
        seed=seed,
    )
    rng = np.random.default_rng([seed, 13])
    found = sorted(set(mutants))
    return [found[i] for i in rng.permutation(len(found))[:count].tolist()]


def measure(
    sources: Sequence[Source], samples: Sequence[Sequence[str]], wanted: tuple[float, float], few: int
) -> list[float]:
    """Valid, distinct, within the range, not the source, mean similarity, recovered among few and among all; means over
    the sources. A way that gives less than `few` samples has the shares of those that it gives."""
    rows = []
    for source, drawn in zip(sources, samples, strict=True):
        valid = list(parse_each(drawn[:few]))
        known = {smiles for smiles, _ in valid}
        (own,) = ecfp([Chem.MolFromSmiles(source.smiles)])
        alike = np.array(BulkTanimotoSimilarity(own, ecfp([mol for _, mol in valid])))
        flat = [drop_stereo(smiles) for smiles in drawn]
        inside = ((alike >= wanted[0]) & (alike <= wanted[1])).sum()
        n = max(len(drawn[:few]), 1)
        recovered = [
            len(set(source.real) & set(some)) / len(source.real) if source.real else np.nan
            for some in (flat[:few], flat)
        ]
        others = sum(smiles != source.smiles for smiles, _ in valid)
        similarity = alike.mean() if len(alike) else np.nan
        rows.append([len(valid) / n, len(known) / n, inside / n, others / n, similarity, *recovered])
    return [float(value) for value in np.nanmean(np.array(rows, dtype=np.float64), axis=0)]


def parse_each(smiles: Sequence[str]) -> Iterator[tuple[str, Chem.Mol]]:
    for text in smiles:
        molecule = parse(text)
        if molecule.mol is not None:
            yield str(molecule.smiles), molecule.mol


if __name__ == "__main__":
    main()
