"""One page on the analogues of molecules: each beside its source, what differs coloured."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup
from rdkit import Chem, rdBase
from rdkit.Chem import rdDepictor

from molgan.chem.motifs import Motif, write
from molgan.graphs.motif.actions import NotEncodable
from molgan.graphs.motif.motif_data import read_tree
from molgan.graphs.motif.tree_change import TreeChange
from molgan.report.drawings import draw_marked
from molgan.report.page_file import open_templates, read_inline, write_html
from molgan.report.quantities import quantity, write_number

TOP = 30
"""Analogues of a molecule that are drawn."""

_LEAVES, _COMES = (1.0, 0.82, 0.76), (0.76, 0.90, 0.80)  # grounds of what goes and of what comes instead
_WIDTH, _HEIGHT = 260, 190


@dataclass(frozen=True)
class Pair:
    """An analogue and its source as they are drawn. `entries` are titles with the values before and after."""

    rank: str
    smiles: str
    before: Markup | None
    after: Markup | None
    change: str
    similarity: str
    log_likelihood: str
    entries: list[tuple[str, str, str]]


@dataclass(frozen=True)
class Source:
    """A molecule with its analogues; `error` says why there are none."""

    name: str
    smiles: str
    count: int
    pairs: list[Pair]
    error: str


def write_analogues(target: Path, tables: Sequence[pd.DataFrame], properties: Sequence[str]) -> Path:
    """Write the page of some analogues, whole or not at all, and return its path.

    Args:
        target: The HTML file.
        tables: The tables of `analogue_tables`, one for each molecule.
        properties: The properties that the tables have before and after.

    Raises:
        RunError: The page cannot be written.
    """
    environment = open_templates()
    page = environment.get_template("analogues.html.j2").render(
        style=read_inline(environment, "report.css"),
        sources=[describe_source(table, properties) for table in tables if len(table)],
        top=TOP,
    )
    return write_html(target, page)


def describe_source(table: pd.DataFrame, properties: Sequence[str]) -> Source:
    """The molecule of a table, which has rows, with its best analogues."""
    rows: list[dict[str, Any]] = [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]
    smiles = _text(rows[0]["source_smiles"])
    drawn = [row for row in rows if isinstance(row["smiles"], str)]
    pairs = [_describe(smiles, row, properties) for row in drawn[:TOP]]
    return Source(_text(rows[0]["source"]), smiles, len(drawn), pairs, "" if drawn else _text(rows[0]["error"]))


def _describe(source: str, row: Mapping[str, Any], properties: Sequence[str]) -> Pair:
    rank = write_number(row["rank"], 0)
    before, after = draw_change(source, str(row["smiles"]))
    return Pair(
        rank=rank,
        smiles=str(row["smiles"]),
        before=before,
        after=after,
        change=_text(row["change"]),
        similarity=write_number(row["similarity"], 2),
        log_likelihood=write_number(row["log_likelihood"], 1),
        entries=[
            (
                quantity(name).title,
                quantity(name).write(row[f"{name}_before"]),
                quantity(name).write(row[f"{name}_after"]),
            )
            for name in properties
        ],
    )


def draw_change(source: str, analogue: str) -> tuple[Markup | None, Markup | None]:
    """Drawings of two molecules, laid on each other, with what differs on a coloured ground; None for what cannot be
    drawn."""
    with rdBase.BlockLogs():
        mols = [Chem.MolFromSmiles(smiles) for smiles in (source, analogue)]
        if any(mol is None for mol in mols):
            return None, None
        common = _find_common(source, analogue, mols)
        rdDepictor.Compute2DCoords(mols[0])
        _lay_on(mols[1], mols[0], common)
    drawings = []
    for mol, kept, colour, label in (
        (mols[0], set(common), _LEAVES, "source"),
        (mols[1], set(common.values()), _COMES, "analogue"),
    ):
        # Where nothing is common a whole molecule on a ground would say nothing.
        marked = [atom for atom in range(mol.GetNumAtoms()) if atom not in kept] if common else []
        drawings.append(draw_marked(mol, marked, label=label, colour=colour, width=_WIDTH, height=_HEIGHT))
    return drawings[0], drawings[1]


def _find_common(source: str, analogue: str, mols: Sequence[Chem.Mol]) -> dict[int, int]:
    """The atoms that stay, by their numbers in the two molecules."""
    try:
        trees = [read_tree(source), read_tree(analogue)]
    except (NotEncodable, RuntimeError, ValueError):
        return {}
    places = []
    for tree, mol in zip(trees, mols, strict=True):
        written = Chem.MolFromSmiles(write(_drop_marks(tree)))
        place = () if written is None else mol.GetSubstructMatch(written)
        if len(place) != mol.GetNumAtoms():
            return {}
        places.append(place)
    change = TreeChange.between(trees[0], trees[1])
    return {places[0][one]: places[1][other] for one, other in change.common.items()}


def _drop_marks(tree: Motif) -> Motif:
    return Motif(tree.smiles, tuple((site, _drop_marks(child)) for site, child in tree.children))


def _lay_on(mol: Chem.Mol, reference: Chem.Mol, common: Mapping[int, int]) -> None:
    """Give a molecule coordinates with the largest piece of what is common where the reference has it; all of what is
    common would tear the drawing where a middle part is another one."""
    piece = _find_largest_piece(mol, set(common.values()))
    if piece:
        try:
            laid = [(one, other) for one, other in common.items() if other in piece]
            rdDepictor.GenerateDepictionMatching2DStructure(mol, reference, atomMap=laid)
            return
        except (ValueError, RuntimeError):
            pass
    rdDepictor.Compute2DCoords(mol)


def _find_largest_piece(mol: Chem.Mol, atoms: set[int]) -> set[int]:
    """The largest connected piece of some atoms."""
    largest, rest = set[int](), set(atoms)
    while rest:
        piece, edge = set[int](), [min(rest)]
        while edge:
            atom = edge.pop()
            piece.add(atom)
            beside = {neighbour.GetIdx() for neighbour in mol.GetAtomWithIdx(atom).GetNeighbors()}
            edge.extend(beside & rest - piece)
        rest -= piece
        largest = max(largest, piece, key=len)
    return largest


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
