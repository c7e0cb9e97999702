"""For mkdocs: pages from CONTRIBUTING.md and the notebook; what else lies outside docs/ is named, not linked."""

import json
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

_ROOT = Path(__file__).parents[1]
_OUTSIDE = re.compile(r"\[([^\]]+)\]\(\.\./[^)]*\)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """All files of docs/, and the pages that are made here."""
    notebook = files.get_file_from_path("tour.ipynb")
    if notebook is not None:
        files.remove(notebook)
    text = (_ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    inside = re.sub(r"\]\((?!\w+:)(?!docs/)", "](../", text).replace("](docs/", "](")
    pages = {"contributing.md": inside, "tour.md": write_notebook(_ROOT / "docs" / "tour.ipynb")}
    for name, content in pages.items():
        files.append(File.generated(config, name, content=content))
    return files


def on_page_markdown(markdown: str, **_: object) -> str:
    """The page with links to the pages that are made here, and the text of each other link that leaves docs/ in the
    link's place."""
    markdown = markdown.replace("](../CONTRIBUTING.md", "](contributing.md").replace("](tour.ipynb", "](tour.md")
    return _OUTSIDE.sub(r"\1", markdown)


def write_notebook(path: Path) -> str:
    """A notebook as Markdown."""
    cells = [(cell["cell_type"], "".join(cell["source"])) for cell in json.loads(path.read_text("utf-8"))["cells"]]
    return "\n\n".join(f"```python\n{text}\n```" if kind == "code" else text for kind, text in cells)
