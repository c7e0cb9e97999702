"""Writes SVG elements with everything escaped, since names and SMILES come from users."""

from markupsafe import Markup


def element(tag: str, content: str | Markup = "", /, **attributes: object) -> Markup:
    """`element("text", "a < b", class_="tick", text_anchor="end")`; None leaves an attribute out."""
    written = Markup("").join(
        Markup(' {}="{}"').format(_attribute(name), _short(value))
        for name, value in attributes.items()
        if value is not None
    )
    return Markup("<{}{}>{}</{}>").format(Markup(tag), written, content, Markup(tag))


def _attribute(name: str) -> Markup:
    return Markup(name.rstrip("_").replace("_", "-"))


def _short(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.1f}".removesuffix(".0")
    return str(value)
