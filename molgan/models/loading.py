"""Load a generator by its weights, whatever its kind."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar, overload

# Importing these modules registers the formats of their weights.
import molgan.models.motif.motif_generator
import molgan.models.one_shot.one_shot_generator  # noqa: F401
from molgan.base.default_weights import DEFAULT_WEIGHTS
from molgan.base.errors import ConfigError, InputError, WeightsError
from molgan.models.motif.known_rings import hold_rings, load_check
from molgan.models.motif.refined import RefinedGenerator
from molgan.models.protocols import AimingGenerator, Generator, LikelihoodGenerator, MotifTreeGenerator
from molgan.models.registry import GENERATORS
from molgan.models.settings import GeneratorSettings, WeightsSettings
from molgan.models.weights import find_weights, read_kind

_NEEDS: dict[Any, str] = {
    LikelihoodGenerator: "draws action sequences of known likelihood",
    MotifTreeGenerator: "draws trees of motifs",
}

_Needed = TypeVar("_Needed", bound=Generator)


def load_any(weights: str | Path = DEFAULT_WEIGHTS, *, raw: bool = False) -> Generator:
    """The generator with shipped weights of a name, or with the weights at a path or in a folder that training wrote.

    Where the weights have an index of chemistry, samples are held to it, and where a critic was trained for them, it
    refines the samples; with `raw` set, neither. Raises WeightsError for missing or damaged weights, or
    another architecture.
    """
    path = find_weights(weights)
    kind = read_kind(path)
    if kind not in GENERATORS:
        raise WeightsError(f"{path}.json: the weights belong to a {kind}, which is not a generator")
    generator = GENERATORS[kind].load(path)
    if raw or not isinstance(generator, LikelihoodGenerator):
        return generator
    check = load_check(path)
    held = hold_rings(generator, check)
    return RefinedGenerator.load(path, held, check=check) or held


@overload
def load_generator(weights: str | Path = DEFAULT_WEIGHTS) -> LikelihoodGenerator: ...
@overload
def load_generator(weights: str | Path, needs: type[_Needed]) -> _Needed: ...
def load_generator(weights: str | Path = DEFAULT_WEIGHTS, needs: Any = LikelihoodGenerator) -> Any:
    """The generator without its critic, for work that `needs` the methods of a protocol; by default those of training.

    Raises ConfigError where the generator lacks them, and otherwise as `load_any`.
    """
    generator = load_any(weights, raw=True)
    if not isinstance(generator, needs):
        raise ConfigError(
            f"generator.weights: {weights} belongs to a {getattr(generator, 'kind', type(generator).__name__)}; "
            f"give weights of a generator that {_NEEDS.get(needs, f'is a {needs.__name__}')}"
        )
    return generator


@overload
def load_start(settings: WeightsSettings) -> LikelihoodGenerator: ...
@overload
def load_start(settings: WeightsSettings, needs: type[_Needed]) -> _Needed: ...
def load_start(settings: WeightsSettings, needs: Any = LikelihoodGenerator) -> Any:
    """The generator that a configuration starts from, which aims at the targets that it gives; as `load_generator`."""
    generator = load_generator(settings.weights, needs)
    if isinstance(settings, GeneratorSettings) and settings.targets:
        set_aim(generator, settings.targets, settings.guidance)
    return generator


def set_aim(generator: Generator, targets: Mapping[str, float], guidance: float = 1.0) -> None:
    """Make a generator aim at targets by default. Raises InputError for a target that it was not trained for."""
    if not isinstance(generator, AimingGenerator):
        raise InputError(f"no target {next(iter(targets), '')!r}: the generator cannot aim")
    generator.aim_at(targets, guidance)
