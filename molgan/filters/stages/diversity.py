"""Diversity filters, which compare all molecules: a cap on scaffolds, sphere exclusion, MaxMin and clusters."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
from pydantic import Field
from rdkit import DataStructs
from rdkit.DataStructs import ExplicitBitVect
from rdkit.SimDivFilters import rdSimDivPickers

from molgan.base.settings import Settings
from molgan.chem.fingerprints import ecfp, murcko_scaffold, nearest
from molgan.chem.molecule import Molecule
from molgan.filters.filter import Floats, Mask, Verdict, WholeFilter, decide, get_mols
from molgan.filters.stages.score_filters import sort_best_first

Group = TypeVar("Group", bytes, int)


class DiversityFilter(WholeFilter):
    """Prefers the molecules that are best by `column`, high being good; the earlier ones without a column."""

    class Parameters(Settings):
        column: str | None = Field(
            None, description="Column of the score table by which the best come first; the input's order by default"
        )

    parameters: Parameters

    @property
    def column(self) -> str | None:
        return self.parameters.column


class FingerprintFilter(DiversityFilter):
    """Compares ECFP4."""

    def compute_features(self, molecules: Sequence[Molecule]) -> list[bytes]:
        return [DataStructs.BitVectToBinaryText(bits) for bits in ecfp(get_mols(molecules))]


class ScaffoldCap(DiversityFilter):
    """Scaffolds after G. W. Bemis and M. A. Murcko; all molecules without a ring share one."""

    name = "scaffolds"
    summary = "At most a number of molecules of each Murcko scaffold"

    class Parameters(DiversityFilter.Parameters):
        most: int = Field(default=10, ge=1, description="Molecules of a scaffold to keep, the best by `column`")

    parameters: Parameters

    def compute_features(self, molecules: Sequence[Molecule]) -> list[bytes]:
        return [murcko_scaffold(mol).encode() for mol in get_mols(molecules)]

    def select(self, features: Sequence[bytes], values: Floats, smiles: Sequence[str]) -> Verdict:
        def explain(scaffold: bytes) -> str:
            return f"of its scaffold already: {scaffold.decode() or 'no ring'}"

        return _cap(features, self.parameters.most, values, explain)


class SphereExclusion(FingerprintFilter):
    """Best first, each kept molecule excludes what is too similar to it: the #Circles of Y. Xie et al., ICLR 2023."""

    name = "dissimilar"
    summary = "No two molecules more similar than a limit (sphere exclusion on ECFP4)"

    class Parameters(DiversityFilter.Parameters):
        similarity: float = Field(
            default=0.65, gt=0, le=1, description="Tanimoto similarity from which on a better molecule excludes another"
        )

    parameters: Parameters

    def select(self, features: Sequence[bytes], values: Floats, smiles: Sequence[str]) -> Verdict:
        order = sort_best_first(values)
        fingerprints = _read_fingerprints([features[i] for i in order.tolist()])
        picker = rdSimDivPickers.LeaderPicker()
        leaders = list(picker.LazyBitVectorPick(fingerprints, len(fingerprints), 1 - self.parameters.similarity))
        kept = _make_mask(order[leaders], len(features))
        reasons: list[str | None] = [None] * len(features)
        rest = np.flatnonzero(~_make_mask(leaders, len(features)))
        similarities, index = nearest([fingerprints[i] for i in rest], [fingerprints[i] for i in leaders])
        for i, similarity, at in zip(rest, similarities, index, strict=True):
            reasons[order[i]] = f"similar to one kept: {similarity:.2f} to {smiles[order[leaders[at]]]}"
        return kept, reasons


class MaxMin(FingerprintFilter):
    """M. Ashton et al., Quant. Struct.-Act. Relat. 21, 598 (2002), as R. Sayle's lazy algorithm in RDKit, on ECFP4.

    Each pick is the molecule that is farthest from all picked before it; the first is the best one.
    """

    name = "diverse"
    summary = "The n molecules that are farthest from each other (MaxMin on ECFP4)"

    class Parameters(DiversityFilter.Parameters):
        n: int = Field(ge=1, description="Molecules to keep; the best by `column` is the first")

    parameters: Parameters

    def select(self, features: Sequence[bytes], values: Floats, smiles: Sequence[str]) -> Verdict:
        n = self.parameters.n
        if n >= len(features):
            return np.ones(len(features), np.bool_), [None] * len(features)
        fingerprints = _read_fingerprints(features)
        first = int(sort_best_first(values)[0])
        picks = rdSimDivPickers.MaxMinPicker().LazyBitVectorPick(fingerprints, len(fingerprints), n, [first], 0)
        kept = _make_mask(list(picks), len(features))
        return kept, [None if keep else f"not among the {n} most diverse" for keep in kept]


class Clusters(FingerprintFilter):
    """D. Butina, J. Chem. Inf. Comput. Sci. 39, 747 (1999): the molecule with the most neighbours that are in no
    cluster yet, counted once at the start, is the centre of the next one. Time grows with the square of the number of
    molecules: some 20 seconds for 10,000."""

    name = "clusters"
    summary = "At most a number of molecules of each cluster (Butina on ECFP4)"

    class Parameters(DiversityFilter.Parameters):
        similarity: float = Field(
            default=0.6,
            gt=0,
            le=1,
            description="Tanimoto similarity to the centre from which on a molecule is in its cluster",
        )
        most: int = Field(default=1, ge=1, description="Molecules of a cluster to keep, the best by `column`")

    parameters: Parameters

    def select(self, features: Sequence[bytes], values: Floats, smiles: Sequence[str]) -> Verdict:
        centre = cluster_butina(_read_fingerprints(features), self.parameters.similarity)
        return _cap(centre, self.parameters.most, values, lambda at: f"of its cluster already: {smiles[at]}")


def cluster_butina(fingerprints: Sequence[ExplicitBitVect], similarity: float) -> list[int]:
    """The index of the centre of each molecule's cluster; among centres with as many neighbours the first comes
    first."""
    similarities = (np.asarray(DataStructs.BulkTanimotoSimilarity(bits, fingerprints)) for bits in fingerprints)
    neighbours = [np.flatnonzero(row >= similarity).astype(np.int32) for row in similarities]
    centre = np.full(len(fingerprints), -1, np.int64)
    for i in sorted(range(len(fingerprints)), key=lambda i: -len(neighbours[i])):
        if centre[i] < 0:
            free = neighbours[i][centre[neighbours[i]] < 0]
            centre[free] = i
    return [int(i) for i in centre]


def _cap(groups: Sequence[Group], most: int, values: Floats, explain: Callable[[Group], str]) -> Verdict:
    """Keep the best `most` molecules of each group."""
    taken: Counter[Group] = Counter()
    texts: dict[Group, str] = {}  # one for all of a group
    reasons: list[str | None] = [None] * len(groups)
    for i in sort_best_first(values):
        group = groups[i]
        if taken[group] < most:
            taken[group] += 1
        elif group not in texts:
            reasons[i] = texts[group] = f"{most} {explain(group)}"
        else:
            reasons[i] = texts[group]
    return decide(reasons)


def _read_fingerprints(features: Sequence[bytes]) -> list[ExplicitBitVect]:
    create: Callable[[bytes], ExplicitBitVect] = DataStructs.CreateFromBinaryText  # type: ignore[assignment]
    return [create(bits) for bits in features]


def _make_mask(picked: Sequence[int] | np.ndarray, count: int) -> Mask:
    mask = np.zeros(count, np.bool_)
    mask[np.asarray(picked, np.intp)] = True
    return mask
