"""Write the page on plausibility, docs/plausibility.md, from the rules and the approved drugs.

python scripts/plausibility_page.py [docs]
"""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from rdkit import Chem

sys.path.insert(0, str(Path(__file__).parent))

from scorer_pages import table

from molgan.chem.plausibility.strain import STRAINED, find_ring_strain
from molgan.chem.plausibility.suspicious import SUSPICIOUS, find_suspicious
from molgan.chem.ring_systems import find_ring_systems
from molgan.chem.shipped_sets import load_reference

NOTE = "<!-- Made by scripts/plausibility_page.py from the code; change it there. -->"
HEAD = """\
# Plausibility

A search for high scores leaves the chemistry that anybody makes, unless it is held there. The filter
[`plausible`](filters.md#plausible) and the scorers [`ring_familiarity` and
`fragment_familiarity`](scorers_plausibility.md) compare a molecule with an index of a data set's chemistry, and with
rules that need no data.

## The index

`scripts/prepare_chemistry.py` counts, in the molecules of a file,

- ring systems: all rings that share an atom, with what is bound to them by a double bond, without stereo;
- bonds between heteroatoms: element, charge and hydrogens of both ends, and their other neighbours;
- atom environments of radius 1: element, charge, hydrogens, whether in a ring, and the neighbours with their bonds;
- circular fragments of radius 0 to 2 (Morgan).

Each is a 32-bit hash with the number of molecules. What one molecule alone has is left out. `index: own.npz`
takes another index than the one that comes with molgan.

A ring system that the index lacks is refused. With `novel_rings: 1` or `2` it passes where the replacement of that many
ring atoms by isosteres (CH by N in an aromatic ring; NH, O and S by each other; C, N, O and S elsewhere) gives one that
the index has, so that a new azaindole may come, a new skeleton not.

## Strained rings

Such a ring system passes only where at least `strained_count` molecules of the index have it. No approved drug has
one."""
RULES = {
    "double bond at a bridgehead": "trans in a ring of less than 8 atoms, whichever way its substituents lie (Bredt)",
    "alkyne in a ring of n": "a ring of less than 10 atoms",
    "allene in a ring of n": "a ring of less than 10 atoms",
    "trans double bond": "drawn in a ring of 8 atoms",
}
SUSPICIONS = """\
## Suspicious groups

They fall apart in water or air, turn into another molecule, or cannot be made. Some real molecules have one: of the
{drugs:,} approved drugs the {hit} named here. `suspicious: false` leaves these rules out. The moves of goal-directed
design [bring none of them in](design.md#chemistry-that-holds)."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("docs", type=Path, nargs="?", default=Path(__file__).parents[1] / "docs")
    folder = parser.parse_args().docs
    (folder / "plausibility.md").write_text(page(), encoding="utf-8")


def page() -> str:
    drugs = load_reference("approved_drugs")
    hits: dict[str, list[str]] = {}
    named = set()
    for record in drugs:
        mol = Chem.MolFromSmiles(record.smiles)
        name = record.fields["name"].lower()
        strained = [rule for ring in find_ring_systems(mol) for rule in find_ring_strain(ring)]
        for rule in [*strained, *find_suspicious(mol)]:
            hits.setdefault(rule, []).append(name)
            named.add(name)
    lines = [*HEAD.split("\n"), "", *table(("rule", "what"), code(STRAINED) + list(RULES.items())), ""]
    lines += [*SUSPICIONS.format(drugs=len(drugs), hit=len(named)).split("\n"), ""]
    rows = [(name, smarts, ", ".join(hits.get(name, ()))) for name, smarts in code(SUSPICIOUS)]
    lines += table(("group", "SMARTS", "approved drugs"), rows)
    lines.insert(2, NOTE)
    lines.insert(3, "")
    return "\n".join(lines) + "\n"


def code(patterns: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(name, f"`{smarts}`") for name, smarts in patterns.items()]


if __name__ == "__main__":
    main()
