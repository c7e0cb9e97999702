"""Drug-like molecule libraries: a graph generator, an adversarial critic, reinforcement learning, scoring, filtering.

What is offered here is imported when first used, so that `import molgan` is quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from molgan.base.moved import find_moved_modules
from molgan.base.version import __version__

if TYPE_CHECKING:
    from molgan.api import (
        filter,
        optimize,
        run,
        score,
        standardize,
        stereoisomers,
        synthesis_routes,
    )
    from molgan.api_analogues import analogues
    from molgan.api_anomalies import anomalies
    from molgan.api_augment import augment
    from molgan.api_generators import load_generator, log_likelihood, sample
    from molgan.api_translation import translate

__all__ = [
    "__version__",
    "analogues",
    "anomalies",
    "augment",
    "filter",
    "load_generator",
    "log_likelihood",
    "optimize",
    "run",
    "sample",
    "score",
    "standardize",
    "stereoisomers",
    "synthesis_routes",
    "translate",
]

_PLACES = {
    "analogues": "molgan.api_analogues",
    "anomalies": "molgan.api_anomalies",
    "augment": "molgan.api_augment",
    "load_generator": "molgan.api_generators",
    "log_likelihood": "molgan.api_generators",
    "sample": "molgan.api_generators",
    "translate": "molgan.api_translation",
}

find_moved_modules()


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(import_module(_PLACES.get(name, "molgan.api")), name)
    raise AttributeError(f"module 'molgan' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
