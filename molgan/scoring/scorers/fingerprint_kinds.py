"""Fingerprints of several kinds and the similarities between them."""

from collections.abc import Callable, Sequence
from math import sqrt
from typing import Any, Literal

from rdkit import Chem, DataStructs
from rdkit.Chem import rdFingerprintGenerator, rdMolDescriptors

Kind = Literal["ecfp", "fcfp", "atom_pair", "torsion", "rdkit", "maccs"]
Metric = Literal["tanimoto", "dice", "cosine", "tversky"]
Fingerprint = Any
"""RDKit's ExplicitBitVect, or UIntSparseIntVect for counts."""


def fingerprints(
    mols: Sequence[Chem.Mol], kind: Kind, *, counts: bool = False, radius: int = 2, bits: int = 2048
) -> list[Fingerprint]:
    """One fingerprint per molecule, in order.

    Args:
        mols: Molecules.
        kind: Kind of the fingerprint; MACCS keys have 166 bits and no counts.
        counts: Whether to count features instead of noting their presence.
        radius: Bonds around an atom, for ECFP and FCFP only.
        bits: Length of the fingerprint.
    """
    if kind == "maccs":
        return [rdMolDescriptors.GetMACCSKeysFingerprint(mol) for mol in mols]
    generator = _GENERATORS[kind](radius, bits)
    make = generator.GetCountFingerprint if counts else generator.GetFingerprint
    return [make(mol) for mol in mols]


def similarities(
    query: Fingerprint, references: list[Fingerprint], metric: Metric, *, alpha: float = 0.5, beta: float = 0.5
) -> list[float]:
    """The similarity, 0..1, of `query` to each reference.

    Tversky: common / (common + alpha * only in the query + beta * only in the reference), A. Tversky, Psychol. Rev. 84,
    327 (1977).

    Args:
        query: Fingerprint of the molecule.
        references: Fingerprints of the same kind.
        metric: Kind of the similarity.
        alpha: Tversky's weight of the features that only the query has.
        beta: Tversky's weight of the features that only the reference has.
    """
    if metric == "tversky":
        return list(DataStructs.BulkTverskySimilarity(query, references, alpha, beta))
    if metric == "cosine" and not isinstance(query, DataStructs.ExplicitBitVect):
        return _cosines(query, references)
    return list(_BULK[metric](query, references))


def _cosines(query: Fingerprint, references: list[Fingerprint]) -> list[float]:
    ours = query.GetNonzeroElements()
    size = sqrt(sum(count**2 for count in ours.values()))
    found = []
    for reference in references:
        theirs = reference.GetNonzeroElements()
        common = sum(count * theirs.get(bit, 0) for bit, count in ours.items())
        both = size * sqrt(sum(count**2 for count in theirs.values()))
        found.append(common / both if both else 0.0)
    return found


_BULK: dict[str, Callable[[Fingerprint, list[Fingerprint]], Sequence[float]]] = {
    "tanimoto": DataStructs.BulkTanimotoSimilarity,
    "dice": DataStructs.BulkDiceSimilarity,
    "cosine": DataStructs.BulkCosineSimilarity,
}


def _features() -> Any:
    return rdFingerprintGenerator.GetMorganFeatureAtomInvGen()


_GENERATORS: dict[str, Callable[[int, int], rdFingerprintGenerator.FingerprintGenerator64]] = {
    "ecfp": lambda radius, bits: rdFingerprintGenerator.GetMorganGenerator(radius=radius, fpSize=bits),
    "fcfp": lambda radius, bits: rdFingerprintGenerator.GetMorganGenerator(
        radius=radius, fpSize=bits, atomInvariantsGenerator=_features()
    ),
    "atom_pair": lambda _, bits: rdFingerprintGenerator.GetAtomPairGenerator(fpSize=bits),
    "torsion": lambda _, bits: rdFingerprintGenerator.GetTopologicalTorsionGenerator(fpSize=bits),
    "rdkit": lambda _, bits: rdFingerprintGenerator.GetRDKitFPGenerator(fpSize=bits),
}
