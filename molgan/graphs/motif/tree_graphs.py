"""Graphs of molecules that are given by their actions, for a network that reads a source molecule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from rdkit import Chem

from molgan.chem.motifs import Motif, reroot
from molgan.chem.stereo import MARKS
from molgan.chem.templates import template
from molgan.graphs.features.featurizer import featurize_all
from molgan.graphs.features.graph_arrays import ATOM_COLUMNS, RELATIONS
from molgan.graphs.motif.actions import Vocabulary, decode

if TYPE_CHECKING:
    from torch_geometric.data import Data

COLUMNS = {**ATOM_COLUMNS, "mark": MARKS + 1}
"""The categories of an atom: those of `featurize`, and its stereo mark, 0 for none, as the actions write it."""

NO_ACTION = -1
_HYDROGENS = list(COLUMNS).index("hydrogens")
_MARK = list(COLUMNS).index("mark")
_MOST_HYDROGENS = COLUMNS["hydrogens"] - 1
_SINGLE = RELATIONS.index("single")


@dataclass(frozen=True)
class GraphPart:
    """The graph of a motif alone: its atoms' categories [n, columns], edges [e, 2] in both directions, their relations
    [e], and for each atom the action that adds the motif rooted there, NO_ACTION where the vocabulary has none."""

    atoms: np.ndarray
    edges: np.ndarray
    relations: np.ndarray
    rooted: np.ndarray


class TreeGraphs:
    """Makes graphs of sequences of actions, by the graphs of their motifs, which are made once.

    All that the actions say is in the graph: elements, charges, hydrogens, bonds, rings, and the stereo of atoms and
    double bonds as marks. `rooted` says of each atom which action would add its motif when bound there, since that is
    what a generator needs to know to write the same motif again.
    """

    def __init__(self, vocabulary: Vocabulary, parts: Mapping[str, GraphPart] | None = None) -> None:
        """`parts` are those of motifs that were made before."""
        self._vocabulary = vocabulary
        self.parts: dict[str, GraphPart] = dict(parts or {})

    def learn_parts(self, actions: Sequence[int]) -> None:
        """Make the graphs of the motifs of a molecule. Raises NotEncodable for a sequence that is not a molecule."""
        self._add(decode(actions, self._vocabulary), 0, [], [], [])

    def batch(self, sequences: Sequence[Sequence[int] | np.ndarray | None]) -> Data:
        """The graphs as one disconnected PyG graph; None is a graph without atoms.

        `x` long [N, columns], `rooted` long [N], `edge_index` long [2, E], `edge_type` long [E], `batch` long [N],
        `ptr` long [B + 1]. Raises NotEncodable for a sequence that is not a molecule.
        """
        import torch
        from torch_geometric.data import Data

        parts: list[GraphPart] = []
        links: list[tuple[int, int]] = []
        marks: list[tuple[int, int]] = []
        ends = [0]
        for sequence in sequences:
            first = ends[-1]
            if sequence is not None:
                actions = sequence.tolist() if isinstance(sequence, np.ndarray) else sequence
                first = self._add(decode(actions, self._vocabulary), first, parts, links, marks)
            ends.append(first)
        sizes = [len(part.atoms) for part in parts]
        starts = np.cumsum([0, *sizes])[:-1]
        atoms = np.concatenate([np.zeros((0, len(COLUMNS)), np.int64), *(part.atoms for part in parts)])
        bound = np.array(links, dtype=np.int64).reshape(-1, 2)
        np.subtract.at(atoms[:, _HYDROGENS], bound.ravel(), 1)
        atoms[:, _HYDROGENS] = atoms[:, _HYDROGENS].clip(0, _MOST_HYDROGENS)
        for atom, mark in marks:
            atoms[atom, _MARK] = mark + 1
        inner = np.concatenate([np.zeros((0, 2), np.int64), *(part.edges for part in parts)])
        inner += np.repeat(starts, [len(part.edges) for part in parts])[:, None]
        relations = np.concatenate([np.zeros(0, np.int64), *(part.relations for part in parts)])
        return Data(
            x=torch.from_numpy(atoms),
            rooted=torch.from_numpy(np.concatenate([np.zeros(0, np.int64), *(part.rooted for part in parts)])),
            edge_index=torch.from_numpy(np.concatenate([inner, bound, bound[:, ::-1]]).T.copy()),
            edge_type=torch.from_numpy(np.concatenate([relations, np.full(2 * len(bound), _SINGLE)])),
            batch=torch.from_numpy(np.repeat(np.arange(len(sequences)), np.diff(ends))),
            ptr=torch.tensor(ends),
        )

    def _add(
        self,
        tree: Motif,
        first: int,
        parts: list[GraphPart],
        links: list[tuple[int, int]],
        marks: list[tuple[int, int]],
    ) -> int:
        """Append a tree, whose first atom has the number `first`; returns the number behind its last atom."""
        part = self.parts.get(tree.smiles) or self._describe(tree.smiles)
        parts.append(part)
        marks.extend((first + site, mark) for site, mark in tree.marks)
        end = first + len(part.atoms)
        for site, child in tree.children:
            links.append((first + site, end))
            end = self._add(child, end, parts, links, marks)
        return end

    def _describe(self, smiles: str) -> GraphPart:
        arrays = featurize_all([Chem.MolFromSmiles(smiles)])
        capacity = template(smiles).capacity
        atoms = np.zeros((len(capacity), len(COLUMNS)), dtype=np.int64)
        atoms[:, : len(ATOM_COLUMNS)] = arrays.atoms
        atoms[:, _HYDROGENS] = capacity
        index = self._vocabulary.index
        rooted = [index.get(reroot(smiles, site)[0], NO_ACTION) for site in range(len(capacity))]
        made = GraphPart(
            atoms, arrays.edges.astype(np.int64), arrays.relations.astype(np.int64), np.array(rooted, dtype=np.int64)
        )
        self.parts[smiles] = made
        return made
