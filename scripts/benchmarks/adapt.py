"""Adapt a prior to a few actives of a target, in several ways, and compare its samples with actives it has not seen.

    pip download --no-deps MoleculeACE && unzip MoleculeACE-*.whl 'MoleculeACE/Data/*' -d ace
    python scripts/benchmarks/adapt.py ace/MoleculeACE/Data/benchmark_data [--weights medchem]
        [--targets CHEMBL234_Ki …] [--seeds 5] [--sizes 20 50 200 1000] [--samples 10000] [--keep runs/adapt_benchmark]

Actives are the molecules of MoleculeACE (van Tilborg, Alenicheva, Grisoni, J. Chem. Inf. Model. 62, 5938 (2022); MIT;
the activities are ChEMBL's) with a Ki or EC50 of 1 µM or less. A seed splits them into halves; n of the first half are
the examples, and all that is compared with is the second half. The ways:

- prior: the weights as they are;
- fixed: fine-tuning for a fixed number of epochs (--epochs), as is usually done;
- likelihood, adversarial, both: `molgan adapt` with this `method`.

Printed are means over targets and seeds, with standard deviations: FCD to the held-out half; mean similarity (Tanimoto,
ECFP4) to its nearest molecule there; shares of samples that are an example, and that are near one (similarity .9 or
more); internal diversity; the share of the held-out half's scaffolds, none of which is that of an example, that are
found among the samples. Results are kept as JSON lines, so that an interrupted run goes on, and plotted as
adaptation.svg in the same folder.
"""

import argparse
import copy
import json
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from rdkit.DataStructs import ExplicitBitVect

from molgan.chem.fingerprints import ecfp, internal_diversity, murcko_scaffold, nearest
from molgan.chem.molecule import parse, parse_all
from molgan.chem.reading import read_smiles
from molgan.evaluation.chemnet_fit import distance, fit_molecules
from molgan.models.loading import load_generator
from molgan.models.motif.motif_generator import MotifGenerator
from molgan.training.domains.adaptation import adapt, learn_for
from molgan.training.domains.settings import AdaptationSettings

ROOT = Path(__file__).parents[2]
TARGETS = ("CHEMBL234_Ki", "CHEMBL214_Ki", "CHEMBL264_Ki", "CHEMBL233_Ki", "CHEMBL244_Ki")
"""Dopamine D3, serotonin 1A, histamine H3, µ opioid receptors, factor Xa: each has 2,000 actives or more."""
WAYS = ("prior", "fixed", "likelihood", "adversarial", "both")
ACTIVE = 1000.0  # nmol/l
NEAR = 0.9
FIGURES = {
    "fcd": "FCD",
    "similarity": "nearest held-out",
    "copies": "copies",
    "near_copies": "near copies",
    "diversity": "diversity",
    "scaffolds": "scaffolds found",
    "seconds": "s",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="the folder with MoleculeACE's CSV files")
    parser.add_argument("--weights", default="medchem")
    parser.add_argument("--targets", nargs="+", default=TARGETS)
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=WAYS)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--sizes", type=int, nargs="+", default=[20, 50, 200, 1000])
    parser.add_argument("--samples", type=int, default=10_000)
    parser.add_argument("--epochs", type=int, default=20, help="epochs of the way `fixed`")
    parser.add_argument("--drawn", type=int, help="samples among which the critic chooses; the default of `adapt`")
    parser.add_argument("--keep", type=Path, default=ROOT / "runs" / "adapt_benchmark")
    arguments = parser.parse_args()
    usual = AdaptationSettings()
    drawn = arguments.drawn or usual.drawn
    settings = usual.model_copy(update={"drawn": drawn, "shown": min(usual.shown, drawn)})
    rows = list(collect(arguments, settings))
    print_table(rows)
    (arguments.keep / "adaptation.svg").write_text(plot(rows))
    print(f"plot: {arguments.keep / 'adaptation.svg'}")


def collect(arguments: argparse.Namespace, settings: AdaptationSettings) -> Iterator[dict[str, float | str]]:
    """The figures of each way, target, seed and size; those on disk are not computed again."""
    arguments.keep.mkdir(parents=True, exist_ok=True)
    path = arguments.keep / "results.jsonl"
    known = {}
    for line in path.read_text().splitlines() if path.exists() else ():
        row = json.loads(line)
        known[row["target"], row["seed"], row["size"], row["way"], row["samples"]] = row
    prior = load_generator(arguments.weights, MotifGenerator)
    for target in arguments.targets:
        actives = read_actives(arguments.data / f"{target}.csv")
        for seed in range(arguments.seeds):
            learned, held = halve(actives, seed)
            for size in arguments.sizes:
                for way in arguments.ways:
                    key = (target, seed, size, way, arguments.samples)
                    if key not in known and size <= len(learned):
                        began = time.process_time()
                        drawn = draw(prior, way, learned[:size], settings, seed, arguments)
                        row = dict(zip(("target", "seed", "size", "way", "samples"), key, strict=True))
                        row |= measure(drawn, learned[:size], held)
                        known[key] = row | {"seconds": time.process_time() - began}
                        with path.open("a") as file:
                            file.write(json.dumps(known[key]) + "\n")
                    if key in known:
                        yield known[key]


def read_actives(path: Path) -> list[str]:
    """Distinct canonical SMILES of the actives of a target, in the order of the file."""
    records = (record for record in read_smiles(path) if float(record.fields["exp_mean [nM]"]) <= ACTIVE)
    found = (parse(record.smiles) for record in records)
    return list(dict.fromkeys(str(each.smiles) for each in found if each.valid and each.is_connected))


def halve(actives: Sequence[str], seed: int) -> tuple[list[str], list[str]]:
    order = np.random.default_rng([seed, 17]).permutation(len(actives)).tolist()
    half = len(actives) // 2
    return [actives[i] for i in order[:half]], [actives[i] for i in order[half:]]


def draw(
    prior: MotifGenerator,
    way: str,
    examples: Sequence[str],
    settings: AdaptationSettings,
    seed: int,
    arguments: argparse.Namespace,
) -> list[str]:
    """Samples of the prior after it has been adapted in a way."""
    generator = copy.deepcopy(prior)
    if way == "fixed":
        learn_for(generator, examples, settings, epochs=arguments.epochs, seed=seed)
    elif way != "prior":
        adapt(generator, examples, settings.model_copy(update={"method": way}), seed=seed)
    return [sample.smiles for sample in generator.sample(arguments.samples, seed=seed)]


def measure(drawn: Sequence[str], examples: Sequence[str], held: Sequence[str]) -> dict[str, float]:
    """The figures of samples; duplicates count as often as they are drawn."""
    samples = [each for each in parse_all(drawn) if each.mol is not None]
    sides = {"held": parse_all(held), "examples": parse_all(examples)}
    prints: dict[str, list[ExplicitBitVect]] = {
        name: ecfp([each.mol for each in side if each.mol is not None]) for name, side in sides.items()
    }
    own = ecfp([each.mol for each in samples if each.mol is not None])
    to_examples, _ = nearest(own, prints["examples"])
    known = set(examples)
    scaffolds = {
        name: {murcko_scaffold(each.mol) for each in side if each.mol is not None} - {""}
        for name, side in sides.items()
    }
    new = scaffolds["held"] - scaffolds["examples"]
    found = {murcko_scaffold(each.mol) for each in samples if each.mol is not None}
    texts = [str(each.smiles) for each in samples]
    return {
        "fcd": distance(fit_molecules(texts), fit_molecules(list(held))),
        "similarity": float(nearest(own, prints["held"])[0].mean()),
        "copies": float(np.mean([text in known for text in texts])),
        "near_copies": float((to_examples >= NEAR).mean()),
        "diversity": internal_diversity(own),
        "scaffolds": len(found & new) / max(len(new), 1),
    }


def summarise(rows: Sequence[Mapping[str, float | str]]) -> dict[tuple[int, str], dict[str, tuple[float, float]]]:
    """Mean and standard deviation of each figure, by size and way."""
    groups: dict[tuple[int, str], list[Mapping[str, float | str]]] = defaultdict(list)
    for row in rows:
        groups[int(row["size"]), str(row["way"])].append(row)
    return {
        key: {name: spread([float(row[name]) for row in group]) for name in FIGURES}
        for key, group in sorted(groups.items(), key=lambda pair: (pair[0][0], WAYS.index(pair[0][1])))
    }


def spread(values: Sequence[float]) -> tuple[float, float]:
    return float(np.mean(values)), float(np.std(values))


def print_table(rows: Sequence[Mapping[str, float | str]]) -> None:
    print(f"| n | way | {' | '.join(FIGURES.values())} | runs |")
    print("|---" * (len(FIGURES) + 3) + "|")
    for (size, way), figures in summarise(rows).items():
        count = sum(row["size"] == size and row["way"] == way for row in rows)
        cells = [f"{mean:.3g} ± {deviation:.2g}" for mean, deviation in figures.values()]
        print(f"| {size} | {way} | {' | '.join(cells)} | {count} |")


def plot(rows: Sequence[Mapping[str, float | str]]) -> str:
    """An SVG with a panel for each figure against the number of examples, a line for each way."""
    found = summarise(rows)
    sizes = sorted({size for size, _ in found})
    colours = dict(zip(WAYS, ("#888", "#c60", "#06c", "#090", "#a0a"), strict=True))
    panels = [name for name in FIGURES if name != "seconds"]
    width, height, edge = 240, 170, 30
    tall = height - edge - 24
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {3 * width} {2 * height + 30}" '
        'font-family="sans-serif" font-size="11">'
    ]
    for number, name in enumerate(panels):
        left, top = number % 3 * width, number // 3 * height
        highest = max(figures[name][0] for figures in found.values()) or 1.0
        parts.append(f'<text x="{left + edge}" y="{top + 14}">{FIGURES[name]}, 0 to {highest:.3g}</text>')
        bottom = top + height - edge
        parts.append(f'<path d="M{left + edge},{top + 20}V{bottom}H{left + width - 10}" fill="none" stroke="#aaa"/>')
        step = (width - edge - 20) / max(len(sizes) - 1, 1)
        for i, size in enumerate(sizes):
            parts.append(f'<text x="{left + edge + i * step:.0f}" y="{bottom + 14}" text-anchor="middle">{size}</text>')
        for way, colour in colours.items():
            points = [
                f"{left + edge + i * step:.1f},{bottom - found[size, way][name][0] / highest * tall:.1f}"
                for i, size in enumerate(sizes)
                if (size, way) in found
            ]
            parts.append(f'<polyline points="{" ".join(points)}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
    for i, (way, colour) in enumerate(colours.items()):
        parts.append(f'<text x="{edge + i * 110}" y="{2 * height + 18}" fill="{colour}">{way}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


if __name__ == "__main__":
    main()
