"""Write the page on configurations, docs/configuration.md, from the settings.

python scripts/configuration_page.py [docs]
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from scorer_pages import field_table, own_doc

from molgan.base.field_text import FieldText, find_sections
from molgan.base.settings import Settings
from molgan.config import CampaignConfig, OneShotConfig, TrainingConfig, TranslationConfig
from molgan.config.setting_lists import list_job_settings
from molgan.config.sweep_config import SweepConfig

NOTE = "<!-- Made by scripts/configuration_page.py from the code; change it there. -->"
TITLES: dict[type[Settings], str] = {
    CampaignConfig: "A campaign",
    TrainingConfig: "The training of a prior",
    TranslationConfig: "The training of a translation",
    OneShotConfig: "The training of a one-shot generator",
    SweepConfig: "A sweep",
}
HEAD = """\
A YAML file is a campaign, for `molgan run`, or with a section `pretrain`, `distil`, `rejection`, `analogues`,
`adapt`, `translate` or `oneshot` a training of a generator, for `molgan train`; with `campaign` and `keys` it is a
sweep, for [`molgan sweep`](sweeps.md). `molgan check` says what is wrong with
one before any work starts. Any key can be overridden behind the file:
`molgan run campaign.yaml seed=7 objective.components.0.weight=2`. Paths are relative to the file when they exist there,
else to the working folder.

`molgan list settings` prints the tables below, `molgan list settings reinforce` a section of them, and
`molgan list settings docking` the parameters of a scorer, filter or transform; those are on the pages on
[scorers](scorers.md) and [filters](filters.md). In keys, `N` is a position in a list, counted from 0, and `NAME` a key
of your own."""
EDITOR = """\
## In an editor

[`configs/schema.json`](../configs/schema.json) is the JSON Schema of these files. With it an editor completes
keys and the names of scorers, filters and transforms, shows what they mean, and marks what is misspelt or of the wrong
type while you write. In VS Code:

1. Install the extension *YAML* of Red Hat (`redhat.vscode-yaml`).
2. Start the file with a line that names the schema, by its path from the file, as the files in `configs/` do:

    ```yaml
    # yaml-language-server: $schema=./schema.json
    ```

`molgan schema -o schema.json` writes the schema anywhere, with the scorers of other packages that are installed. Other
editors that use yaml-language-server (Neovim, Emacs, Helix) read the same line; PyCharm takes the file under
*Languages & Frameworks > Schemas and DTDs > JSON Schema Mappings*."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("docs", type=Path, nargs="?", default=Path(__file__).parents[1] / "docs")
    folder = parser.parse_args().docs
    (folder / "configuration.md").write_text(page(), encoding="utf-8")


def page() -> str:
    lines = ["# Configuration", "", NOTE, "", *paragraphs(HEAD), "", EDITOR, ""]
    shown: set[FieldText] = set()
    for job, title in TITLES.items():
        rows = [row for row in list_job_settings(job) if row not in shown]
        shown.update(rows)
        lines += [
            f"## {title}",
            "",
            own_doc(job),
            "",
            *field_table((row for row in rows if "." not in row.key), "key"),
            "",
        ]
        for name, field in job.model_fields.items():
            inside = [row for row in rows if row.key.startswith(f"{name}.")]
            if inside:
                text = [own_doc(section) for _, section in find_sections(field.annotation)]
                lines += [f"### {name}", "", *(text and [text[0], ""]), *field_table(inside, "key"), ""]
    return "\n".join(lines[:-1]) + "\n"


def paragraphs(text: str) -> list[str]:
    """The text with each paragraph in one line."""
    return ["\n\n".join(" ".join(part.split()) for part in text.split("\n\n"))]


if __name__ == "__main__":
    main()
