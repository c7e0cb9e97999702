"""Measure the cost of filtering: molgan's druglike funnel, and the same filters by datamol, medchem and RDKit.

    python scripts/benchmarks/filtering.py [--molecules 3000] [--rounds 3]

Both parse the SMILES and judge valid, distinct, one fragment, 12 to 40 heavy atoms, Lipinski, Veber, QED of at least
0.6, PAINS and BRENK, and both let a molecule that fails one pass by the rest. Times are CPU seconds of this process,
the best of several rounds, each with its own molecules, in which the two take turns on chunks. The kept molecules must
agree.
"""

import argparse
import gzip
import time
from collections.abc import Callable
from pathlib import Path

import datamol
import numpy as np
from medchem.rules import basic_rules
from rdkit import rdBase
from rdkit.Chem import FilterCatalog
from rich.console import Console
from rich.table import Table

import molgan

MOSES = Path(__file__).parents[2] / "data" / "moses_test.csv.gz"
DRUGS = Path(__file__).parents[2] / "data" / "drugs_and_chembl.csv.gz"
FUNNEL = [
    "valid",
    "distinct",
    "connected",
    {"filter": "size", "min": 12, "max": 40},
    "lipinski",
    "veber",
    {"filter": "properties", "ranges": {"qed": {"min": 0.6}}},
    "pains",
    "brenk",
]
CHUNK = 500


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--molecules", type=int, default=3000, help="molecules a round")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    table = Table("molecules", "datamol, medchem and RDKit", "molgan", "ratio", "kept", title="molecules a CPU second")
    for name, rounds in read(arguments.molecules, arguments.rounds).items():
        theirs = Medchem()
        theirs(["CCO"])
        molgan.filter(["CCO"], FUNNEL)
        seconds, kept = zip(*[measure(smiles, theirs) for smiles in rounds], strict=True)
        rates = [len(rounds[0]) / best for best in np.min(seconds, axis=0)]
        share = sum(kept) / sum(map(len, rounds))
        table.add_row(name, f"{rates[0]:,.0f}", f"{rates[1]:,.0f}", f"{rates[1] / rates[0]:.1f}", f"{share:.0%}")
    Console().print(table)
    Console().print("The kept molecules agree.")


def read(molecules: int, rounds: int) -> dict[str, list[list[str]]]:
    """`rounds` lists of SMILES, none twice, of MOSES' test set and of drugs and ChEMBL's molecules."""
    found = {}
    for name, path in (("MOSES", MOSES), ("drugs and ChEMBL", DRUGS)):
        with gzip.open(path, "rt") as file:
            header, *lines = file.read().splitlines()
        column = header.lower().split(",").index("smiles")
        smiles = list(dict.fromkeys(line.split(",")[column] for line in lines))
        size = min(molecules, len(smiles) // rounds)
        spread = smiles[:: len(smiles) // (size * rounds)]
        found[name] = [spread[start * size : (start + 1) * size] for start in range(rounds)]
    return found


class Medchem:
    """The funnel by the functions of others, each molecule parsed once."""

    def __init__(self) -> None:
        sets = FilterCatalog.FilterCatalogParams.FilterCatalogs
        self._catalogs = [self._catalog(sets.PAINS), self._catalog(sets.BRENK)]

    def __call__(self, smiles: list[str]) -> list[bool]:
        seen: set[str] = set()
        with rdBase.BlockLogs():
            return [self._keeps(text, seen) for text in smiles]

    def _keeps(self, text: str, seen: set[str]) -> bool:
        mol = datamol.to_mol(text)
        if mol is None or (same := datamol.to_smiles(mol)) in seen:
            return False
        seen.add(same)
        return (
            "." not in same
            and 12 <= mol.GetNumHeavyAtoms() <= 40
            and basic_rules.rule_of_five(mol)
            and basic_rules.rule_of_veber(mol)
            and datamol.descriptors.qed(mol) >= 0.6
            and not any(catalog.HasMatch(mol) for catalog in self._catalogs)
        )

    @staticmethod
    def _catalog(which: object) -> FilterCatalog.FilterCatalog:
        parameters = FilterCatalog.FilterCatalogParams()
        parameters.AddCatalog(which)
        return FilterCatalog.FilterCatalog(parameters)


def measure(smiles: list[str], theirs: Callable[[list[str]], list[bool]]) -> tuple[list[float], int]:
    """CPU seconds of the others and of molgan, and how many are kept. Exits when they do not agree."""
    totals, count = np.zeros(2), 0
    for start in range(0, len(smiles), CHUNK):
        chunk = smiles[start : start + CHUNK]
        expected, other = measure_time(theirs, chunk)
        table, ours = measure_time(lambda part: molgan.filter(part, FUNNEL), chunk)
        for text, keep, row in zip(chunk, expected, table.itertuples(), strict=True):
            if keep != row.kept:
                raise SystemExit(f"not the same: {text}: {keep} and {row.kept} ({row.stage}: {row.reason})")
        totals += other, ours
        count += sum(expected)
    return totals.tolist(), count


def measure_time(function: Callable, argument: list[str]) -> tuple:
    start = time.process_time()
    result = function(argument)
    return result, time.process_time() - start


if __name__ == "__main__":
    main()
