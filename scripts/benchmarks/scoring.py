"""Measure the cost of scoring: RDKit in a loop, other packages, molgan on one core and on two, and parsing alone.

    python scripts/benchmarks/scoring.py [--molecules 5000] [--rounds 3]

Times on one core are CPU seconds of this process, the best of some rounds, in which all take turns on chunks of
molecules; those on two cores are seconds by the clock, so the machine should have nothing else to do. Every round has
molecules of its own, so that nothing is answered from the score cache; what molgan has learned about surroundings of
atoms stays, as in a campaign. What is loaded once (tables, patterns, processes) is timed apart. The values of molgan
must agree with RDKit's. MolScore and medchem are compared when they are installed.
"""

import argparse
import gzip
import importlib.util
import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from rdkit import Chem, RDConfig
from rdkit.Chem import QED, Crippen, FilterCatalog, rdMolDescriptors
from rich.console import Console
from rich.table import Table

from molgan.scoring.objective import Objective
from molgan.scoring.processes.local_crew import LocalCrew
from molgan.scoring.score_table import score
from molgan.scoring.settings import ObjectiveSettings

MOSES = Path(__file__).parents[2] / "data" / "moses_test.csv.gz"
SCORERS = ["qed", "sa", "logp", "tpsa", "mw", "pains", "brenk"]
CHUNK = 500
Loop = Callable[[list[str]], object]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--molecules", type=int, default=5000, help="molecules a round")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    loops: dict[str, Loop] = {}
    for name, make in CONTENDERS.items():
        try:
            loops[name], seconds = measure_time(make)
        except ImportError as error:
            print(f"{name}: not compared, {error}")
        else:
            print(f"{name}: ready after {seconds + measure_time(lambda loop=loops[name]: loop(['CCO']))[1]:.2f} s")
    rounds = read(arguments.molecules, arguments.rounds)
    costs = np.min([one_core(loops, smiles) for smiles in rounds], axis=0) / arguments.molecules * 1e6
    both = two_cores(read(arguments.molecules, 2 * arguments.rounds)[arguments.rounds :])
    report(dict(zip(loops, costs, strict=True)) | {"molgan on two cores": both / arguments.molecules * 1e6})


def read(molecules: int, rounds: int) -> list[list[str]]:
    """`rounds` lists of `molecules` SMILES each, spread over the MOSES test set."""
    with gzip.open(MOSES, "rt") as file:
        smiles = [line.partition(",")[0].strip() for line in file][1:]
    stride = len(smiles) // (molecules * rounds)
    if stride == 0:
        raise SystemExit(f"the MOSES test set has {len(smiles)} molecules: ask for fewer")
    spread = smiles[::stride]
    return [spread[start * molecules : (start + 1) * molecules] for start in range(rounds)]


def rdkit_loop() -> Loop:
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


def molscore_loop() -> Loop:
    """MolScore's descriptors, of which it computes twenty or none, and its PAINS filter; it has no BRENK."""
    from molscore.scoring_functions.descriptors import MolecularDescriptors
    from molscore.scoring_functions.substructure_filters import SubstructureFilters

    descriptors, pains = MolecularDescriptors("desc"), SubstructureFilters("filt", pains_filters=True)
    return lambda smiles: (descriptors(smiles), pains(smiles))


def medchem_loop() -> Loop:
    """datamol's descriptors and medchem's catalogs."""
    import datamol
    from medchem.functional import catalog_filter

    functions = [getattr(datamol.descriptors, name) for name in ("qed", "sas", "clogp", "tpsa", "mw")]

    def loop(smiles: list[str]) -> None:
        mols = [datamol.to_mol(text) for text in smiles]
        for function in functions:
            [function(mol) for mol in mols]
        for name in ("pains", "brenk"):
            catalog_filter(mols, [name], n_jobs=None)

    return loop


def molgan_loop() -> Loop:
    return lambda smiles: score(smiles, SCORERS)


def parse_loop() -> Loop:
    return lambda smiles: [Chem.MolFromSmiles(text) for text in smiles]


CONTENDERS: dict[str, Callable[[], Loop]] = {
    "RDKit in a loop": rdkit_loop,
    "MolScore": molscore_loop,
    "datamol and medchem": medchem_loop,
    "molgan.score": molgan_loop,
    "RDKit's parse alone": parse_loop,
}


def one_core(loops: dict[str, Loop], smiles: list[str]) -> np.ndarray:
    """CPU seconds of each. Exits when molgan's values differ from RDKit's."""
    totals = np.zeros(len(loops))
    for start in range(0, len(smiles), CHUNK):
        chunk = smiles[start : start + CHUNK]
        results = {name: measure_time(lambda loop=loop, chunk=chunk: loop(chunk)) for name, loop in loops.items()}
        found = results["molgan.score"][0][SCORERS].to_numpy(dtype=float)
        worst = np.abs(found - results["RDKit in a loop"][0]).max(axis=0)
        if not worst.max() <= 1e-6:
            raise SystemExit(f"values differ: {dict(zip(SCORERS, worst.tolist(), strict=True))}")
        totals += [seconds for _, seconds in results.values()]
    return totals


def two_cores(rounds: list[list[str]]) -> float:
    """Seconds by the clock that an objective takes over a round, the best of them; the first one warms it up."""
    step = {"name": "step", "low": 0, "high": 1}
    components = [{"scorer": name, "transform": step} for name in SCORERS]
    settings = ObjectiveSettings.model_validate({"components": components})
    with Objective(settings, LocalCrew(2, least=1)) as pool:
        seconds = [measure_time(lambda smiles=smiles: pool(smiles), time.perf_counter)[1] for smiles in rounds]
    return min(seconds[1:] or seconds)


def measure_time(function: Callable[[], object], clock: Callable[[], float] = time.process_time) -> tuple:
    start = clock()
    result = function()
    return result, clock() - start


def report(microseconds: dict[str, float]) -> None:
    loop, parse = microseconds["RDKit in a loop"], microseconds["RDKit's parse alone"]
    table = Table("", "µs a molecule", "faster than RDKit's loop", "times the parse", title=", ".join(SCORERS))
    for name, cost in microseconds.items():
        table.add_row(name, f"{cost:.0f}", f"{loop / cost:.1f}", f"{cost / parse:.1f}")
    console = Console()
    console.print(table)
    console.print("molgan's values agree with RDKit's to 1e-6, alerts exactly.")
    console.print(f"Load of the machine: {os.getloadavg()[0]:.1f}; the time on two cores is by the clock.")


if __name__ == "__main__":
    main()
