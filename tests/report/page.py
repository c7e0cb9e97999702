"""Reading a page back: its elements, its text, and whether every element is closed."""

from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

VOID = {"meta", "input", "br", "link", "img", "hr"}


class Page(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(html)
        assert not self._open, f"never closed: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open and self._open[-1] == tag, f"</{tag}> at {self.getpos()} closes {self._open[-3:]}"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] not in ("style", "script"):
            self.text = " ".join(f"{self.text} {data}".split())

    def all(
        self, tag: str, test: Callable[[dict[str, str | None]], bool] = lambda _: True
    ) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag and test(attributes)]

    def classed(self, tag: str, name: str) -> list[dict[str, str | None]]:
        return self.all(tag, lambda attributes: name in (attributes.get("class") or "").split())


def read_page(path: Path) -> Page:
    return Page(path.read_text(encoding="utf-8"))
