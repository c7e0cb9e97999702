"""Draw how a raw property of a campaign's library and of its training data are distributed, as an SVG file.

python scripts/compare_column.py runs/docking_d2 d2 docs/docking_d2.svg --title "Vina score, kcal/mol"
"""

import argparse
from pathlib import Path

import pandas
from markupsafe import Markup

from molgan.report.charts import HEIGHT, WIDTH, histogram
from molgan.report.standalone import write_standalone
from molgan.report.svg import element


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("column")
    parser.add_argument("output", type=Path)
    parser.add_argument("--title")
    arguments = parser.parse_args()
    library, known = (
        pandas.read_csv(arguments.run / f"{name}.csv")[arguments.column].dropna().to_numpy(float)
        for name in ("library", "reference")
    )
    title = arguments.title or arguments.column
    captions = [
        f"{name}: median {pandas.Series(values).median():.2f}, {len(values):,} molecules"
        for name, values in (("library", library), ("training data", known))
    ]
    chart = histogram(library, known, description=f"{title}. {'; '.join(captions)}")
    scale = 1.6
    width, height = round(WIDTH * scale), round(HEIGHT * scale) + 62
    parts = [
        Markup('<svg x="0" y="62" width="{}" height="{}">{}</svg>').format(width, round(HEIGHT * scale), chart),
        element("text", title, class_="title", x=12, y=20),
        *(
            element("path", class_=kind, d=f"M12 {y}h18v-8h-18{'z' if kind == 'area' else ''}")
            for kind, y in (("area", 38), ("reference", 54))
        ),
        *(element("text", text, x=38, y=y) for text, y in zip(captions, (38, 54), strict=True)),
    ]
    arguments.output.write_text(write_standalone(parts, width, height, description=f"{title}. {'; '.join(captions)}"))
    print("; ".join(captions))


if __name__ == "__main__":
    main()
