"""Links two fragments: draws linkers, and the place of the second fragment by the likelihood of the whole molecule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from molgan.chem.motifs import Motif, write
from molgan.graphs.motif.actions import NotEncodable, decode, encode
from molgan.graphs.motif.core import Core
from molgan.graphs.motif.trees import bind, vacancies
from molgan.models.motif.motif_generator import MotifGenerator
from molgan.models.motif.motif_network import Aim
from molgan.models.precision import autocast
from molgan.models.protocols import Sample

_LINKERS = 4  # drawn for each molecule


@dataclass(frozen=True)
class _Candidate:
    """A whole molecule, and the log-probability with which its linker was drawn."""

    tree: Motif
    actions: tuple[int, ...]
    log_drawn: float


class Linking:
    """Draws molecules in which a linker joins the two fragments of `core`, approximately with the probabilities of the
    generator among all such molecules.

    The actions of a molecule come in the order of a walk through its tree, so that the end of the second fragment's
    linker is not known when it begins. Linkers are therefore drawn as parts that end in hydrogen, and every free place
    of each becomes a candidate with the second fragment there. Candidates are drawn without replacement, with weights
    p(whole molecule) / p(linker as drawn): sampling importance resampling (Rubin 1988), by the Gumbel top-k trick
    (Kool et al. 2019).
    """

    def __init__(self, generator: MotifGenerator, core: Core) -> None:
        """Raises NotEncodable where the generator's actions cannot express the core."""
        assert core.inner is not None
        self._generator = generator
        self._core = core
        self._inner = core.inner
        self._prefix = encode(core.tree, generator.vocabulary)
        self._inner_actions = encode(core.inner, generator.vocabulary)

    def draw(
        self, n: int, rng: np.random.Generator, max_atoms: int, aim: Aim, *, temperature: float, bf16: bool
    ) -> list[Sample]:
        """At most n molecules; fewer where few linkers have a free place.

        Args:
            n: Number of molecules.
            rng: Source of all random numbers.
            max_atoms: Most heavy atoms of a molecule.
            aim: What the molecules aim at.
            temperature: The logits are divided by it.
            bf16: Whether to compute in bfloat16 where the device has it.
        """
        generator = self._generator
        linkers = generator.sample(
            n * _LINKERS,
            seed=int(rng.integers(2**63)),
            max_atoms=max_atoms,
            prefix=self._prefix,
            temperature=temperature,
            aim=aim,
            counted=self._inner_actions,
            bf16=bf16,
        )
        candidates = [candidate for linker in linkers for candidate in self._place(linker)]
        if not candidates:
            return []
        with torch.no_grad(), autocast(generator.device, enabled=bf16):
            found = generator.log_likelihood(
                [candidate.actions for candidate in candidates], max_atoms=max_atoms, aim=aim, temperature=temperature
            )
        whole = found.double().cpu().numpy()
        weights = whole - np.array([candidate.log_drawn for candidate in candidates])
        keys = weights + rng.gumbel(size=len(weights))
        able = np.flatnonzero(np.isfinite(keys))
        chosen = np.sort(able[np.argsort(-keys[able], kind="stable")[:n]])
        return [
            Sample(write(candidates[i].tree), candidates[i].actions, float(whole[i]), candidates[i].log_drawn)
            for i in chosen
        ]

    def _place(self, linker: Sample) -> Iterator[_Candidate]:
        """The molecules with the second fragment at each free place of a linker."""
        (grown,) = self._core.find_grown(decode(linker.actions, self._generator.vocabulary))
        for path, site in vacancies(grown, bound=True):
            tree = self._core.assemble([bind(grown, path, site, self._inner)])
            try:
                actions = encode(tree, self._generator.vocabulary)
            except NotEncodable:  # stereo at a site that has no hydrogen any more
                continue
            yield _Candidate(tree, tuple(actions), linker.log_drawn)
