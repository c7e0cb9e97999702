"""Sets of reaction templates: those that come with molgan, and files of a user's own."""

import csv
import hashlib
import io
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from molgan.base.errors import ConfigError, InputError
from molgan.base.nearest import suggest
from molgan.chem.retrosynthesis.reaction_template import ReactionTemplate

SHIPPED = {
    "hartenfeller_button": "91 reactions after Hartenfeller et al. (2011) and Button et al. (2019)",
    "synformer": "115 reactions of SynFormer (Gao et al. 2024)",
    "interconversions": "reductions, oxidations, deprotections and other steps that these sets lack",
}
"""Name and content of each set that comes with molgan; molgan/data/README.md gives the source and licence."""

_HEADER = ["name", "title", "cost", "clash", "smarts"]


def load_templates(sets: Sequence[str]) -> list[ReactionTemplate]:
    """The templates of shipped sets, by name, and of files, in order; of equal ones the first.

    A file has a reaction SMARTS a line, reactants before `>>` and the product behind, with a name behind a space or
    tab; or it is a CSV table with the columns `smarts` and, where wanted, `name`, `title`, `cost` and `clash`. Raises
    ConfigError for a set that does not exist, InputError for a line that cannot be used.
    """
    found: dict[str, ReactionTemplate] = {}
    for each in sets:
        for template in _load(each):
            found.setdefault(template.smarts, template)
    return list(found.values())


def hash_templates(templates: Sequence[ReactionTemplate]) -> str:
    """A digest of all that decides what templates find and cost."""
    content = "\n".join(repr(each.recipe) for each in templates)
    return hashlib.sha256(content.encode()).hexdigest()[:20]


def find_templates(name: str, folder: Path | None = None) -> str:
    """A shipped set's name as it is, or the path of a file, in `folder` or in the working folder. Raises
    ConfigError."""
    if name in SHIPPED:
        return name
    for path in (folder / name if folder else Path(name), Path(name)):
        if path.is_file():
            return str(path.resolve())
    if "." in name or "/" in name:
        raise ConfigError(f"{name}: no such file")
    raise ConfigError(f"no set of templates {name!r}, {suggest(name, sorted(SHIPPED))}")


def _load(name: str) -> list[ReactionTemplate]:
    if name in SHIPPED:
        text, shown = (files("molgan") / "data" / "synthesis" / f"{name}.csv").read_text(encoding="utf-8"), name
    else:
        path = Path(find_templates(name))
        shown = str(path)
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"{path}: {getattr(error, 'strerror', None) or 'not UTF-8 text'}") from None
    head = text.partition("\n")[0]
    rows = _read_table(text, shown) if ">>" not in head and "smarts" in head.split(",") else _read_lines(text, shown)
    templates = []
    for line, row in rows:
        try:
            templates.append(_build(row, f"{Path(shown).stem}:{line}"))
        except ValueError as error:
            raise InputError(f"{shown}: line {line}: {error}") from None
    if not templates:
        raise InputError(f"{shown}: no reaction")
    return templates


def _build(row: dict[str, str], name: str) -> ReactionTemplate:
    cost = float(row.get("cost") or 1.0)
    if not cost > 0:
        raise ValueError(f"the cost of a reaction is above 0, not {cost:g}")
    return ReactionTemplate(
        row.get("name") or name, row["smarts"], title=row.get("title") or "", cost=cost, clash=row.get("clash") or ""
    )


def _read_table(text: str, shown: str) -> list[tuple[int, dict[str, str]]]:
    reader = csv.DictReader(io.StringIO(text))
    rows = [(reader.line_num, {key: value or "" for key, value in row.items() if key}) for row in reader]
    if unknown := [name for name in reader.fieldnames or [] if name not in _HEADER]:
        raise InputError(f"{shown}: no column {unknown[0]!r} is known, {suggest(unknown[0], _HEADER)}")
    return rows


def _read_lines(text: str, shown: str) -> list[tuple[int, dict[str, str]]]:
    rows = []
    for number, line in enumerate(text.splitlines(), start=1):
        smarts, *name = line.split(maxsplit=1)[:2] or [""]
        if smarts and not smarts.startswith("#"):
            rows.append((number, {"smarts": smarts, "name": name[0].strip() if name else ""}))
    return rows
