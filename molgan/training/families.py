"""Sorts molecules into families: the same molecule, the same scaffold, or similar ones."""

from __future__ import annotations

from collections.abc import Iterable

from rdkit import Chem
from rdkit.DataStructs import BulkTanimotoSimilarity, ExplicitBitVect

from molgan.chem.fingerprints import ecfp, murcko_scaffold, topological_scaffold
from molgan.training.settings import Kinship


class Families:
    """The family of each molecule, by its name: a scaffold, or the SMILES of its founder.

    With `similarity` a molecule belongs to the founder that is most similar to it (ECFP4, Tanimoto), if that is at
    least `least`, among equals to the first; else it founds a family. So families depend on the order of the molecules
    (leader clustering, as REINVENT4's `ScaffoldSimilarity`, which compares scaffolds by atom pairs).
    """

    def __init__(self, by: Kinship, least: float, founders: Iterable[str] = ()) -> None:
        """`founders` are SMILES of the founders so far, in order; they have no say without `similarity`."""
        self.by = by
        self._least = least
        self._founders: list[str] = []
        self._fingerprints: list[ExplicitBitVect] = []
        for smiles in founders if by == "similarity" else ():
            self._found(smiles, ecfp([Chem.MolFromSmiles(smiles)])[0])

    def find(self, smiles: str, mol: Chem.Mol) -> str:
        """The name of the family of a molecule, which may be new. `smiles` is canonical."""
        if self.by == "molecule":
            return smiles
        if self.by == "similarity":
            return self._find_founder(smiles, ecfp([mol])[0])
        return murcko_scaffold(mol) if self.by == "murcko" else topological_scaffold(mol)

    def _find_founder(self, smiles: str, fingerprint: ExplicitBitVect) -> str:
        similarities = BulkTanimotoSimilarity(fingerprint, self._fingerprints)
        if similarities and (highest := max(similarities)) >= self._least:
            return self._founders[similarities.index(highest)]
        self._found(smiles, fingerprint)
        return smiles

    def _found(self, smiles: str, fingerprint: ExplicitBitVect) -> None:
        self._founders.append(smiles)
        self._fingerprints.append(fingerprint)
