"""Routes for many molecules: found in processes of their own, kept on disk."""

import json
import multiprocessing
from collections.abc import Sequence
from contextlib import suppress
from functools import cached_property, lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from molgan.base import cache_folder as cache
from molgan.base.content import digest
from molgan.base.parallel import cores
from molgan.chem.retrosynthesis.building_blocks import BuildingBlocks
from molgan.chem.retrosynthesis.route import Outcome, Route
from molgan.chem.retrosynthesis.template_files import hash_templates, load_templates
from molgan.scoring.processes.molecule_processes import Failure, MoleculeProcesses, share_processes
from molgan.scoring.scorers.retrosynthesis.route_settings import RouteSettings, check_engine

_MODULE = "molgan.scoring.scorers.retrosynthesis.route_worker"
# Raise it when the search finds other routes.
_KIND = "routes-v1"
_IN_MEMORY = 100_000
_MIXTURE = Failure("more than one molecule; standardise it first")


class RouteFinder:
    """Finds routes by settings. What has been searched for is kept in molgan's cache folder and not searched for again;
    failures are not kept."""

    def __init__(self, settings: RouteSettings, *, buy: bool = True, module: str = _MODULE) -> None:
        """`buy`: whether a molecule that is in stock itself needs no route. `module`: the module that the processes
        run. Raises ConfigError without the search engine, and for files that cannot be used."""
        check_engine("a search for synthesis routes")
        self.settings = settings
        self._module = module
        self._setup = {
            **settings.model_dump(mode="json", include={"stock", "templates", "depth", "expansions"}),
            "buy": buy,
        }
        self._known: dict[str, Outcome] = {}

    @cached_property
    def key(self) -> str:
        """A hash of all that decides a route apart from the molecule: contents of files, not their names."""
        content = _hash_contents(tuple(self.settings.stock), tuple(self.settings.templates))
        versions = [version(package) for package in ("rdkit", "syntheseus")]
        chosen = {name: value for name, value in self._setup.items() if name not in ("stock", "templates")}
        return digest([_KIND, content, versions, chosen])

    def find(self, smiles: Sequence[str]) -> list[Outcome | Failure]:
        """What was found for each molecule (canonical SMILES), in order, or the reason why nothing is known. Raises
        RunError when the processes do not start."""
        known: dict[str, Outcome | Failure] = {text: _MIXTURE for text in smiles if "." in text}
        known |= {text: found for text in smiles if text not in known and (found := self._recall(text)) is not None}
        new = [text for text in dict.fromkeys(smiles) if text not in known]
        fresh = dict(zip(new, self._processes.ask(new, on_result=self._keep), strict=True)) if new else {}
        return [known.get(text) or fresh[text] for text in smiles]

    def close(self) -> None:
        """End the processes; the next molecule starts new ones."""
        self._processes.close()

    @property
    def _processes(self) -> MoleculeProcesses[Outcome]:
        most = 1 if multiprocessing.parent_process() else cores()
        count, timeout = self.settings.processes or most, self.settings.timeout
        return share_processes(
            (self._module, self.key, count, timeout),
            lambda: MoleculeProcesses(
                self._module, self._setup, count, what="search for a route", timeout=timeout, read=_read_outcome
            ),
        )

    def _recall(self, smiles: str) -> Outcome | None:
        if smiles in self._known:
            return self._known[smiles]
        try:
            content = json.loads(self._path(smiles).read_text())
            found = _read_outcome(content) if content["smiles"] == smiles else None
        except (OSError, ValueError, KeyError, TypeError):
            return None
        if found is not None:
            self._remember(smiles, found)
        return found

    def _keep(self, smiles: str, outcome: Outcome) -> None:
        """Keep what was found; on a full or read-only disk it is kept in memory alone."""
        self._remember(smiles, outcome)
        with suppress(OSError), cache.store(self._path(smiles)) as file:
            file.write(json.dumps({"smiles": smiles, **_write_outcome(outcome)}).encode())

    def _remember(self, smiles: str, outcome: Outcome) -> None:
        if len(self._known) >= _IN_MEMORY:
            self._known.clear()
        self._known[smiles] = outcome

    def _path(self, smiles: str) -> Path:
        return cache.entry("routes", f"{self.key}/{cache.content_hash([smiles])}", ".json")


_finders: dict[str, RouteFinder] = {}


def share_finder(settings: RouteSettings, *, buy: bool = True) -> RouteFinder:
    """The finder for settings: scorers, filters and reports with the same settings share what was found."""
    key = f"{settings.model_dump_json(include=set(RouteSettings.model_fields))} {buy}"
    if key not in _finders:
        chosen = settings.model_dump(include=set(RouteSettings.model_fields))
        _finders[key] = RouteFinder(RouteSettings(**chosen), buy=buy)
    return _finders[key]


@lru_cache(maxsize=16)
def _hash_contents(stocks: tuple[str, ...], templates: tuple[str, ...]) -> list[str]:
    return [BuildingBlocks.load(stocks).identity, hash_templates(load_templates(templates))]


def _write_outcome(outcome: Outcome) -> dict[str, Any]:
    route = None if outcome.route is None else outcome.route.as_dict()
    return {"route": route, "expansions": outcome.expansions, "is_exhausted": outcome.is_exhausted}


def _read_outcome(content: Any) -> Outcome:
    route = None if content["route"] is None else Route.from_dict(content["route"])
    return Outcome(route, int(content["expansions"]), bool(content["is_exhausted"]))
