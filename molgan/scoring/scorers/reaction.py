"""Reactions that could make a molecule."""

from functools import cached_property
from typing import Literal

from pydantic import Field
from rdkit import Chem, rdBase
from rdkit.Chem import rdChemReactions

from molgan.base.settings import Settings
from molgan.chem.smarts import ReactionList, read_reaction
from molgan.scoring.base import DescriptorScorer
from molgan.scoring.fast.descriptors import Descriptors

_MOST_PRODUCTS = 100


class Reaction(DescriptorScorer):
    """As the reaction filter of Lib-INVENT, V. Fialková et al., J. Chem. Inf. Model. 62, 2046 (2022), on the whole
    molecule. The note gives the precursors."""

    name = "reaction"
    summary = "Whether a given reaction could make the molecule"
    low, high, direction, boolean = 0.0, 1.0, "high", True

    class Parameters(Settings):
        reactions: ReactionList = Field(description="Reaction SMARTS")
        written: Literal["disconnection", "synthesis"] = Field(
            "disconnection",
            description="Whether the molecule stands on the left of `>>` and what it is made from on the right, or the "
            "other way round",
        )

    parameters: Parameters

    @cached_property
    def _disconnections(self) -> list[rdChemReactions.ChemicalReaction]:
        texts = self.parameters.reactions
        if self.parameters.written == "synthesis":
            texts = [">".join(reversed(text.split(">"))) for text in texts]
        return [read_reaction(text) for text in texts]

    def _value(self, molecule: Descriptors) -> float:
        return float(self._precursors(molecule.mol) is not None)

    def _note(self, molecule: Descriptors) -> str | None:
        return self._precursors(molecule.mol)

    def _precursors(self, mol: Chem.Mol) -> str | None:
        for reaction in self._disconnections:
            if reaction.GetNumReactantTemplates() == 1:
                for products in reaction.RunReactants((mol,), _MOST_PRODUCTS):
                    if (smiles := _sanitise(products)) is not None:
                        return smiles
        return None


def _sanitise(products: tuple[Chem.Mol, ...]) -> str | None:
    """The SMILES of the products; None when one of them is not a valid molecule."""
    with rdBase.BlockLogs():
        if any(Chem.SanitizeMol(product, catchErrors=True) for product in products):
            return None
    return ".".join(sorted(Chem.MolToSmiles(product) for product in products))
