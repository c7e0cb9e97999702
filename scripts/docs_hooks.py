"""For mkdocs: files of the project outside docs/ are named in the pages that it builds, not linked."""

import re

_OUTSIDE = re.compile(r"\[([^\]]+)\]\(\.\./[^)]*\)")


def on_page_markdown(markdown: str, **_: object) -> str:
    """The page with the text of each link that leaves docs/ in the link's place."""
    return _OUTSIDE.sub(r"\1", markdown)
