"""A generator refined by a critic: samples are accepted in proportion to the density ratio."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rdkit import Chem

from molgan.base.errors import WeightsError
from molgan.base.files import write_files
from molgan.chem.known_set import KnownSet
from molgan.chem.molecule import Molecule, parse_all
from molgan.graphs.features.ranges import Support
from molgan.models.critics.descriptor_critic import DescriptorCritic
from molgan.models.motif.known_rings import KnownRingsGenerator
from molgan.models.protocols import Sample, Sampler
from molgan.models.settings import BATCH
from molgan.models.threads import map_in_threads

_FEW = 512  # molecules that one batch probably gives
_FIRST = 64  # samples of the first batch; each one after it is twice as large, up to `batch`
_HOPELESS = 50_000  # the critic should accept at least one of this many samples, or as many batches of them


class RefinedGenerator:
    """Draws from `generator` and keeps a sample with probability min(1, exp(logit - cap)), `logit` being the critic's
    (rejection sampling by the density ratio, Azadi et al. 2018, equation 2).

    Samples outside `support`, where the data has no density, in `known`, the molecules of the training data, or with a
    reason of `check` are rejected too. Molecules are not changed, and duplicates are not removed. `drawn` and `kept`
    count the samples of the last call of `sample`.
    """

    def __init__(
        self,
        generator: Sampler,
        critic: DescriptorCritic,
        *,
        cap: float,
        known: KnownSet | None = None,
        support: Support | None = None,
        batch: int = BATCH,
        check: Callable[[Chem.Mol], str | None] | None = None,
    ) -> None:
        """Refine the samples of a generator.

        Args:
            generator: Generator of the samples.
            critic: Critic, calibrated on samples of this generator.
            cap: Logit from which on a sample is always kept.
            known: Molecules that are rejected; None rejects none.
            support: Property ranges outside which samples are rejected; None rejects none.
            batch: Molecules drawn together, once the first batches have not been enough.
            check: The reason why a molecule is rejected, or None.
        """
        self.generator = generator
        self.critic = critic
        self.cap = cap
        self.known = known
        self.support = support
        self.batch = batch
        self.check = check
        self.drawn = self.kept = 0

    def sample(
        self,
        n: int,
        *,
        seed: int,
        bf16: bool = True,
        on_batch: Callable[[int], None] = lambda done: None,
        **how: Any,
    ) -> list[Sample]:
        """n accepted samples; the same seed gives the same samples, and the first ones do not depend on n.

        `how` is what else the generator's `sample` takes, such as targets. Raises WeightsError where the critic accepts
        hardly any sample.
        """
        hopeless = _HOPELESS * self.batch // BATCH
        found: list[Sample] = []
        ahead: list[list[Sample]] = []
        self.drawn = self.kept = 0
        batch = 0
        while len(found) < n:
            if not ahead:
                several = torch.get_num_threads() if n - len(found) > _FEW else 1
                batches = range(batch, batch + several)
                draw = partial(self._draw, seed, bf16=bf16, **how)
                ahead = list(map_in_threads(draw, batches, self.generator.device))
            drawn = ahead.pop(0)
            accepted = self._accept([sample.smiles for sample in drawn], np.random.default_rng([seed, batch, 1]))
            fresh = [drawn[i] for i in np.flatnonzero(accepted)]
            self.drawn, self.kept = self.drawn + len(drawn), self.kept + len(fresh)
            on_batch(min(len(fresh), n - len(found)))
            found += fresh
            batch += 1
            if self.drawn >= hopeless and self.kept < self.drawn / hopeless:
                mend = "aim nearer to molecules of its training data" if how else "train it again"
                raise WeightsError(
                    f"the critic accepts only {self.kept} of {self.drawn:,} samples; {mend}, or sample with --raw"
                )
        return found[:n]

    def _draw(self, seed: int, batch: int, **how: Any) -> list[Sample]:
        size = min(self.batch, _FIRST << min(batch, 20))
        return self.generator.sample(size, seed=_seed(seed, batch), **how)

    def _accept(self, smiles: list[str], rng: np.random.Generator) -> np.ndarray:
        """Whether each sample is kept, bool [n]. What costs most comes last."""
        molecules = parse_all(smiles)
        chances = rng.random(len(smiles))
        accepted = np.ones(len(smiles), dtype=bool)
        if self.known is not None:
            accepted &= ~self.known.contains([str(molecule.smiles) for molecule in molecules])
        rows = np.flatnonzero(accepted)
        logits = self.judge([molecules[i] for i in rows])
        accepted[rows] = np.nan_to_num(np.exp(np.minimum(logits - self.cap, 0)), nan=0.0) > chances[rows]
        if self.check is not None:
            for i in np.flatnonzero(accepted).tolist():
                mol = molecules[i].mol
                accepted[i] = mol is not None and self.check(mol) is None
        return accepted

    def judge(self, molecules: Sequence[str | Molecule]) -> np.ndarray:
        """float64 [M]: the critic's logits; -inf outside the ranges of `support`, NaN for an invalid molecule."""
        described = self.critic.describe(molecules)
        logits = self.critic.score(described)
        if self.support is not None:
            logits[described.valid & ~self.support.contains(described)] = -np.inf
        return logits

    def save(self, path: Path, **about: object) -> None:
        """Write the critic, the known molecules, their description, and the index of a generator that is held to known
        rings, next to the weights at `path` (no suffix)."""
        if isinstance(self.generator, KnownRingsGenerator):
            self.generator.save(path)
        names = {"critic": f"{path.name}_critic", "known": f"{path.name}_known.npz" if self.known is not None else None}
        self.critic.save(path.with_name(str(names["critic"])))
        if self.known is not None:
            self.known.save(path.with_name(str(names["known"])))
        ranges = None if self.support is None else dict(self.support.ranges)
        content = {**names, "cap": self.cap, "support": ranges, "about": about}
        write_files(path.parent, {_file(path).name: [(json.dumps(content, indent=1) + "\n").encode()]})

    @classmethod
    def load(
        cls,
        path: Path,
        generator: Sampler,
        *,
        batch: int = BATCH,
        check: Callable[[Chem.Mol], str | None] | None = None,
    ) -> RefinedGenerator | None:
        """The refinement of the weights at `path`, None where they have none. Raises WeightsError for a damaged one."""
        if not _file(path).exists():
            return None
        try:
            content = json.loads(_file(path).read_text())
            critic, cap, known = str(content["critic"]), float(content["cap"]), content["known"]
            ranges = content["support"]
            support = ranges and Support({str(name): (float(low), float(high)) for name, (low, high) in ranges.items()})
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise WeightsError(f"{_file(path)}: not a description of a refinement ({error}); train it again") from error
        folder = path.parent
        return cls(
            generator,
            DescriptorCritic.load(folder / critic),
            cap=cap,
            known=None if known is None else KnownSet.load(folder / str(known)),
            support=support or None,
            batch=batch,
            check=check,
        )


def _file(path: Path) -> Path:
    return path.with_name(f"{path.name}_refinement.json")


def _seed(seed: int, batch: int) -> int:
    return int(np.random.SeedSequence([seed, batch, 7]).generate_state(1, np.uint64)[0] >> 1)
