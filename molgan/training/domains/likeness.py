"""Samples of a generator, among which a critic chooses those that are like a domain."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from molgan.chem.fingerprints import ecfp_counts
from molgan.chem.molecule import parse_all
from molgan.graphs.motif.actions import NotEncodable
from molgan.graphs.motif.motif_data import read_tree
from molgan.models.protocols import MotifTreeGenerator
from molgan.training.critic_fitting import acceptance
from molgan.training.domains.density_ratio import choose_penalty, fit_density_ratio
from molgan.training.domains.domain_molecules import DomainMolecule, write_actions
from molgan.training.domains.settings import AdaptationSettings


class LikeMolecules:
    """Chooses, for any part of a domain's molecules, those of a generator's samples that are like them.

    A critic learns to tell the molecules from `shown` samples; of `drawn` others, which it has not seen, each is kept
    with a probability proportional to exp(logit), the density ratio (rejection sampling, Azadi et al. 2018). So the
    kept samples follow the domain as far as a linear critic knows it, and none of them is made by copying.

    `area` is the area under the critic's ROC curve on molecules that were held out, .5 to 1.
    """

    def __init__(
        self,
        generator: MotifTreeGenerator,
        molecules: Sequence[DomainMolecule],
        part: np.ndarray,
        settings: AdaptationSettings,
        *,
        seed: int,
    ) -> None:
        """`part` [n] are the parts of the `molecules` that are held out in turn, by which the penalty is chosen."""
        drawn = generator.sample(settings.shown + settings.drawn, seed=seed, bf16=settings.bf16)
        parsed = parse_all([sample.smiles for sample in drawn])
        mols = [each.mol for each in parsed if each.mol is not None]
        counts = ecfp_counts(mols)
        self._generator, self._quantile, self._seed = generator, settings.cap_quantile, seed
        self._real = ecfp_counts([each.mol for each in molecules])
        self._shown, self._counts, self._mols = counts[: settings.shown], counts[settings.shown :], mols
        self._first = settings.shown
        self._known = {each.smiles for each in molecules}
        self._smiles = [str(each.smiles) for each in parsed if each.mol is not None]
        self.penalty, self.area = choose_penalty(self._real, self._shown, part)

    def choose(self, rows: np.ndarray) -> list[DomainMolecule]:
        """Distinct samples that are like the molecules of some `rows` of the domain, and none of its molecules."""
        ratio = fit_density_ratio(self._real[rows], self._shown, penalty=self.penalty)
        chances = acceptance(ratio.judge(self._counts), self._quantile)
        kept = np.random.default_rng([self._seed, 3]).random(len(chances)) < chances
        found: dict[str, DomainMolecule] = {}
        for row in (np.flatnonzero(kept) + self._first).tolist():
            smiles, mol = self._smiles[row], self._mols[row]
            if smiles in self._known or smiles in found:
                continue
            try:
                found[smiles] = DomainMolecule(smiles, mol, write_actions(partial(read_tree, smiles), self._generator))
            except NotEncodable:  # another spelling of a rare motif has no actions
                continue
        return list(found.values())
