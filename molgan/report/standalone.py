"""Makes charts into SVG files that look the same without the report's style sheet."""

from markupsafe import Markup

from molgan.report.svg import element

_STYLE = """
text { fill: #566270; font: 11px system-ui, sans-serif; }
.title { fill: #1b2530; font-size: 12px; }
.axis, .grid { stroke: #a7b0b9; stroke-width: 1; }
.grid { stroke: #eceff2; }
.area { fill: #cfe3e4; stroke: #0f6a73; stroke-width: 1.4; stroke-linejoin: round; }
.reference { fill: none; stroke: #b3682a; stroke-width: 1.5; }
.median { stroke: #0f6a73; stroke-width: 1.4; stroke-dasharray: 1.5 3; }
.curve { fill: none; stroke: #0f6a73; stroke-width: 1.6; stroke-linejoin: round; }
.event { stroke: #a8480f; stroke-width: 1.2; stroke-dasharray: 4 3; }
.point { fill: none; stroke: #cbd5da; stroke-width: 4; stroke-linecap: round; }
.point.best { stroke: #0f6a73; stroke-width: 5; }
"""


def write_standalone(parts: list[Markup], width: int, height: int, *, description: str) -> str:
    """An SVG document with a white background and the given size in pixels."""
    background = element("rect", width=width, height=height, fill="#fff")
    svg = element(
        "svg",
        Markup("").join([Markup("<style>{}</style>").format(Markup(_STYLE)), background, *parts]),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {width} {height}",
        width=width,
        height=height,
        role="img",
        aria_label=description,
    )
    return f"{svg}\n"
