"""Generate small molecules atom by atom: each atom and its bonds to the atoms before it are chosen as one row."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import torch
from rdkit import Chem
from torch import Tensor, nn
from torch.nn import functional as F

from molgan.graphs.dense.dense_graph import DenseGraphs, make_atom
from molgan.models.one_shot.settings import RowSettings
from molgan.models.one_shot.soft_graphs import Draw, SoftGraphs, choose

END = 0  # the row of a position without an atom; no atoms come behind it
_ORDERS = 4
_MOST = 4  # bonds to earlier atoms


class RowVocabulary:
    """All rows that an atom can have: its kind, and its bonds to the atoms 1, 2, ... positions before it.

    In the order of a canonical SMILES every atom but the first is bound to an earlier one, so rows without a bond
    are for the first atom alone, and the graph is always connected. The orders of a row's bonds add up to no more
    than the kind's capacity, which is the largest valence of the element that has as many electrons.
    """

    def __init__(self, max_atoms: int, atoms: tuple[str, ...]) -> None:
        self.max_atoms, self.atoms = max_atoms, atoms
        self.capacity = np.array([0, *map(_capacity, atoms)])
        bare = [(kind, *[0] * (max_atoms - 1)) for kind in range(1 + len(atoms))]
        bound = [row for kind in range(1, 1 + len(atoms)) for row in _rows(kind, self.capacity[kind], max_atoms - 1)]
        self.table = np.array(bare + bound, dtype=np.uint8)  # [V, max_atoms]: the kind, then orders by distance
        self.codes = _codes(self.table)
        self.order = np.argsort(self.codes)

    def __len__(self) -> int:
        return len(self.table)

    def allowed(self) -> np.ndarray:
        """bool [max_atoms, V]: rows that fit a position by themselves, with no bond beyond the first atom."""
        bonds = self.table[:, 1:] > 0
        farthest = np.where(bonds.any(1), self.max_atoms - 1 - bonds[:, ::-1].argmax(1), 0)
        starts = np.logical_not(bonds.any(1))
        starts[END] = False
        later = [~starts & (farthest <= i) for i in range(1, self.max_atoms)]
        return np.stack([starts, *later])

    def encode(self, graphs: DenseGraphs) -> np.ndarray:
        """int64 [M, max_atoms]: the row at each position, -1 where the vocabulary lacks it, END behind the last
        atom."""
        rows = np.zeros((len(graphs), self.max_atoms, self.max_atoms), dtype=np.uint8)
        rows[:, :, 0] = graphs.nodes
        for i, j in combinations(range(self.max_atoms), 2):
            rows[:, j, j - i] = graphs.bonds[:, j, i]
        codes = _codes(rows)
        place = np.searchsorted(self.codes[self.order], codes).clip(max=len(self) - 1)
        found: np.ndarray = self.order[place]
        found[self.codes[found] != codes] = -1
        fits = self.allowed()[np.arange(self.max_atoms), found]
        found[~fits] = -1
        return found


class RowGenerator(nn.Module):
    """A recurrent network over the rows of a molecule (GraphRNN, You et al. 2018, with rows as one choice).

    Rows are embedded by a table and by their kind and bonds, so that rare rows share parameters with similar ones.
    """

    kinds: Tensor
    bonds: Tensor
    allowed: Tensor
    asked: Tensor
    capacity: Tensor

    def __init__(self, max_atoms: int, atoms: tuple[str, ...], settings: RowSettings, targets: int = 0) -> None:
        super().__init__()
        self.vocabulary = RowVocabulary(max_atoms, atoms)
        self.settings = settings
        table = torch.from_numpy(self.vocabulary.table).long()
        size, embedding = len(table), settings.embedding
        self.table = nn.Embedding(size + 1, embedding)  # the last is for the start
        self.parts = nn.Linear(1 + len(atoms) + _ORDERS * (max_atoms - 1), embedding, bias=False)
        self.recurrent = nn.GRU(embedding + targets, settings.width, settings.layers, batch_first=True)
        self.out = nn.Linear(settings.width, embedding)
        self.bias = nn.Parameter(torch.zeros(size))
        self.register_buffer("kinds", F.one_hot(table[:, 0], 1 + len(atoms)).float(), persistent=False)
        self.register_buffer("bonds", F.one_hot(table[:, 1:], _ORDERS).float(), persistent=False)
        self.register_buffer("allowed", torch.from_numpy(self.vocabulary.allowed()), persistent=False)
        # The valence that a row needs of earlier atoms: [orders 1 to 3 by distance, V], 1 where it needs that or more.
        asks = torch.stack([table[:, 1:] >= order for order in range(1, _ORDERS)]).flatten(2).permute(0, 2, 1)
        self.register_buffer("asked", asks.flatten(0, 1).float(), persistent=False)
        self.register_buffer("capacity", torch.from_numpy(self.vocabulary.capacity), persistent=False)

    def log_likelihood(self, rows: Tensor, targets: Tensor | None = None) -> Tensor:
        """log p [B] of molecules, given as rows int64 [B, max_atoms] and, if the generator is conditional, targets."""
        scores, goes_on = self._read(rows, targets)
        return (scores.gather(2, rows[:, :, None])[:, :, 0] * goes_on).sum(1)

    def entropy(self, rows: Tensor, targets: Tensor | None = None) -> Tensor:
        """The entropies [B] in nats of the choices on the way to molecules, summed over their positions.

        Its mean over molecules that the generator draws is the entropy of the draws.
        """
        scores, goes_on = self._read(rows, targets)
        return -((scores.exp() * scores.clamp(min=-1e4)).sum(2) * goes_on).sum(1)

    def _read(self, rows: Tensor, targets: Tensor | None) -> tuple[Tensor, Tensor]:
        """log p [B, max_atoms, V] of each row given those before, and whether the molecule goes on until there."""
        embedded = self._embed_rows()
        before = torch.cat([rows.new_full((len(rows), 1), len(self.vocabulary)), rows[:, :-1]], dim=1)
        h, _ = self.recurrent(self._build_input(embedded, before, targets))
        logits = self._logits(embedded, h).masked_fill(~self.allowed, -torch.inf)
        return F.log_softmax(logits, dim=-1), before != END

    def forward(
        self,
        n: int,
        how: Draw,
        rng: torch.Generator,
        *,
        temperature: float = 1.0,
        targets: Tensor | None = None,
    ) -> SoftGraphs:
        """Draw graphs with gradients, each row given the rows chosen before it. Positions behind the last atom are
        empty.

        Args:
            n: Number of graphs.
            how: As in `soft_graphs.draw`, but always with Gumbel noise, since there is no other noise.
            rng: Source of the noise.
            temperature: Temperature of the softmax.
            targets: Targets [n, names] of a conditional generator.
        """
        how = "gumbel" if how in ("soft", "gumbel") else "straight_through"
        embedded = self._embed_rows()
        before = torch.full((n,), len(self.vocabulary), device=self.bias.device)
        free = torch.zeros(n, self.vocabulary.max_atoms, dtype=torch.long, device=self.bias.device)
        state, chosen = None, []
        for position in range(self.vocabulary.max_atoms):
            h, state = self.recurrent(self._build_input(embedded, before[:, None], targets), state)
            open_rows = self._find_open_rows(position, before, free)
            logits = self._logits(embedded, h[:, 0]).masked_fill(~open_rows, -torch.inf)
            row = choose(logits, how, rng, temperature)
            before = row.detach().argmax(1)
            free = self._update_free(position, before, free)
            chosen.append(row)
        return self._graphs(torch.stack(chosen, dim=1))

    def _embed_rows(self) -> Tensor:
        parts = self.parts(torch.cat([self.kinds, self.bonds.flatten(1)], dim=1))
        return self.table.weight + F.pad(parts, (0, 0, 0, 1))

    def _build_input(self, embedded: Tensor, before: Tensor, targets: Tensor | None) -> Tensor:
        seen = embedded[before]
        return seen if targets is None else torch.cat([seen, targets[:, None].expand(-1, seen.shape[1], -1)], dim=2)

    def _logits(self, embedded: Tensor, h: Tensor) -> Tensor:
        # The scale keeps the first logits small, so that the first rows are all alike.
        logits: Tensor = self.out(h) @ embedded[:-1].T / embedded.shape[1] ** 0.5 + self.bias
        return logits.float()

    def _find_open_rows(self, position: int, before: Tensor, free: Tensor) -> Tensor:
        """bool [B, V]: rows that may come next."""
        allowed = self.allowed[position]
        if position == 0:
            return allowed.expand(len(before), -1)
        only_end = torch.arange(len(allowed), device=allowed.device) == END
        fits = torch.where((before == END)[:, None], only_end, allowed)
        if not self.settings.valence:
            return fits
        distances = self.vocabulary.max_atoms - 1
        near = F.pad(free[:, :position].flip(1), (0, distances - position))  # by distance
        lacks = torch.cat([near < order for order in range(1, _ORDERS)], dim=1).float()
        return fits & (lacks @ self.asked == 0)

    def _update_free(self, position: int, row: Tensor, free: Tensor) -> Tensor:
        """The valence that each atom has left [B, max_atoms] with this row at `position`."""
        orders = self.bonds[row].argmax(-1)  # [B, distances]
        free = free.clone()
        free[:, :position] -= orders[:, :position].flip(1)
        free[:, position] = self.capacity[self.kinds[row].argmax(-1)] - orders.sum(1)
        return free

    def _graphs(self, rows: Tensor) -> SoftGraphs:
        """Soft rows [B, n, V] to soft graphs."""
        n = self.vocabulary.max_atoms
        bonds = rows.new_zeros(len(rows), n, n, _ORDERS)
        bonds[..., 0] = torch.eye(n, dtype=rows.dtype, device=rows.device)
        by_distance = torch.einsum("bnv,vdo->bndo", rows, self.bonds)
        for i, j in combinations(range(n), 2):
            bonds[:, i, j] = bonds[:, j, i] = by_distance[:, j, j - i - 1]
        return SoftGraphs(rows @ self.kinds, bonds)


def _rows(kind: int, capacity: int, distances: int) -> list[tuple[int, ...]]:
    """Rows with at least one bond, for one kind of atom."""
    found = []
    for bonds in range(1, min(_MOST, capacity, distances) + 1):
        orders = [each for each in product(range(1, _ORDERS), repeat=bonds) if sum(each) <= capacity]
        for places in combinations(range(1, 1 + distances), bonds):
            for each in orders:
                row = [kind, *[0] * distances]
                for place, order in zip(places, each, strict=True):
                    row[place] = order
                found.append(tuple(row))
    return found


def _capacity(atom: str) -> int:
    """The largest sum of bond orders: that of the element with as many electrons, N+ like C and O- like F."""
    made = make_atom(atom)
    valences = Chem.GetPeriodicTable().GetValenceList(made.GetAtomicNum() - made.GetFormalCharge())
    return max(1, *valences)


def _codes(rows: np.ndarray) -> np.ndarray:
    """One integer for each row, [..., n] to [...]."""
    scales = _ORDERS ** np.arange(rows.shape[-1], dtype=np.int64)
    scales[0] = _ORDERS ** rows.shape[-1]
    return np.asarray((rows * scales).sum(-1))
