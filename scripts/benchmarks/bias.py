"""Whether a bias is found: sets of real molecules of which a class is removed or doubled, beside one that is fair.

    python scripts/benchmarks/bias.py [--molecules 2000] [--seed 0] [--processes 1]

Data and sets are drawn from the test set of medicinal chemistry, without a molecule in common. For each set: precision,
recall, density and coverage; coverage and recall of the class in the data, and of the rest; and the ratio of the
class's group to the data, with its 95% interval.
"""

import argparse
from collections.abc import Callable

import numpy as np
from medchem_sets import TEST, find_set, print_table

from molgan.chem.reading import read_smiles
from molgan.cli.bars import show_progress
from molgan.evaluation.bias import Bias, compare_sets
from molgan.evaluation.composition import Composition, MoleculeSet, describe_set

CLASSES: dict[str, Callable[[Composition, str], bool]] = {
    "a sulfonyl group": lambda molecule, tier: any("S(" in group and "=O" in group for group in molecule.groups),
    "a carboxylic acid": lambda molecule, tier: "*C(=O)O" in molecule.groups,
    "fluorine": lambda molecule, tier: "*F" in molecule.groups,
    "the tier natural": lambda molecule, tier: tier == "natural",
}
GROUPS = {"a carboxylic acid": "*C(=O)O", "fluorine": "*F"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--molecules", type=int, default=2_000, help="molecules of a set, and half of those of the data"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=1)
    arguments = parser.parse_args()
    records = list(read_smiles(find_set(TEST)))
    rows = np.random.default_rng([arguments.seed, 13]).permutation(len(records))[: 3 * arguments.molecules]
    with show_progress() as progress:
        smiles = [records[row].smiles for row in rows]
        whole = describe_set(smiles, n_jobs=arguments.processes, progress=progress)
    tiers = [records[rows[place]].fields["tier"] for place in whole.rows]
    mine, data = np.arange(arguments.molecules), np.arange(arguments.molecules, len(whole))
    for name, is_member in CLASSES.items():
        member = np.array([is_member(each, tier) for each, tier in zip(whole.molecules, tiers, strict=True)])
        sets = {
            "fair": mine,
            "removed": mine[~member[mine]],
            "doubled": np.concatenate([mine, mine[member[mine]]]),
        }
        classes = np.where(member[data], "class", "rest").tolist()
        print_biases(name, {key: whole.select(chosen) for key, chosen in sets.items()}, whole.select(data), classes)


def print_biases(name: str, sets: dict[str, MoleculeSet], data: MoleculeSet, classes: list[str]) -> None:
    found = compare_sets(sets, data, tiers=classes)
    rows = {key: describe(bias, GROUPS.get(name)) for key, bias in found.sets.items()}
    if found.control is not None:
        rows["real molecules"] = describe(found.control, GROUPS.get(name))
    share = classes.count("class") / len(classes)
    columns = ("precision", "recall", "density", "coverage", "coverage of class / rest", "recall", "ratio of its group")
    print_table(f"{name}: {share:.1%} of the data, {len(data):,} molecules", columns, rows)


def describe(bias: Bias, group: str | None) -> list[object]:
    tiers = {tier.name: tier for tier in bias.tiers}
    parts = [
        " / ".join(f"{getattr(tiers[name], figure).value:.2f}" for name in ("class", "rest") if name in tiers)
        for figure in ("coverage", "recall")
    ]
    ratio = next((each.ratio for each in bias.frequencies["groups"] if each.smiles == group), None)
    times = "" if ratio is None else "{:.2f} ({:.2f} to {:.2f})".format(*(2**value for value in ratio))
    figures = [interval.value for interval in bias.figures.values()]
    return [*figures, *parts, times]


if __name__ == "__main__":
    main()
