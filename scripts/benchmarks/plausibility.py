"""Count what a chemist would not believe in libraries of designed molecules, beside real molecules that are held out.

    python scripts/benchmarks/plausibility.py runs/linker runs/hops own.smi [--index index.npz] [--top 20]

Each argument is a run folder, whose library.csv is read, or a file of SMILES. Its best molecules are those of the
highest `score`, or the first where there is no such column. Prints the share of all molecules, and
of the best, that have a ring system which the index lacks, a suspicious bond or group, a strained ring, and any of
them; then a row for each rule that hits. The control is drawn from the test set of medicinal chemistry.
"""

import argparse
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from medchem_sets import TEST, draw_real, print_table
from rdkit import rdBase

from molgan.base.parallel import map_chunks
from molgan.chem.molecule import parse
from molgan.chem.plausibility.chemistry_index import load_chemistry
from molgan.chem.plausibility.strain import find_ring_strain, find_trans_rings
from molgan.chem.plausibility.suspicious import SUSPICIOUS, find_suspicious
from molgan.chem.reading import read_smiles
from molgan.chem.ring_systems import find_ring_systems

CONTROL = "control"
UNKNOWN, SUSPECT, STRAIN, ANY = "unknown ring system", "suspicious bond or group", "strained ring", "any of these"
_CHUNK = 500


class Findings(NamedTuple):
    """What one valid molecule has: ring systems that the index lacks, suspicious groups, strains."""

    unknown: list[str]
    suspicious: list[str]
    strained: list[str]

    @property
    def rules(self) -> list[str]:
        return self.suspicious + self.strained

    @property
    def kinds(self) -> list[str]:
        found = [kind for kind, names in zip((UNKNOWN, SUSPECT, STRAIN), self, strict=True) if names]
        return [*found, ANY] if found else []


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", type=Path, nargs="*", help="run folders, or files of SMILES")
    parser.add_argument("--index", type=Path, help="index of chemistry; the one of molgan by default")
    parser.add_argument("--count", type=int, default=1, help="molecules of the index that a ring system must have")
    parser.add_argument("--top", type=int, default=20, help="how many of the best are looked at by themselves")
    parser.add_argument("--control", type=int, default=5_000, help="real molecules, drawn by the seed")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=1)
    arguments = parser.parse_args()
    look = partial(find_findings, index=arguments.index, count=arguments.count)
    columns: dict[str, list[Findings]] = {}
    sets = {str(path): read_best_first(path) for path in arguments.sets}
    for name, smiles in {**sets, CONTROL: draw_real(TEST, arguments.control, arguments.seed)}.items():
        parts = map_chunks(look, smiles, _CHUNK, arguments.processes)
        columns[name] = [findings for part in parts for findings in part]
        if name != CONTROL:
            columns[f"{name}, best {arguments.top}"] = columns[name][: arguments.top]
    molecules, *shares = summarise(columns).items()
    rows = {name: [f"{share:.2%}" for share in cells] for name, cells in shares}
    print_table("Shares of the molecules", list(columns), dict([molecules]) | rows)


def read_best_first(path: Path) -> list[str]:
    """The molecules of a run folder or a file, by descending score where there is one."""
    records = list(read_smiles(path / "library.csv" if path.is_dir() else path))
    return [record.smiles for record in sorted(records, key=lambda record: -read_score(record.fields.get("score", "")))]


def read_score(text: str) -> float:
    score = float(text) if text else -math.inf
    return -math.inf if math.isnan(score) else score


def find_findings(smiles: Sequence[str], index: Path | None, count: int) -> list[Findings]:
    """The findings of the valid molecules, in order."""
    rings_of_data = load_chemistry(index).rings
    found = []
    with rdBase.BlockLogs():
        for text in smiles:
            mol = parse(text).mol
            if mol is None:
                continue
            rings = find_ring_systems(mol)
            counts = rings_of_data.look_up_texts(rings)
            unknown = [ring for ring, known in zip(rings, counts.tolist(), strict=True) if known < count]
            strained = {name for ring in rings for name in find_ring_strain(ring)}
            strained |= {"trans double bond" for _ in find_trans_rings(mol)}
            found.append(Findings(unknown, find_suspicious(mol), sorted(strained)))
    return found


def summarise(columns: Mapping[str, Sequence[Findings]]) -> dict[str, list[float]]:
    """The number of molecules in each column, the share with each kind of finding, and with each rule that hits."""
    rows: dict[str, list[float]] = {"molecules": [len(column) for column in columns.values()]}
    kinds = [Counter(kind for each in column for kind in each.kinds) for column in columns.values()]
    rules = [Counter(name for each in column for name in each.rules) for column in columns.values()]
    strains = sorted({name for counts in rules for name in counts} - set(SUSPICIOUS))
    for names, counted in (((UNKNOWN, SUSPECT, STRAIN, ANY), kinds), ((*SUSPICIOUS, *strains), rules)):
        for name in names:
            if names[0] == UNKNOWN or any(counts[name] for counts in counted):
                sizes = rows["molecules"]
                shares = [counts[name] / n if n else math.nan for counts, n in zip(counted, sizes, strict=True)]
                rows[name] = shares
    return rows


if __name__ == "__main__":
    main()
