"""Make the tables of data/admet from those of their sources, and print what data/README.md states of them.

    python scripts/prepare_admet.py SOURCE data/admet

SOURCE holds pharmabench_<set>.csv.gz (PharmaBench's final sets: Smiles_unify, value), admetica_herg.csv.gz (Smiles,
Class) and molskill_pairs.csv.gz (smiles_i, smiles_j, label). Molecules are standardised and lose their stereo, which
the models do not see. A molecule with several values gets their mean, and is left out where they differ by more than
the limit or are of both classes. What is a bound, or lies outside what can be measured, is left out. The same versions
give the same bytes.
"""

import argparse
import csv
import gzip
import hashlib
import io
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from molgan.base.files import write_files
from molgan.chem.settings import StandardizeSettings

STANDARD = StandardizeSettings(keep_stereo=False)
DIGITS = 5


@dataclass(frozen=True)
class Table:
    """A source: its file, the columns of molecule and value, and how a value is read: a number in the unit of the
    scorer, or the reason why there is none. `limit`: values of a molecule that differ by more disagree."""

    file: str
    read: Callable[[float], float | str]
    smiles: str = "Smiles_unify"
    value: str = "value"
    limit: float = 1.0


def read_class(value: float) -> float | str:
    return value if value in (0, 1) else "neither 0 nor 1"


def read_between(low: float, high: float, shift: float = 0.0) -> Callable[[float], float | str]:
    """Values shifted, and refused outside `low` to `high`."""
    return lambda value: value + shift if low <= value + shift <= high else f"not within {low:g} to {high:g}"


def read_micromolar(value: float) -> float | str:
    """log10 of µmol/l, whatever the source calls it: its values end at 100, where they are bounds."""
    return "a bound (100 µmol/l)" if value >= 100 else math.log10(value) if value > 0 else "not positive"


TABLES = {
    "herg": Table("admetica_herg.csv.gz", read_class, "Smiles", "Class", 0),
    "ames": Table("pharmabench_ames_cls.csv.gz", read_class, limit=0),
    "bbb": Table("pharmabench_bbb_cls.csv.gz", read_class, limit=0),
    "logd": Table("pharmabench_logd_reg.csv.gz", read_between(-5, 10)),
    "solubility": Table("pharmabench_water_sol_reg.csv.gz", read_between(-12, 1.5, shift=-9)),
    "clearance": Table("pharmabench_hum_mic_cl_reg.csv.gz", read_between(-1, 3.5)),
    "cyp3a4": Table("pharmabench_cyp_3a4_reg.csv.gz", read_micromolar),
    "ppb": Table("pharmabench_ppb_reg.csv.gz", lambda share: 100 * share if 0 <= share <= 1 else "no share", limit=20),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path)
    parser.add_argument("output", type=Path)
    arguments = parser.parse_args()
    for name, table in TABLES.items():
        rows, causes = prepare(read_rows(arguments.source / table.file), table)
        write(arguments.output, f"{name}.csv.gz", ("smiles", name), rows, causes)
    rows, causes = prepare_pairs(read_rows(arguments.source / "molskill_pairs.csv.gz"))
    write(arguments.output, "preference.csv.gz", ("preferred", "other"), rows, causes)


def read_rows(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", newline="") as file:
        return list(csv.DictReader(file))


def prepare(rows: Iterable[dict[str, str]], table: Table) -> tuple[list[tuple[str, str]], Counter[str]]:
    """Rows of canonical SMILES and value, in the order of the source, and the rows that are left out, by cause."""
    causes: Counter[str] = Counter()
    values: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        molecule = STANDARD.standardise(row[table.smiles])
        value = table.read(float(row[table.value]))
        if molecule.smiles is None:
            causes[f"molecule: {molecule.reason}"] += 1
        elif isinstance(value, str):
            causes[value] += 1
        else:
            values[molecule.smiles].append(value)
    kept = []
    for smiles, found in values.items():
        if max(found) - min(found) > table.limit:
            causes["values of a molecule that disagree"] += len(found)
            continue
        causes["same molecule as another row"] += len(found) - 1
        kept.append((smiles, f"{round(sum(found) / len(found), DIGITS):g}"))
    return kept, +causes


def prepare_pairs(rows: Iterable[dict[str, str]]) -> tuple[list[tuple[str, str]], Counter[str]]:
    """Rows of the molecule that was chosen and the one that was not; `label` is 1 where the second was chosen."""
    causes: Counter[str] = Counter()
    kept = []
    for row in rows:
        pair = [STANDARD.standardise(row[name]).smiles for name in ("smiles_i", "smiles_j")]
        if None in pair or pair[0] == pair[1]:
            causes["not two molecules"] += 1
        else:
            first, second = map(str, pair)
            kept.append((second, first) if row["label"] == "1" else (first, second))
    return kept, causes


def write(folder: Path, name: str, header: tuple[str, str], rows: list[tuple[str, str]], causes: Counter[str]) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    content = gzip.compress(text.getvalue().encode(), compresslevel=9, mtime=0)
    write_files(folder, {name: [content]})
    left_out = "; ".join(f"{count:,} {cause}" for cause, count in causes.most_common()) or "nothing"
    print(f"| admet/{name} | {len(rows):,} | {left_out} | `{hashlib.sha256(content).hexdigest()}` |", flush=True)


if __name__ == "__main__":
    main()
