"""Diverse subsets: MaxMin, sphere exclusion, and a cap on every scaffold. They look at all molecules at once."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from pydantic import Field
from rdkit.SimDivFilters import rdSimDivPickers

from molgan.chem.fingerprints import ecfp, murcko_scaffold, nearest
from molgan.chem.molecule import Molecule
from molgan.filters.base import Floats, Mask, ScoredFilter, Verdict, kept_without, mols_of
from molgan.filters.score import best_first
from molgan.settings import Settings


class DiversityFilter(ScoredFilter):
    """Prefers the molecules that are best by `column`, high being good; the earlier ones without a column."""

    whole = True

    class Parameters(Settings):
        """`column`: a column of the score table, or none."""

        column: str | None = None

    parameters: Parameters

    @property
    def column(self) -> str | None:
        return self.parameters.column


class MaxMin(DiversityFilter):
    """M. Ashton et al., Quant. Struct.-Act. Relat. 21, 598 (2002), as R. Sayle's lazy algorithm in RDKit, on ECFP4.

    Each pick is the molecule that is farthest from all picked before it; the first is the best one.
    """

    name = "diverse"
    summary = "The n molecules that are farthest from each other (MaxMin on ECFP4)"

    class Parameters(DiversityFilter.Parameters):
        """`n`: how many to keep. `column`: the pick starts at the molecule that is best by it."""

        n: int = Field(ge=1)

    parameters: Parameters

    def _accept_scored(self, molecules: Sequence[Molecule], values: Floats) -> Verdict:
        n = self.parameters.n
        if n >= len(molecules):
            return np.ones(len(molecules), np.bool_), [None] * len(molecules)
        fingerprints = ecfp(mols_of(molecules))
        first = int(best_first(values)[0])
        picks = rdSimDivPickers.MaxMinPicker().LazyBitVectorPick(fingerprints, len(fingerprints), n, [first], 0)
        kept = _mask(list(picks), len(molecules))
        return kept, [None if keep else f"not among the {n} most diverse" for keep in kept]


class SphereExclusion(DiversityFilter):
    """Best first, each kept molecule excludes what is too similar to it: the #Circles of Y. Xie et al., ICLR 2023."""

    name = "dissimilar"
    summary = "No two molecules more similar than a limit (sphere exclusion on ECFP4)"

    class Parameters(DiversityFilter.Parameters):
        """`similarity`: Tanimoto similarity (0..1) from which on a molecule is excluded by a better one."""

        similarity: float = Field(default=0.65, gt=0, le=1)

    parameters: Parameters

    def _accept_scored(self, molecules: Sequence[Molecule], values: Floats) -> Verdict:
        order = best_first(values)
        fingerprints = ecfp(mols_of([molecules[i] for i in order.tolist()]))
        picker = rdSimDivPickers.LeaderPicker()
        leaders = list(picker.LazyBitVectorPick(fingerprints, len(fingerprints), 1 - self.parameters.similarity))
        kept = _mask(order[leaders], len(molecules))
        reasons: list[str | None] = [None] * len(molecules)
        rest = np.flatnonzero(~_mask(leaders, len(molecules)))
        similarities, index = nearest([fingerprints[i] for i in rest], [fingerprints[i] for i in leaders])
        for i, similarity, at in zip(rest, similarities, index, strict=True):
            reasons[order[i]] = f"similar to one kept: {similarity:.2f} to {molecules[order[leaders[at]]].smiles}"
        return kept, reasons


class ScaffoldCap(DiversityFilter):
    """Scaffolds after G. W. Bemis and M. A. Murcko; all molecules without a ring share one."""

    name = "scaffolds"
    summary = "At most a number of molecules of each Murcko scaffold"

    class Parameters(DiversityFilter.Parameters):
        """`most`: how many to keep of a scaffold, the best by `column`."""

        most: int = Field(default=10, ge=1)

    parameters: Parameters

    def _accept_scored(self, molecules: Sequence[Molecule], values: Floats) -> Verdict:
        scaffolds = [murcko_scaffold(mol) for mol in mols_of(molecules)]
        taken: Counter[str] = Counter()
        reasons: list[str | None] = [None] * len(molecules)
        for i in best_first(values):
            if taken[scaffolds[i]] == self.parameters.most:
                reasons[i] = f"{self.parameters.most} of its scaffold already: {scaffolds[i] or 'no ring'}"
            else:
                taken[scaffolds[i]] += 1
        return kept_without(reasons), reasons


def _mask(picked: Sequence[int] | np.ndarray, count: int) -> Mask:
    mask = np.zeros(count, np.bool_)
    mask[np.asarray(picked, np.intp)] = True
    return mask
