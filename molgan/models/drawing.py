"""Draws molecules from weights of any kind, as `molgan.sample` and `molgan sample` do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from molgan.base.default_weights import DEFAULT_WEIGHTS
from molgan.base.errors import InputError
from molgan.chem.misuse.screen import find_misuse
from molgan.chem.molecule import Molecule, parse
from molgan.graphs.motif.core import Core
from molgan.models.aiming import check_candidates, check_guidance
from molgan.models.loading import load_any
from molgan.models.motif.choosing import NearestGenerator
from molgan.models.motif.decorating import DecoratingGenerator
from molgan.models.motif.known_rings import hold_rings, load_check
from molgan.models.motif.motif_generator import MotifGenerator
from molgan.models.motif.refined import RefinedGenerator
from molgan.models.protocols import AimingGenerator, ConditionalGenerator, Generator, LikelihoodGenerator
from molgan.models.settings import BATCH
from molgan.models.weights import find_weights
from molgan.models.withholding import withhold

_HOTTEST = 10.0
_MOST_ATOMS = 200
_CANDIDATES = 8  # with targets: what the network alone misses by shrinks about as much


def draw_molecules(
    n: int,
    *,
    seed: int,
    weights: str | Path = DEFAULT_WEIGHTS,
    raw: bool = False,
    targets: Mapping[str, float] | None = None,
    guidance: float = 1.0,
    candidates: int | None = None,
    core: str | None = None,
    temperature: float = 1.0,
    max_atoms: int | None = None,
    plausible: bool = True,
    misuse_filter: bool = True,
    on_batch: Callable[[int], None] = lambda done: None,
    withheld: Counter[str] | None = None,
) -> list[str | None]:
    """Draw `n` molecules: canonical SMILES, None for an invalid graph of a one-shot generator.

    Args:
        n: Number of molecules.
        seed: Seed of all random numbers.
        weights: Shipped weights by their name, or the folder that a training wrote.
        raw: Whether to leave out the critic of the weights.
        targets: Properties to aim at, in their units.
        guidance: Strength of classifier-free guidance towards the targets, at least 0.
        candidates: Molecules drawn for each that is kept, the one that comes nearest to the targets; 1 to 1,000. None
            is 8 with targets, where the generator can choose.
        core: SMILES with marks `*`, which every molecule contains, or of two fragments to link.
        temperature: The logits are divided by it; above 0, at most 10.
        max_atoms: Most heavy atoms of a molecule, 1 to 200; by default those of the generator.
        plausible: Whether a molecule with a ring system that the data of the weights lacks is drawn anew, and with the
            critic what else the filter `plausible` rejects; only where the weights have an index of chemistry.
        misuse_filter: Whether molecules that the filter `misuse` rejects are drawn anew.
        on_batch: Called with the number of molecules just drawn.
        withheld: Gets the reasons of those that were drawn anew, counted.

    Raises:
        InputError: The generator cannot do what is asked for, or a value is outside its range.
        WeightsError: The weights are missing or damaged, or their critic accepts hardly any molecule.
    """
    targets = dict(targets or {})
    check_guidance(guidance, targets)
    check_candidates(candidates, targets)
    _check_ranges(temperature, max_atoms)
    read = None if core is None else Core.read(core)
    if misuse_filter and core is not None and (reason := find_misuse(parse(core))) is not None:
        raise InputError(f"core: the filter 'misuse' rejects it ({reason}); give another one")
    path = find_weights(weights)
    generator = load_any(path, raw=True)
    if candidates is None:
        candidates = _CANDIDATES if targets and isinstance(generator, MotifGenerator) else 1
    options: dict[str, Any] = {
        **({"targets": targets} if targets else {}),
        **({} if guidance == 1 else {"guidance": guidance}),
        **({} if temperature == 1 else {"temperature": temperature}),
        **({} if max_atoms is None else {"max_atoms": max_atoms}),
    }
    others = [*(["core"] if read else []), *(["candidates"] if candidates > 1 else [])]
    _check_options(generator, [*options, *others], targets)
    sampler: Any = generator
    batch = BATCH
    if read is not None and isinstance(generator, MotifGenerator):
        sampler = DecoratingGenerator(generator, read)
        batch = sampler.batch
    check = None
    if plausible and isinstance(generator, LikelihoodGenerator):
        check = load_check(path, [] if core is None else core.split("."))
        sampler = hold_rings(sampler, check)
    if candidates > 1 and isinstance(generator, MotifGenerator):
        sampler = NearestGenerator(sampler, generator.scales, candidates=candidates)
    if not raw and isinstance(generator, LikelihoodGenerator):
        sampler = RefinedGenerator.load(path, sampler, batch=batch, check=check) or sampler

    def draw(count: int, seed: int, **how: Any) -> list[Molecule]:
        return [parse(drawn.smiles) for drawn in sampler.sample(count, seed=seed, **options, **how)]

    molecules = draw(n, seed, on_batch=on_batch)
    if misuse_filter:
        molecules = withhold(molecules, draw, seed=seed, withheld=Counter() if withheld is None else withheld)
    return [molecule.smiles for molecule in molecules]


def _check_ranges(temperature: float, max_atoms: int | None) -> None:
    if not 0 < temperature <= _HOTTEST:
        raise InputError(f"temperature: {temperature:g} is not above 0 and at most {_HOTTEST:g}")
    if max_atoms is not None and not 1 <= max_atoms <= _MOST_ATOMS:
        raise InputError(f"max_atoms: {max_atoms} is not from 1 to {_MOST_ATOMS}")


def _check_options(generator: Generator, given: list[str], targets: Mapping[str, float]) -> None:
    """Raises InputError for an option that the generator does not take, or a target that it was not trained for."""
    taken = set()
    if isinstance(generator, ConditionalGenerator):
        taken.add("targets")
    if isinstance(generator, LikelihoodGenerator):
        taken |= {"temperature", "max_atoms"}
    if isinstance(generator, AimingGenerator):
        taken.add("guidance")
    if isinstance(generator, MotifGenerator):
        taken |= {"core", "candidates"}
    kind = getattr(generator, "kind", type(generator).__name__)
    for name in given:
        if name not in taken:
            raise InputError(f"{name}: the weights belong to a {kind}, which has no such option; leave it out")
    if isinstance(generator, ConditionalGenerator):
        generator.check_targets(targets)
