"""Older names of modules that have moved: the old and the new name import the same module."""

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

_MOVED = {
    "molgan.chem.io": "molgan.chem.reading",
    "molgan.chem.references": "molgan.chem.shipped_sets",
    "molgan.errors": "molgan.base.errors",
    "molgan.guacamol": "molgan.benchmarks.guacamol",
    "molgan.settings": "molgan.base.settings",
}


class MovedModules(MetaPathFinder, Loader):
    """Finds a module by its old name, after all other finders have failed."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        return ModuleSpec(name, self) if name in _MOVED else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return import_module(_MOVED[spec.name])

    def exec_module(self, module: ModuleType) -> None:
        # The module has run under its own name; the import system has just put the old name into its specification.
        parent = sys.modules[module.__name__.rpartition(".")[0]]
        module.__spec__ = PathFinder.find_spec(module.__name__, parent.__path__)


def find_moved_modules() -> None:
    """Make the old names of modules importable."""
    if not any(isinstance(finder, MovedModules) for finder in sys.meta_path):
        sys.meta_path.append(MovedModules())
