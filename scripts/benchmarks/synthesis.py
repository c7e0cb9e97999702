"""How many molecules have a synthesis route: of approved drugs, of molecules held out, and of libraries.

    python scripts/benchmarks/synthesis.py [runs/first runs/second own.smi] [-n 100] [--draw drawings]

Each argument is a run folder, whose library.csv is read, or a file of molecules; their best or first are taken, of the
other sets a sample by the seed. A molecule that is in stock is to be made all the same, and is counted beside. Prints a
row for each set: the share with a route, with a route of one reaction, of at most three, and with a route without a
doubt; the share in stock; the mean of steps and cost of the routes; the expansions; and the seconds of one core that a
molecule takes, by processor time. --draw keeps the routes of the first molecules of each set as SVG.
"""

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from rdkit import rdBase

from molgan.chem.molecule import parse
from molgan.chem.reading import read_smiles
from molgan.chem.retrosynthesis.building_blocks import BuildingBlocks
from molgan.chem.retrosynthesis.route import Outcome
from molgan.chem.retrosynthesis.route_search import RouteSearch
from molgan.chem.retrosynthesis.single_step import SingleStep
from molgan.chem.retrosynthesis.template_files import SHIPPED, load_templates
from molgan.chem.shipped_sets import load_reference
from molgan.report.route_drawing import draw_route

DATA = Path(__file__).parents[2] / "data"


class Found(NamedTuple):
    """What a search found for a molecule, in so many seconds of processor time; and whether it can be bought."""

    smiles: str
    outcome: Outcome
    seconds: float
    is_stocked: bool


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("libraries", type=Path, nargs="*", help="run folders, or files of molecules")
    parser.add_argument("-n", type=int, default=100, help="molecules of each set")
    parser.add_argument("--only", action="store_true", help="the libraries alone")
    parser.add_argument("--depth", type=int, default=5)
    parser.add_argument("--expansions", type=int, default=100)
    parser.add_argument("--stock", nargs="+", default=["enamine", "reagents"])
    parser.add_argument("--templates", nargs="+", default=list(SHIPPED))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--draw", type=Path, help="folder for drawings")
    parser.add_argument("--routes", type=Path, help="file for all routes, a JSON object a line")
    arguments = parser.parse_args()
    rdBase.DisableLog("rdApp.*")

    blocks = BuildingBlocks.load(arguments.stock)
    step = SingleStep(load_templates(arguments.templates), blocks.__contains__)
    search = RouteSearch(step, blocks, depth=arguments.depth, expansions=arguments.expansions)
    print(f"| set | n | {' | '.join(COLUMNS)} |\n|---|---|{'---|' * len(COLUMNS)}")
    lines = []
    for name, smiles in read_sets(arguments.libraries, arguments.n, arguments.seed, arguments.only):
        found = [measure(search, blocks, each) for each in smiles]
        print(f"| {name} | {len(found)} | {' | '.join(summarise(found))} |", flush=True)
        lines += [json.dumps({"set": name, **describe(each)}) for each in found]
        if arguments.draw:
            draw(arguments.draw, name, found)
    if arguments.routes:
        arguments.routes.write_text("".join(f"{line}\n" for line in lines))


def read_sets(libraries: Sequence[Path], n: int, seed: int, only: bool) -> Iterator[tuple[str, list[str]]]:
    """The sets by name, canonical SMILES of at most `n` molecules each."""
    if not only:
        yield "approved drugs", draw_sample([record.smiles for record in load_reference("approved_drugs")], n, seed)
        held_out = read_smiles(DATA / "medchem_test.csv.gz")
        chembl = [record.smiles for record in held_out if record.fields["tier"] == "chembl"]
        yield "ChEMBL, held out", draw_sample(chembl, n, seed)
        yield "MOSES, test", draw_sample([record.smiles for record in read_smiles(DATA / "moses_test.csv.gz")], n, seed)
    for path in libraries:
        file = path / "library.csv" if path.is_dir() else path
        yield path.name, canonicalise([record.smiles for record in read_smiles(file)])[:n]


def draw_sample(smiles: Sequence[str], n: int, seed: int) -> list[str]:
    order = np.random.default_rng(seed).permutation(len(smiles))[: 2 * n]
    return canonicalise([smiles[place] for place in order])[:n]


def canonicalise(smiles: Sequence[str]) -> list[str]:
    """Those that are one molecule."""
    molecules = map(parse, smiles)
    return [str(molecule.smiles) for molecule in molecules if molecule.is_connected]


def measure(search: RouteSearch, blocks: BuildingBlocks, smiles: str) -> Found:
    began = time.process_time()
    outcome = search(smiles, buy=False)
    return Found(smiles, outcome, time.process_time() - began, smiles in blocks)


COLUMNS = (
    "with a route",
    "one reaction",
    "at most three",
    "without a doubt",
    "in stock",
    "steps",
    "cost",
    "expansions",
    "s a molecule, mean",
    "median",
)


def summarise(found: Sequence[Found]) -> list[str]:
    routes = [each.outcome.route for each in found if each.outcome.route is not None]
    shares = [
        len(routes),
        sum(len(route.steps) == 1 for route in routes),
        sum(len(route.steps) <= 3 for route in routes),
        sum(not any(step.doubts for step in route.steps) for route in routes),
        sum(each.is_stocked for each in found),
    ]
    seconds = [each.seconds for each in found]
    return [
        *(f"{share / len(found):.0%}" for share in shares),
        f"{np.mean([len(route.steps) for route in routes]):.1f}" if routes else "",
        f"{np.mean([route.cost for route in routes]):.1f}" if routes else "",
        f"{np.mean([each.outcome.expansions for each in found]):.0f}",
        f"{np.mean(seconds):.2f}",
        f"{np.median(seconds):.2f}",
    ]


def describe(found: Found) -> dict[str, object]:
    route = found.outcome.route
    return {
        "smiles": found.smiles,
        "route": None if route is None else route.as_dict(),
        "expansions": found.outcome.expansions,
        "is_exhausted": found.outcome.is_exhausted,
        "seconds": round(found.seconds, 3),
    }


def draw(folder: Path, name: str, found: Sequence[Found]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number, each in enumerate(found[:20]):
        if each.outcome.route is not None:
            text = draw_route(each.outcome.route, title=f"{name}: {each.smiles}")
            (folder / f"{name.replace(' ', '_').replace(',', '')}_{number}.svg").write_text(text)


if __name__ == "__main__":
    main()
