"""Make two sets of molecules for a translation, with molecules to try it on, from a table of a measured property.

    python scripts/prepare_translation.py solubility data/translation    # the files of configs/translate.yaml
    python scripts/prepare_translation.py herg runs/herg --judge         # hERG blockers, and what does not block

Scaffolds are dealt out by a hash: half to the two sets (`…_from.csv.gz`, `…_to.csv.gz`), of which a tenth of those to
translate is left out to be tried (`…_test.csv.gz`). With --judge the other half goes, with all its values, to
`…_judge.csv.gz`, for a model that judges translations and has seen nothing of what they were learned from (`molgan qsar
train`). Of each set at most --most molecules, the first by the hash. The same table gives the same bytes.
"""

import argparse
import csv
import gzip
import hashlib
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from molgan.base.files import write_files
from molgan.chem.fingerprints import murcko_scaffold
from molgan.chem.molecule import parse
from molgan.chem.reading import read_smiles

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Task:
    """A table with a column of values, and which values are those of molecules to translate, and to become."""

    table: Path
    column: str
    is_origin: Callable[[float], bool]
    is_target: Callable[[float], bool]


TASKS = {
    "solubility": Task(
        ROOT / "data" / "admet" / "solubility.csv.gz",
        "solubility",
        lambda value: value < -5,  # log10 of mol/l
        lambda value: value > -3,
    ),
    "herg": Task(ROOT / "data" / "admet" / "herg.csv.gz", "herg", lambda value: value == 1, lambda value: value == 0),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", choices=sorted(TASKS))
    parser.add_argument("out", type=Path)
    parser.add_argument("--most", type=int, default=1000)
    parser.add_argument("--judge", action="store_true", help="also write the molecules for a model that judges")
    arguments = parser.parse_args()
    for name, rows in split(TASKS[arguments.task], arguments.most, arguments.judge).items():
        header = ["smiles", TASKS[arguments.task].column] if name == "judge" else ["smiles"]
        path = arguments.out / f"{arguments.task}_{name}.csv.gz"
        write_rows(path, header, rows)
        print(f"{path.name}: {len(rows):,} molecules")


def split(task: Task, most: int, judge: bool) -> dict[str, list[tuple[str, ...]]]:
    """The rows of each file, by its name."""
    found: dict[str, dict[str, tuple[str, ...]]] = {name: {} for name in ("from", "to", "test")}
    if judge:
        found["judge"] = {}
    for record in sorted(read_smiles(task.table), key=lambda record: digest(record.smiles)):
        text = record.fields[task.column]
        is_origin, is_target = task.is_origin(float(text)), task.is_target(float(text))
        molecule = parse(record.smiles if judge or is_origin or is_target else "")
        if molecule.mol is None or not molecule.is_connected:
            continue
        smiles, place = str(molecule.smiles), digest(murcko_scaffold(molecule.mol)) % 20
        if place >= 10 and judge:
            found["judge"][smiles] = smiles, text
        elif place < 10 and is_target:
            found["to"][smiles] = (smiles,)
        elif place < 10 and is_origin:
            found["test" if place == 0 else "from"][smiles] = (smiles,)
    return {name: list(rows.values())[: None if name == "judge" else most] for name, rows in found.items()}


def digest(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def write_rows(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    write_files(path.parent, {path.name: [gzip.compress(text.getvalue().encode(), compresslevel=9, mtime=0)]})


if __name__ == "__main__":
    main()
