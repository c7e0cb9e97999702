"""Matched molecular pairs: molecules that differ by one small change."""

from collections.abc import Iterator
from functools import cached_property, lru_cache

from pydantic import Field
from rdkit import Chem
from rdkit.Chem import rdMMPA

from molgan.base.settings import Settings
from molgan.scoring.base import DescriptorScorer
from molgan.scoring.fast.descriptors import Descriptors
from molgan.scoring.scorers.similarity import SmilesList


class MatchedPair(DescriptorScorer):
    """J. Hussain and C. Rea, J. Chem. Inf. Model. 50, 339 (2010). The note gives the first reference that it pairs
    with. A molecule is no pair with itself."""

    name = "matched_pair"
    summary = "Whether it is a matched molecular pair with a reference"
    low, high, direction, boolean = 0.0, 1.0, "high", True

    class Parameters(Settings):
        smiles: SmilesList = Field(description="SMILES of the references")
        cuts: int = Field(default=1, ge=1, le=3, description="Most bonds that are cut")
        max_atoms: int = Field(default=40, ge=1, description="Most heavy atoms in the part that differs")
        max_share: float = Field(
            default=0.33, gt=0, le=1, description="Largest share of a molecule's heavy atoms in the part that differs"
        )

    parameters: Parameters

    @cached_property
    def _references(self) -> dict[str, dict[str, str]]:
        """The variable parts for each constant part, each with its reference."""
        found: dict[str, dict[str, str]] = {}
        for text in self.parameters.smiles:
            for constant, variable in self._cut(Chem.MolFromSmiles(text)):
                found.setdefault(constant, {}).setdefault(variable, text)
        return found

    def _value(self, molecule: Descriptors) -> float:
        return float(self._partner(molecule.mol) is not None)

    def _note(self, molecule: Descriptors) -> str | None:
        return self._partner(molecule.mol)

    def _partner(self, mol: Chem.Mol) -> str | None:
        for constant, variable in self._cut(mol):
            for other, reference in self._references.get(constant, {}).items():
                if other != variable:
                    return reference
        return None

    def _cut(self, mol: Chem.Mol) -> Iterator[tuple[str, str]]:
        """The constant part and the small variable part, for each way to cut."""
        most = min(self.parameters.max_atoms, self.parameters.max_share * mol.GetNumHeavyAtoms())
        for core, chains in rdMMPA.FragmentMol(mol, maxCuts=self.parameters.cuts, resultsAsMols=False):
            first, _, second = chains.partition(".")
            for constant, variable in [(chains, core)] if core else [(first, second), (second, first)]:
                if _heavy_atoms(variable) <= most:
                    yield constant, variable


@lru_cache(maxsize=100_000)
def _heavy_atoms(fragment: str) -> int:
    return sum(atom.GetAtomicNum() > 1 for atom in Chem.MolFromSmiles(fragment).GetAtoms())
