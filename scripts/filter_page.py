"""Write the page on filters, docs/filters.md, from the registry.

python scripts/filter_page.py [docs]
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from scorer_pages import documented, own_doc, table

from molgan.chem.shipped_sets import REFERENCES
from molgan.filters.filter import Filter, WholeFilter
from molgan.filters.registry import FILTERS

NOTE = "<!-- Made by scripts/filter_page.py from the code; change it there. -->"
HEAD = """\
A filter keeps a molecule or rejects it with a reason. A funnel passes molecules through filters in the order given:
what one rejects, the next does not see, and each stage counts what enters and what it keeps. A stage is a filter's
name, or its parameters too: `{filter: size, min: 12, max: 40}`; `name` tells two stages of one filter apart.
`molgan list filters` prints the same."""
TAIL = f"""\
## Reference sets

`references` is a list, and a molecule is compared with all of them; the reason names the set and the molecule of it.
Each is a file (.smi, .csv, .tsv, also .gz, .sdf or .parquet) or a set that comes with molgan:
{"; ".join(f"`{name}` ({content})" for name, content in REFERENCES.items())}. In a campaign `train` is its
training data, which filters compare with when `references` is left out. Files are read once and cached by content.

```yaml
filters:
  - {{filter: novel, references: [train, company.smi, approved_drugs], ignore_salts: true}}
  - {{filter: unlike_known, references: [company.smi, approved_drugs], similarity: 0.7}}
```

## Stereo that is left open

Filters keep or drop; none changes a molecule. `stereo` counts what is left open. To spell it out is a step of its own,
before the filters: `molgan.stereoisomers(smiles, most=16)` gives a table of `smiles` and `parent`, the row that each
comes from, and keeps what is said of stereo already. In a campaign that is

```yaml
stereo: {{enumerate: 4}}    # most isomers of a molecule
```

Each molecule that is drawn is then replaced by its isomers, before it is scored and filtered. The column `parent` of
library.csv and rejected.csv has the identifier of the molecule that an isomer was made of, and is empty where nothing
was open. `sample.n` and `budget` count what is drawn, `target` what is in the library; the report says how many isomers
entered the filters. Behind `optimize`, which scores what it designs as it is, isomers are scored beyond its budget.
`molgan filter` enumerates nothing.

## Salts, charges, tautomers

`molgan standardize FILE -o standard.csv` gives molecules as a chemist would register them: metal salts come apart;
salts, solvents and smaller fragments go by ChEMBL's and RDKit's lists; charges that a proton balances go; S and P oxides
are written with double bonds; by option RDKit's canonical tautomer takes the place of the one given (`--tautomers`) and
stereo goes (`--drop-stereo`). One row a molecule, in order: `smiles`, the other columns of the file, `original`, the
text as given, `changes` ("salt removed: HCl; charges neutralised"), and `error`, the reason where there is no standard
form: isotopes, radicals, elements beyond organic chemistry. The result does not depend on the spelling or the order of
fragments, and standardising it again changes nothing. In Python: `molgan.standardize(smiles)`.

`molgan filter --standardize` and `molgan score --standardize` take molecules in that form, and tell `original` and
`changes` beside them. In a campaign:

```yaml
standardize: true                                    # or with options:
standardize: {{tautomers: true, keep_stereo: false}}
```

It applies to what the user brings: the molecules of `optimize.start`, `data.lead` and `data.actives` (for
`molgan check`), and the file of `molgan filter`. References of the filter `novel` stay as they are written, and it
ignores salts, and tautomers and stereo where these options are set, unless the stage says otherwise: a molecule is known
by its parent then. `data.train` is taken as it is: standardise the file first if it has salts.

## Files of any length

`molgan filter FILE --config campaign.yaml -o FOLDER` reads a file as a stream and works in all cores (`--processes`),
or on Ray workers where the campaign says `compute.workers`. The output is the same, byte for byte, whoever did the
work. What is known of a chunk of molecules is kept in `FOLDER/.parts` until the end: after an interruption, a kill
included, the same command goes on where it stopped. Memory grows by 16 bytes with every molecule that reaches a
`distinct`, and with every one that reaches a filter of the whole set by its SMILES' scaffold (`scaffolds`) or a
fingerprint of 256 bytes (`diverse`, `dissimilar`, `clusters`): put those last, behind `best` where there are many.
`molgan score` and `molgan standardize` do the same with their tables."""


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1] / "docs"
    (folder / "filters.md").write_text(page(), encoding="utf-8")


def page() -> str:
    lines = ["# Filters", "", NOTE, "", " ".join(HEAD.split()), ""]
    families: dict[str, list[type[Filter]]] = {}
    for kind in FILTERS.values():
        families.setdefault(family(kind), []).append(kind)
    for title, kinds in families.items():
        rows = [(f"`{kind.name}`", kind.summary, judges(kind)) for kind in kinds]
        lines += [f"## {title}", "", *table(("filter", "what it keeps", "judges"), rows), ""]
        for kind in kinds:
            lines += details(kind)
    return "\n".join(lines) + "\n" + TAIL + "\n"


def family(kind: type[Filter]) -> str:
    """What the docstring of the filter's module names before its colon."""
    return str(sys.modules[kind.__module__].__doc__).partition(":")[0]


def judges(kind: type[Filter]) -> str:
    return "all together" if issubclass(kind, WholeFilter) else "each by itself"


def details(kind: type[Filter]) -> list[str]:
    """What there is to say about a filter beside its row."""
    text = own_doc(kind)
    parameters = documented(kind.Parameters) if kind.Parameters.model_fields else []
    body = [*([text, ""] if text else []), *([*parameters, ""] if parameters else [])]
    return [f"### {kind.name}", "", *body] if body else []


if __name__ == "__main__":
    main()
