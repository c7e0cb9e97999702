"""Scorers of a user's own: a decorated function or a class, in a Python file or in an installed package.

    from molgan.scoring.own import scorer

    @scorer(unit="", low=0, high=1, direction="high")
    def halogen_share(mol: Chem.Mol, *, element: str = "F") -> float:
        ...

A configuration names it as `path/to/file.py:halogen_share` or `package.module:halogen_share`.
"""

import hashlib
import importlib
import importlib.util
import inspect
import math
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar, Literal, get_args, get_origin, get_type_hints

from pydantic import ConfigDict, Field, ValidationInfo, create_model
from rdkit import Chem

from molgan.base.errors import ConfigError
from molgan.base.settings import Settings, find_existing
from molgan.scoring.base import Scorer
from molgan.scoring.foreign_code import is_foreign, may_run
from molgan.scoring.transforms import Identity, Transform

_PREFIX = "molgan_own_"


class FunctionScorer(Scorer):
    """What `scorer` makes of a function."""

    function: ClassVar[Callable[..., Any]]
    takes_smiles: ClassVar[bool]
    takes_all: ClassVar[bool]
    costly = True

    def _score(self, mols: list[Chem.Mol]) -> Sequence[float]:
        given = [Chem.MolToSmiles(mol) for mol in mols] if self.takes_smiles else mols
        function, parameters = type(self).function, dict(self.parameters)
        if self.takes_all:
            values: Sequence[float] = function(given, **parameters)
            return values
        return [function(molecule, **parameters) for molecule in given]


def scorer(
    *,
    name: str | None = None,
    unit: str = "",
    low: float = -math.inf,
    high: float = math.inf,
    direction: Literal["high", "low", "none"] = "none",
    transform: Transform | None = None,
    version: str = "1",
) -> Callable[[Callable[..., Any]], type[Scorer]]:
    """Turn a function into a scorer: write `@scorer(...)` above it.

    The function takes a molecule and returns its value; NaN or an exception is a failure. The annotation of its first
    parameter says what it takes: a `Chem.Mol` (the default), a `str` (canonical SMILES), or a list of either, for which
    it returns a list of values. Its keyword-only parameters are the scorer's parameters. The first line of its
    docstring is the scorer's summary.

    Args:
        name: Name of the scorer; the function's name by default.
        unit: Unit of the values, "" for plain numbers.
        low: Lowest possible value.
        high: Highest possible value.
        direction: Which values are good: `high`, `low` or `none`.
        transform: Default transform of values to 0..1; the identity by default.
        version: Text to change when values change for a reason other than the function's file, which caches notice.
    """

    def decorate(function: Callable[..., Any]) -> type[Scorer]:
        first, parameters = _signature(function)
        members: dict[str, Any] = {
            "name": name or function.__name__,
            "summary": (inspect.getdoc(function) or "A scorer of your own").splitlines()[0].removesuffix("."),
            "unit": unit,
            "low": low,
            "high": high,
            "direction": direction,
            "version": version,
            "default_transform": transform or Identity(),
            "function": staticmethod(function),
            "takes_all": get_origin(first) is list,
            "takes_smiles": (get_args(first)[0] if get_origin(first) is list else first) is str,
            "Parameters": create_model("Parameters", __base__=Settings, __doc__="Your own.", **parameters),
            "__module__": function.__module__,
            "__doc__": function.__doc__,
        }
        return type(function.__name__, (FunctionScorer,), members)

    return decorate


class UntriedScorer(Scorer):
    """Stands for a scorer of a user's own where nothing of it is imported (`without_running`)."""

    source = "untried"

    class Parameters(Settings):
        """Any."""

        model_config = ConfigDict(extra="allow")

    def _score(self, mols: list[Chem.Mol]) -> Sequence[float]:
        raise ConfigError(f"scorer {self.name!r} has not been imported")


def load_own(place: str) -> type[Scorer]:
    """The scorer at `path/to/file.py:name` or `package.module:name`; a stand-in within `without_running`. Raises
    ConfigError when it cannot be found."""
    where, _, name = place.rpartition(":")
    if not may_run() and is_foreign(place):
        members = {"name": name, "summary": "Not imported", "__module__": "untried"}
        return type("UntriedScorer", (UntriedScorer,), members)
    module = _file(Path(where)) if where.endswith(".py") else _module(where)
    try:
        found = getattr(module, name)
    except AttributeError:
        raise ConfigError(f"scorer {place!r}: no {name!r} in {where}") from None
    if inspect.isfunction(found):
        found = scorer()(found)
    if not (isinstance(found, type) and issubclass(found, Scorer)):
        raise ConfigError(f"scorer {place!r}: {name} is neither a function nor a subclass of Scorer")
    return complete(found, name)


def locate(place: str, info: ValidationInfo) -> str:
    """`path/to/file.py:name` with the absolute path of the file; any other name unchanged."""
    where, colon, name = place.rpartition(":")
    return f"{find_existing(Path(where), info)}:{name}" if colon and where.endswith(".py") else place


def complete(kind: type[Scorer], name: str) -> type[Scorer]:
    """Fill in the name, the summary and the hash of the file of a class, where it leaves them out."""
    if "name" not in dir(kind):
        kind.name = name
    if "summary" not in dir(kind):
        kind.summary = (inspect.getdoc(kind) or "A scorer of your own").splitlines()[0].removesuffix(".")
    module = sys.modules.get(kind.__module__)
    own = not kind.__module__.startswith("molgan.")
    if own and not kind.source and module is not None and (path := getattr(module, "__file__", None)):
        kind.source = hashlib.sha256(Path(path).read_bytes()).hexdigest()[:16]
        if module.__name__.startswith(_PREFIX):
            kind.__module__ = __name__  # other processes cannot import the user's module: they load its file here
    return kind


def _signature(function: Callable[..., Any]) -> tuple[Any, dict[str, Any]]:
    """The annotation of the first parameter, and the keyword-only parameters as fields of pydantic."""
    hints = get_type_hints(function)
    parameters = list(inspect.signature(function).parameters.values())
    if not parameters or parameters[0].kind is inspect.Parameter.KEYWORD_ONLY:
        raise ConfigError(f"scorer {function.__name__!r}: its first parameter must be a molecule")
    fields = {}
    for parameter in parameters[1:]:
        if parameter.kind is not inspect.Parameter.KEYWORD_ONLY:
            raise ConfigError(
                f"scorer {function.__name__!r}: make its parameters keyword-only, behind a star: "
                f"({parameters[0].name}, *, {parameter.name})"
            )
        default = ... if parameter.default is inspect.Parameter.empty else parameter.default
        if isinstance(default, float) and not math.isfinite(default):
            default = Field(default, allow_inf_nan=True)
        fields[parameter.name] = (hints.get(parameter.name, Any), default)
    return hints.get(parameters[0].name, Chem.Mol), fields


def _file(path: Path) -> ModuleType:
    """The module of a file, executed once for each of its versions."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
    digest = hashlib.sha256(str(path.resolve()).encode() + b"\0" + text).hexdigest()[:16]
    name = f"{_PREFIX}{path.stem}_{digest}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise ConfigError(f"{path}: {_describe(error, path)}") from None
    return module


def _module(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except Exception as error:
        raise ConfigError(f"scorer module {name!r} cannot be imported: {_describe(error)}") from None


def _describe(error: Exception, path: Path | None = None) -> str:
    """The exception in one line, with the line of the user's file where it was raised."""
    trace, line = error.__traceback__, None
    while trace is not None:
        if path is not None and trace.tb_frame.f_code.co_filename == str(path):
            line = trace.tb_lineno
        trace = trace.tb_next
    message = " ".join(f"{type(error).__name__}: {error}".split())
    return f"line {line}: {message:.200}" if line else f"{message:.200}"
