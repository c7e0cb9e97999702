"""Draws molecules that contain a core: grown at its marks, or two fragments with a linker between them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import torch

from molgan.base.errors import InputError
from molgan.graphs.motif.actions import NotEncodable, encode
from molgan.graphs.motif.core import Core
from molgan.models.motif.linking import Linking
from molgan.models.motif.motif_generator import MotifGenerator
from molgan.models.motif.motif_network import Aim
from molgan.models.protocols import Sample
from molgan.models.settings import BATCH

_LINKED = 64  # molecules whose linkers are drawn together
_ROUNDS = 20  # batches of linkers without a place for the second fragment after which there is no hope


class DecoratingGenerator:
    """Draws from `generator` under the condition that a molecule contains `core` and grows only at its marks.

    A core with marks is a prefix of the actions: what grows is drawn as in any molecule. The linker of two fragments is
    drawn as if it ended in hydrogen, and the place of the second fragment by `Linking`.
    """

    def __init__(self, generator: MotifGenerator, core: Core) -> None:
        """Raises InputError where the generator's actions cannot express the core."""
        self.generator = generator
        self.core = core
        self.batch = BATCH if core.inner is None else _LINKED  # molecules that are drawn together
        try:
            self._prefix = encode(core.tree, generator.vocabulary)
            self._linking = None if core.inner is None else Linking(generator, core)
        except NotEncodable as error:
            raise InputError(f"core: the generator has no actions for it: {error}") from None

    @property
    def device(self) -> torch.device:
        return self.generator.device

    def sample(
        self,
        n: int,
        *,
        seed: int,
        max_atoms: int | None = None,
        temperature: float = 1.0,
        targets: Mapping[str, float] | None = None,
        guidance: float = 1.0,
        aim: Aim | None = None,
        bf16: bool = True,
        on_batch: Callable[[int], None] = lambda done: None,
    ) -> list[Sample]:
        """Draw molecules, the same for the same seed. Duplicates stay as they fall.

        Args:
            n: Number of molecules.
            seed: Seed of all random numbers.
            max_atoms: Most heavy atoms of a molecule, the core's included; by default those of the generator.
            temperature: The logits are divided by it.
            targets: Properties of the whole molecules to aim at, in their units, in place of the generator's own aim.
            guidance: Strength of classifier-free guidance towards the targets.
            aim: What to aim at where there are no targets; by default the generator's own aim.
            bf16: Whether to compute in bfloat16 where the device has it.
            on_batch: Called with the number of molecules just drawn.

        Raises:
            InputError: The core leaves no room, or the generator was not trained for a target.
        """
        most = self._find_room(max_atoms)
        aim = self.generator.aim if aim is None else aim
        aim = self.generator.make_aim(targets, guidance) if targets else aim
        if self._linking is None:
            return self.generator.sample(
                n,
                seed=seed,
                max_atoms=most,
                prefix=self._prefix,
                temperature=temperature,
                aim=aim,
                bf16=bf16,
                on_batch=on_batch,
            )
        found: list[Sample] = []
        batch = empty = 0
        while len(found) < n:
            # Always a whole batch, so that the first molecules do not depend on n.
            drawn = self._linking.draw(
                self.batch, np.random.default_rng([seed, batch]), most, aim, temperature=temperature, bf16=bf16
            )
            on_batch(min(len(drawn), n - len(found)))
            found += drawn
            batch, empty = batch + 1, 0 if drawn else empty + 1
            if empty == _ROUNDS:
                raise InputError(f"core: no linker within {most} heavy atoms has room for the second fragment")
        return found[:n]

    def _find_room(self, max_atoms: int | None) -> int:
        """The most heavy atoms. Raises InputError where the core and one atom at each mark have more."""
        most, core = max_atoms or self.generator.max_atoms, self.core
        needed = core.atoms + core.holes
        if needed > most:
            grown = "a linker" if core.inner is not None else f"{core.holes} mark{'s' if core.holes > 1 else ''}"
            limit = "the generator's limit" if max_atoms is None else "max_atoms"
            raise InputError(
                f"core: its {core.atoms} heavy atoms and {grown} need room for {needed} or more, {limit} is {most}; "
                "raise max_atoms (--max-atoms)"
            )
        return most
