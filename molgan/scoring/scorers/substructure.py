"""Substructures given as SMARTS: wanted, counted, or a core to be kept."""

import re
from functools import cached_property
from typing import Literal

from pydantic import Field
from rdkit import Chem, rdBase

from molgan.base.settings import Settings
from molgan.chem.smarts import Smarts, SmartsList, read_smarts
from molgan.scoring.base import DescriptorScorer
from molgan.scoring.fast.descriptors import Descriptors

_ANY_ATOM = re.compile(r"\[?\d*\*(:\d+)?\]?")


class Substructure(DescriptorScorer):
    name = "substructure"
    summary = "Whether given SMARTS match"
    low, high, direction, boolean = 0.0, 1.0, "high", True

    class Parameters(Settings):
        smarts: SmartsList = Field(description="SMARTS patterns")
        require: Literal["any", "all"] = Field("any", description="Whether one match is enough or all must match")
        chirality: bool = Field(False, description="Whether stereo in a pattern counts")

    parameters: Parameters

    @cached_property
    def _patterns(self) -> list[Chem.Mol]:
        return [read_smarts(text) for text in self.parameters.smarts]

    def _value(self, molecule: Descriptors) -> float:
        chirality = self.parameters.chirality
        matches = (molecule.mol.HasSubstructMatch(pattern, useChirality=chirality) for pattern in self._patterns)
        return float(any(matches) if self.parameters.require == "any" else all(matches))


class GroupCount(DescriptorScorer):
    name = "group_count"
    summary = "How often a SMARTS matches, each set of atoms once"
    low = 0.0

    class Parameters(Settings):
        smarts: Smarts = Field(description="SMARTS pattern")

    parameters: Parameters

    @cached_property
    def _pattern(self) -> Chem.Mol:
        return read_smarts(self.parameters.smarts)

    def _value(self, molecule: Descriptors) -> float:
        return float(len(molecule.mol.GetSubstructMatches(self._pattern, maxMatches=10_000)))


class Core(DescriptorScorer):
    name = "core"
    summary = "Whether a core is kept, and changed at the marked places only"
    low, high, direction, boolean = 0.0, 1.0, "high", True

    class Parameters(Settings):
        core: Smarts = Field(
            description="SMILES or SMARTS. Where `*` or `[*:1]` is bound to it other atoms may be, or nothing; a core "
            "without such a mark may be decorated everywhere"
        )
        chirality: bool = Field(False, description="Whether the core's stereo counts")

    parameters: Parameters

    @cached_property
    def _query(self) -> tuple[Chem.Mol, list[int]]:
        """The core without its marks, and those of its atoms that bear nothing else."""
        query = _parse(self.parameters.core) or read_smarts(self.parameters.core)
        marks = [atom for atom in query.GetAtoms() if _ANY_ATOM.fullmatch(atom.GetSmarts()) and atom.GetDegree() == 1]
        open_atoms = {mark.GetNeighbors()[0].GetIdx() for mark in marks}
        closed = [atom.GetIdx() for atom in query.GetAtoms() if marks and atom.GetIdx() not in open_atoms]
        gone = {mark.GetIdx() for mark in marks}
        kept = [index for index in range(query.GetNumAtoms()) if index not in gone]
        place = {index: position for position, index in enumerate(kept)}
        editable = Chem.RWMol(query)
        for index in sorted(gone, reverse=True):
            editable.RemoveAtom(index)
        return editable.GetMol(), [place[index] for index in closed if index in place]

    def _value(self, molecule: Descriptors) -> float:
        query, closed = self._query
        mol = molecule.mol
        for match in mol.GetSubstructMatches(query, useChirality=self.parameters.chirality, uniquify=False):
            inside = set(match)
            atoms = (mol.GetAtomWithIdx(match[position]) for position in closed)
            if all(other.GetIdx() in inside for atom in atoms for other in atom.GetNeighbors()):
                return 1.0
        return 0.0


def _parse(smiles: str) -> Chem.Mol | None:
    """A core that is written as SMILES; hydrogens in it are asked for, save that a stereo centre keeps its marks only
    where the parser takes them away."""
    if "[#" in smiles:  # SMILES know `[#6]` too, as a radical, which nothing matches
        return None
    parameters = Chem.SmilesParserParams()
    parameters.removeHs = "@" in smiles  # type: ignore[assignment]
    with rdBase.BlockLogs():
        mol = Chem.MolFromSmiles(smiles, parameters)
        return mol if mol is None else Chem.MergeQueryHs(mol)
