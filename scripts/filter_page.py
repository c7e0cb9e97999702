"""Write the page on filters, docs/filters.md, from the registry.

python scripts/filter_page.py [docs]
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from scorer_pages import describe_parameters, own_doc, table

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
Each is a file (.smi, .csv, .tsv, also .gz, .sdf or .parquet), a SMILES, or a set that comes with molgan:
{"; ".join(f"`{name}` ({content})" for name, content in REFERENCES.items())}. In a campaign `train` is its
training data, which filters compare with when `references` is left out. Files are read once and cached by content.

```yaml
filters:
  - {{filter: novel, references: [train, company.smi, approved_drugs], ignore_salts: true}}
  - {{filter: unlike_known, references: [company.smi, approved_drugs], similarity: 0.7}}
  - {{filter: novel, name: secret, secret_lists: [partner.list]}}
```

`secret_lists` are files of `molgan secret-list`: molecules that must not be drawn, and that the file does not reveal
([Secret data](privacy.md)).

## Stereo that is left open

Filters keep or drop; none changes a molecule. `stereo` counts what is left open. To spell it out is a step of its own,
before the filters: `molgan.stereoisomers(smiles, most=16)` gives a table of `smiles` and `parent`, the row that each
comes from (its label in a column of pandas), and keeps what is said of stereo already. In a campaign that is

```yaml
stereo: {{enumerate: 4}}    # most isomers of a molecule
```

Each drawn molecule with open stereo is then replaced by its isomers, before it is scored and filtered. The column
`parent` of library.csv and rejected.csv has the identifier of the molecule that an isomer was made of, and is empty
where nothing was open. `sample.n` and `budget` count what is drawn, `target` what is in the library; the report says
how many isomers entered the filters. After `optimize`, which scores what it designs as it is, isomers are scored beyond
its budget. `molgan filter` enumerates nothing.

## Salts, charges, tautomers

`molgan standardize FILE -o standard.csv` gives molecules as a chemist would register them: metal salts are split;
salts, solvents and smaller fragments are removed by ChEMBL's and RDKit's lists, and so are charges that a proton
balances; S and P oxides are written with double bonds; by option a molecule is replaced by RDKit's canonical tautomer
(`--tautomers`), and stereo is removed (`--drop-stereo`). One row a molecule, in order: `smiles`, the other columns of
the file, `original`, the text as given, `changes` ("salt removed: HCl; charges neutralised"), `error`, the reason where
there is no standard form (isotopes, radicals, elements beyond organic chemistry), and `line`. The result does not
depend on the spelling or the order of fragments, and standardising it again changes nothing. In Python:
`molgan.standardize(smiles)`.

`molgan filter --standardize` and `molgan score --standardize` take molecules in that form, with `original` and
`changes` beside them. In a campaign:

```yaml
standardize: true                                    # or with options:
standardize: {{tautomers: true, keep_stereo: false}}
```

It applies to the molecules of the user: those of `optimize.start`, `data.lead` and `data.actives` (for `molgan check`),
and the file of `molgan filter`. References of the filter `novel` stay as they are written, and it ignores salts, and
tautomers and stereo where these options are set, unless the stage says otherwise, so that a molecule is known by its
parent. `data.train` is taken as it is: standardise the file first if it has salts.

## Files of any length

`molgan filter FILE --config campaign.yaml -o FOLDER` reads a file as a stream and works in all cores (`--processes`),
or on Ray workers where the campaign says `compute.workers`. The output is the same, byte for byte, whoever did the
work. What is known of a chunk of molecules is kept in `FOLDER/.parts` until the end: after an interruption, a kill
included, the same command goes on where it stopped. Memory grows by 16 bytes with every molecule that reaches a
`distinct`, and with every one that reaches a filter of the whole set by its SMILES' scaffold (`scaffolds`) or a
fingerprint of 256 bytes (`diverse`, `dissimilar`, `clusters`): put those last, behind `best` where there are many.
`molgan score` and `molgan standardize` do the same with their tables. A molecule that RDKit takes too long for, a large
cage or a text made to do harm, is rejected with the reason "took longer than 5 s" (processor time; the environment
variable `MOLGAN_SECONDS_PER_MOLECULE` sets another limit).

Behind their own columns `library.csv`, `.sdf`, `.parquet` and `rejected.csv` have the line and every other column of
the file: ids, names, prices, SDF properties. One that is called as a column of theirs has `_input` behind its name, and
a message says so. `duplicate_of` in `rejected.csv` is the line of the molecule that a duplicate equals."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("docs", type=Path, nargs="?", default=Path(__file__).parents[1] / "docs")
    folder = parser.parse_args().docs
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
    """The family of a filter: the docstring of its module up to the colon."""
    return str(sys.modules[kind.__module__].__doc__).partition(":")[0]


def judges(kind: type[Filter]) -> str:
    return "all together" if issubclass(kind, WholeFilter) else "each by itself"


def details(kind: type[Filter]) -> list[str]:
    """The section on a filter, below the table; empty where there is nothing to add."""
    text = own_doc(kind)
    parameters = describe_parameters(kind.Parameters) if kind.Parameters.model_fields else []
    body = [*([text, ""] if text else []), *([*parameters, ""] if parameters else [])]
    return [f"### {kind.name}", "", *body] if body else []


if __name__ == "__main__":
    main()
