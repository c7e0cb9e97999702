"""Make molgan/data/controlled_scaffolds.csv, and print the counts and the hash that molgan/data/README.md states.

    python scripts/prepare_controlled.py chemical_groups.csv molgan/data

The first file comes with the package medchem 2.1.1 (medchem/data/chemical_groups.csv); of it the rows below `narcotics`
are taken. A pattern that RDKit cannot read is left out, and so is one that is there twice in one list.
"""

import argparse
import csv
import hashlib
import io
from pathlib import Path

from rdkit import rdBase

from molgan.base.files import write_files
from molgan.chem.smarts import read_smarts

NAME = "controlled_scaffolds.csv"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("groups", type=Path)
    parser.add_argument("output", type=Path)
    arguments = parser.parse_args()
    text = make_table(arguments.groups.read_text())
    write_files(arguments.output, {NAME: [text.encode()]})
    print(f"{NAME}: {text.count(chr(10)) - 1:,} rows, sha256 {hashlib.sha256(text.encode()).hexdigest()}")


def make_table(groups: str) -> str:
    """Rows list,name,smarts of the table of medchem, in its order."""
    rows = [row for row in csv.DictReader(io.StringIO(groups)) if row["hierarchy"].startswith("narcotics.")]
    chosen: dict[tuple[str, str], str] = {}
    for row in rows:
        if is_readable(row["smarts"]):
            chosen.setdefault((row["group"].replace("_", " "), row["smarts"]), row["name"])
    print(f"{len(rows)} rows, {sum(not is_readable(row['smarts']) for row in rows)} of them without a pattern")
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(("list", "name", "smarts"))
    table.writerows((group, name, smarts) for (group, smarts), name in chosen.items())
    return text.getvalue()


def is_readable(smarts: str) -> bool:
    try:
        with rdBase.BlockLogs():
            read_smarts(smarts)
    except ValueError:
        return False
    return True


if __name__ == "__main__":
    main()
