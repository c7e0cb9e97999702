"""Sets of structural alerts, each behind a screen: RDKit's catalogs, the alerts that QED counts, controlled drugs."""

import csv
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from rdkit import Chem
from rdkit.Chem import QED
from rdkit.Chem import FilterCatalog as rdfilters

from molgan.chem.smarts import read_smarts
from molgan.scoring.fast.atom_graph import Graph
from molgan.scoring.fast.smarts_screen import Screen

# Within RDKit's serialised entry: the length of the pickled query molecule, a space, and its first bytes.
_PICKLE = re.compile(rb" (\d+) (?=\xef\xbe\xad\xde)")


SHARED = ("PAINS", "BRENK", "qed")
CONTROLLED = "controlled"
"""Scaffolds of controlled drugs, of which many are medicines; molgan/data/README.md has the source."""


@dataclass(frozen=True, slots=True)
class Alert:
    """`matches` decides whether a molecule has the alert; `pattern` is for the screen, None when it is unknown."""

    name: str
    matches: Callable[[Chem.Mol], bool]
    pattern: Chem.Mol | None


class Catalogs:
    """Named sets of alerts that share one screen."""

    def __init__(self, sets: dict[str, list[Alert]]) -> None:
        self._alerts = [(name, alert) for name, alerts in sets.items() for alert in alerts]
        self._screen = Screen([alert.pattern for _, alert in self._alerts])

    def find_passing(self, graph: Graph | None) -> Iterable[int]:
        """The alerts that may match, by position; all without a graph."""
        return range(len(self._alerts)) if graph is None else self._screen.find_passing(graph)

    def hits(self, catalog: str, mol: Chem.Mol, passing: Iterable[int]) -> list[str]:
        """The names of the alerts of a set that match, out of those that pass the screen."""
        candidates = (self._alerts[position] for position in passing)
        return [alert.name for name, alert in candidates if name == catalog and alert.matches(mol)]


@cache
def catalogs(name: str) -> Catalogs:
    """The set of that name: `qed`, `CONTROLLED`, or one of RDKit's FilterCatalog. Those that most scorers ask for
    share a screen."""
    if name in SHARED:
        return _shared_catalogs()
    return Catalogs({name: _controlled_scaffolds() if name == CONTROLLED else _rdkit_catalog(name)})


@cache
def _shared_catalogs() -> Catalogs:
    return Catalogs({name: _qed_alerts() if name == "qed" else _rdkit_catalog(name) for name in SHARED})


def _qed_alerts() -> list[Alert]:
    named = zip(QED.StructuralAlertSmarts, QED.StructuralAlerts, strict=True)
    return [Alert(smarts, _contains(pattern), pattern) for smarts, pattern in named]


def _controlled_scaffolds() -> list[Alert]:
    with (files("molgan") / "data" / "controlled_scaffolds.csv").open() as file:
        rows = [(f"{row['list']} {row['name']}", read_smarts(row["smarts"])) for row in csv.DictReader(file)]
    return [Alert(name, _contains(pattern), pattern) for name, pattern in rows]


def _contains(pattern: Chem.Mol) -> Callable[[Chem.Mol], bool]:
    return lambda mol: bool(mol.HasSubstructMatch(pattern))


def _rdkit_catalog(name: str) -> list[Alert]:
    parameters = rdfilters.FilterCatalogParams()
    parameters.AddCatalog(getattr(rdfilters.FilterCatalogParams.FilterCatalogs, name))
    catalog = rdfilters.FilterCatalog(parameters)
    entries = [catalog.GetEntry(position) for position in range(catalog.GetNumEntries())]
    return [Alert(entry.GetDescription(), entry.HasFilterMatch, _pattern(entry)) for entry in entries]


def _pattern(entry: rdfilters.FilterCatalogEntry) -> Chem.Mol | None:
    """The entry's one query molecule, which RDKit returns only with a match. None when it is not found."""
    text: Any = bytes(entry.Serialize())
    pickles = list(_PICKLE.finditer(text))
    if len(pickles) != 1:
        return None
    start = pickles[0].end()
    pattern: Chem.Mol = Chem.Mol(text[start : start + int(pickles[0][1])])
    return pattern
