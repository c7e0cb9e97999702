"""What scoring costs: RDKit in a loop, molgan, and the bare parse, in one run on one core; the values must agree.

    python scripts/benchmarks/scoring.py [--molecules 5000] [--rounds 3]

Times are CPU seconds of this process, the best of some rounds, in which the three take turns on chunks of molecules.
Every round has molecules of its own, so that nothing is answered from the score cache; what molgan has learned about
surroundings of atoms stays, as in a campaign. What is loaded once (tables, patterns) is timed apart.
"""

import argparse
import gzip
import importlib.util
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from rdkit import Chem, RDConfig
from rdkit.Chem import QED, Crippen, FilterCatalog, rdMolDescriptors
from rich.console import Console
from rich.table import Table

from molgan.scoring.table import score

MOSES = Path(__file__).parents[2] / "data" / "moses_test.csv.gz"
SCORERS = ["qed", "sa", "logp", "tpsa", "mw", "pains", "brenk"]
CHUNK = 500


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--molecules", type=int, default=5000, help="molecules a round")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    rdkit, seconds = timed(lambda _: rdkit_loop(), [])
    print(f"loading: RDKit's catalogs and table {seconds:.2f} s, ", end="")
    rdkit(["CCO"])
    print(f"molgan's {timed(lambda smiles: score(smiles, SCORERS), ['CCO'])[1]:.2f} s")
    rows = [measured(smiles, rdkit) for smiles in read(arguments.molecules, arguments.rounds)]
    report(np.min(rows, axis=0) / arguments.molecules * 1e6)


def read(molecules: int, rounds: int) -> list[list[str]]:
    """`rounds` lists of `molecules` SMILES each, spread over the MOSES test set."""
    with gzip.open(MOSES, "rt") as file:
        smiles = [line.partition(",")[0].strip() for line in file][1:]
    stride = len(smiles) // (molecules * rounds)
    if stride == 0:
        raise SystemExit(f"the MOSES test set has {len(smiles)} molecules: ask for fewer")
    spread = smiles[::stride]
    return [spread[start * molecules : (start + 1) * molecules] for start in range(rounds)]


def rdkit_loop() -> Callable[[list[str]], np.ndarray]:
    """RDKit's own functions, one after the other on each molecule."""
    path = Path(RDConfig.RDContribDir) / "SA_Score" / "sascorer.py"
    spec = importlib.util.spec_from_file_location("sascorer", path)
    sascorer = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sascorer)
    pains, brenk = catalog("PAINS"), catalog("BRENK")

    def loop(smiles: list[str]) -> np.ndarray:
        rows = []
        for text in smiles:
            mol = Chem.MolFromSmiles(text)
            properties = (
                QED.qed(mol),
                sascorer.calculateScore(mol),
                Crippen.MolLogP(mol),
                rdMolDescriptors.CalcTPSA(mol),
            )
            rows.append([*properties, rdMolDescriptors._CalcMolWt(mol), pains.HasMatch(mol), brenk.HasMatch(mol)])
        return np.array(rows, dtype=float)

    return loop


def catalog(name: str) -> FilterCatalog.FilterCatalog:
    parameters = FilterCatalog.FilterCatalogParams()
    parameters.AddCatalog(getattr(FilterCatalog.FilterCatalogParams.FilterCatalogs, name))
    return FilterCatalog.FilterCatalog(parameters)


def measured(smiles: list[str], rdkit: Callable[[list[str]], np.ndarray]) -> list[float]:
    """CPU seconds of RDKit's loop, of molgan, and of the parse. Exits when the values differ."""
    totals = np.zeros(3)
    for start in range(0, len(smiles), CHUNK):
        chunk = smiles[start : start + CHUNK]
        expected, loop = timed(rdkit, chunk)
        table, ours = timed(lambda part: score(part, SCORERS), chunk)
        _, parse = timed(lambda part: [Chem.MolFromSmiles(text) for text in part], chunk)
        worst = np.abs(table[SCORERS].to_numpy(dtype=float) - expected).max(axis=0)
        if not worst.max() <= 1e-6:
            raise SystemExit(f"values differ: {dict(zip(SCORERS, worst.tolist(), strict=True))}")
        totals += loop, ours, parse
    return totals.tolist()


def timed(function: Callable, argument: list[str]) -> tuple:
    start = time.process_time()
    result = function(argument)
    return result, time.process_time() - start


def report(microseconds: np.ndarray) -> None:
    loop, _, parse = microseconds
    table = Table("", "µs a molecule", "faster than RDKit's loop", "times the parse", title=", ".join(SCORERS))
    for name, cost in zip(("RDKit in a loop", "molgan.score", "RDKit's parse alone"), microseconds, strict=True):
        table.add_row(name, f"{cost:.0f}", f"{loop / cost:.1f}", f"{cost / parse:.1f}")
    console = Console()
    console.print(table)
    console.print("Values agree to 1e-6, alerts exactly.")


if __name__ == "__main__":
    main()
