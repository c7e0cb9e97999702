"""Measure the filter `misuse`: what it finds of a list of agents, what it rejects of medicines and other molecules.

    python scripts/benchmarks/misuse.py [--agents chemical_weapons.csv] [--samples 10000] [--weights moses]

The list of agents is a table with the columns `source` and `smiles`, of no use but to test a screen with; it is not
part of molgan: ur-whitelab/chemcrow-public (MIT). Approved drugs are the shipped set, and are named with the reason;
real molecules are the test set of medicinal chemistry. Speed is of one core, in molecules a processor second, beside
that of reading SMILES.
"""

import argparse
import csv
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

from medchem_sets import TEST, name_weights, print_table, read_set

import molgan
from molgan.bulk.library import list_controlled
from molgan.chem.misuse.screen import find_misuse, find_rules
from molgan.chem.molecule import Molecule, parse, parse_all
from molgan.chem.shipped_sets import load_reference
from molgan.cli.bars import show_progress


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--agents", type=Path, help="table of agents; left out, recall is not measured")
    parser.add_argument("--samples", type=int, default=10_000, help="samples of the weights; 0 for none")
    parser.add_argument("--weights", default="moses")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    find_misuse(parse("CCO"))  # reads the patterns
    if arguments.agents is not None:
        print_recall(arguments.agents)
    drugs = load_reference("approved_drugs")
    print_rejected([(record.fields["name"].lower(), parse(record.smiles)) for record in drugs])
    sets = {"approved drugs": [record.smiles for record in drugs], "real molecules": list(read_set(TEST))}
    if arguments.samples:
        sets[f"raw samples of {name_weights(arguments.weights)}"] = draw(
            arguments.weights, arguments.samples, arguments.seed
        )
    rows = {name: measure(smiles) for name, smiles in sets.items()}
    columns = ("molecules", "rejected", "share", "with a controlled scaffold", "filtered a second", "read a second")
    print_table("What is rejected", columns, rows)
    for name, smiles in sets.items():
        print_reasons(name, parse_all(smiles))


def print_recall(agents: Path) -> None:
    """By source of the list: rows, rows that are a molecule, and those found, also by which list of the filter."""
    rows: dict[str, Counter[str]] = defaultdict(Counter)
    missed = []
    with agents.open(newline="") as file:
        for row in csv.DictReader(file):
            found = find_rules(parse(row["smiles"]))
            rows[row["source"]].update(["rows", "found"] if found else ["rows"])
            rows[row["source"]][found[0].source if found else "missed"] += 1
            if not found:
                missed.append(f"{row['source']} {row.get('cas', '')}")
    counts = {name: (found["rows"], found["found"], found["found"] / found["rows"]) for name, found in rows.items()}
    print_table("Recall", ("rows", "found", "share"), counts)
    print(f"\nmissed: {', '.join(missed)}")


def print_rejected(drugs: Sequence[tuple[str, Molecule]]) -> None:
    reasons = {name: [reason] for name, molecule in drugs if (reason := find_misuse(molecule)) is not None}
    print_table("Approved drugs that are rejected", ("reason",), reasons)


def print_reasons(name: str, molecules: Sequence[Molecule]) -> None:
    reasons = Counter(reason for molecule in molecules if (reason := find_misuse(molecule)) is not None)
    print_table(f"Reasons among {name}", ("molecules",), {reason: [count] for reason, count in reasons.most_common()})


def measure(smiles: Sequence[str]) -> tuple[int, int, float, float, float, float]:
    begun = time.process_time()
    molecules = parse_all(smiles)
    read = time.process_time()
    rejected = sum(find_misuse(molecule) is not None for molecule in molecules)
    filtered = time.process_time()
    every_tenth = [molecule for molecule in molecules[::10] if molecule.valid]
    controlled = sum(map(bool, list_controlled(every_tenth))) / len(every_tenth)
    n = len(molecules)
    return n, rejected, rejected / n, controlled, n / (filtered - read), n / (read - begun)


def draw(weights: str, n: int, seed: int) -> list[str]:
    with show_progress() as progress:
        progress.start("sampling", n)
        drawn = molgan.sample(
            n,
            seed=seed,
            weights=weights,
            raw=True,
            misuse_filter=False,
            on_batch=lambda done: progress.advance("sampling", done),
        )
        progress.finish("sampling")
    return [text for text in drawn if text is not None]


if __name__ == "__main__":
    main()
