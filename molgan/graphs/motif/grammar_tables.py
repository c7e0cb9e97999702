"""What the grammar of motif actions knows of each action."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from rdkit import Chem
from rdkit.Chem import rdMolDescriptors
from torch import Tensor

from molgan.chem.stereo_sites import find_markable
from molgan.chem.templates import template
from molgan.graphs.motif.actions import ALPHABET, FIRST_ATOM, FIRST_BOND, MOST_SITES, SPELL, Vocabulary

HYDROGEN = 1.008  # daltons, as RDKit has it


@dataclass(frozen=True)
class Tables:
    """What the grammar knows of each action: `capacity` int16 [actions, MOST_SITES], the hydrogens of a motif's sites;
    `sizes` [actions], its heavy atoms; `weight` float32 [actions], the daltons that it adds; `markable` bool
    [actions + 1, 2, MOST_SITES], its sites that may be centres, and ends of double bonds, with stereo."""

    capacity: Tensor
    sizes: Tensor
    weight: Tensor
    markable: Tensor

    @classmethod
    def of(cls, vocabulary: Vocabulary) -> Tables:
        n = len(vocabulary)
        capacity = torch.zeros(n, MOST_SITES, dtype=torch.int16)
        sizes = torch.zeros(n, dtype=torch.long)
        markable = torch.zeros(n + 1, 2, MOST_SITES, dtype=torch.bool)  # the last is for an empty stack
        markable[SPELL] = True
        for smiles, action in vocabulary.index.items():
            sites = template(smiles).capacity
            capacity[action, : len(sites)] = torch.tensor(sites, dtype=torch.int16)
            sizes[action] = len(sites)
            if vocabulary.stereo:
                markable[action, :, : len(sites)] = torch.tensor(find_markable(smiles)).T
        return cls(capacity, sizes, _weights(vocabulary), markable)


def _weights(vocabulary: Vocabulary) -> Tensor:
    """The molecular weight in daltons that each action adds [actions], its motif or atom not bound yet."""
    weight = torch.zeros(len(vocabulary))
    for order in (1, 2, 3):
        weight[FIRST_BOND - 1 + order] = -2 * order * HYDROGEN
    for i, atom in enumerate(ALPHABET):
        own = Chem.GetPeriodicTable().GetAtomicWeight(atom.symbol)
        weight[FIRST_ATOM + i] = own + atom.valence * HYDROGEN
    for smiles, action in vocabulary.index.items():
        weight[action] = rdMolDescriptors._CalcMolWt(Chem.MolFromSmiles(smiles))
    return weight
