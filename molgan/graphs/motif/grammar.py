"""The grammar of motif actions for a whole batch at once: the allowed actions, and the states that they lead to.

Every sequence drawn under the mask is a valid molecule within its atom budget: a motif binds only where a hydrogen is
left, sites do not descend, a spelled bond needs free valence on both sides. A stereo mark comes only where it may mean
something: the atoms that leave a marked centre one hydrogen at most are reserved, and it goes on until they have come.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from molgan.chem.stereo import SAME_SIDE
from molgan.graphs.motif.actions import (
    ALPHABET,
    BACK,
    CLOSE,
    END,
    FIRST_ATOM,
    FIRST_BOND,
    FIRST_MARK,
    FIRST_MOTIF,
    FIRST_SITE,
    MOST_SITES,
    SPELL,
    Vocabulary,
)
from molgan.graphs.motif.grammar_tables import HYDROGEN, Tables

# What the next action may be.
MOTIF, EXTEND, EXTEND_ATOM, MARK, SPELL_FIRST, SPELLING, SPELL_BOND, DONE = range(8)

_SHARED = ("grammar", "most_atoms", "_sites")  # fields without a row for each molecule


class Grammar:
    """The look-up tables of a vocabulary, for the states of batches; `tables` where they are known already."""

    def __init__(self, vocabulary: Vocabulary, device: torch.device | str = "cpu", tables: Tables | None = None):
        self.tables = tables or Tables.of(vocabulary)
        self.actions = len(vocabulary)
        self.stereo = vocabulary.stereo
        self.start = self.actions  # stands for "nothing yet" in the network's input
        self.capacity = self.tables.capacity.to(device)
        self.sizes = self.tables.sizes.to(device)
        self.binds = self.capacity[FIRST_MOTIF:, 0] > 0
        budgets = torch.arange(MOST_SITES + 1, device=device)[:, None]
        fits = self.sizes[FIRST_MOTIF:] <= budgets
        self.within = torch.stack([fits & self.binds, fits])  # [later or first, budget, motif]
        self.valence = torch.tensor([atom.valence for atom in ALPHABET], dtype=torch.int16, device=device)
        self.weight = self.tables.weight.to(device)
        self.markable = self.tables.markable.to(device)
        self.device = self.capacity.device

    def motifs_within(self, budget: Tensor, *, first: Tensor) -> Tensor:
        """Whether each motif fits a budget of heavy atoms [N] and, unless it comes first [N], can bind: [N, motifs]."""
        return self.within[first.long(), budget.clamp(max=MOST_SITES)]


class GrammarState:
    """The states of B unfinished molecules.

    `mode` [B] is the kind of the next action, `top` [B] the action that put the motif on top of the stack
    (`grammar.start` when the stack is empty). `budget` [B] is the number of heavy atoms that may still be added,
    without those `reserved` [B] for later actions, `weight` [B] the molecular weight so far in daltons, with hydrogen
    at every free site.
    """

    def __init__(self, grammar: Grammar, batch: int, max_atoms: int):
        device = grammar.device
        self.grammar = grammar
        self.most_atoms = max_atoms
        depth = max_atoms + 1
        self.mode = torch.full((batch,), MOTIF, device=device)
        self.depth = torch.full((batch,), -1, device=device)
        self.budget = torch.full((batch,), max_atoms, device=device)
        self.reserved = torch.zeros(batch, dtype=torch.long, device=device)
        self.weight = torch.zeros(batch, device=device)
        self.free = torch.zeros(batch, depth, MOST_SITES, dtype=torch.int16, device=device)
        self.site = torch.zeros(batch, depth, dtype=torch.long, device=device)
        self.unmarked = torch.zeros(batch, depth, dtype=torch.long, device=device)  # the first site that may be marked
        self.marking = torch.zeros(batch, dtype=torch.long, device=device)  # the mark whose site comes next
        self.centre = torch.zeros(batch, depth, MOST_SITES, dtype=torch.bool, device=device)  # marked as tetrahedral
        self.size = torch.zeros(batch, depth, dtype=torch.long, device=device)
        self.motif = torch.full((batch, depth), grammar.start, device=device)
        # Of the motif being spelled: who is bound to whom, each atom's parent, the current atom, the pending bond.
        self.bound = torch.zeros(batch, MOST_SITES, MOST_SITES, dtype=torch.bool, device=device)
        self.above = torch.full((batch, MOST_SITES), -1, device=device)
        self.here = torch.zeros(batch, dtype=torch.long, device=device)
        self.order = torch.zeros(batch, dtype=torch.long, device=device)
        self._sites = torch.arange(MOST_SITES, device=device)

    def count(self, actions: Sequence[int]) -> None:
        """Count the atoms and the weight of a part that is bound later, given by its actions, from now on."""
        part = GrammarState(self.grammar, 1, self.most_atoms)
        for action in actions:
            part.step(torch.tensor([action], device=self.mode.device))
        self.budget = self.budget - part.atoms
        self.weight = self.weight + part.weight - 2 * HYDROGEN

    @property
    def complete(self) -> Tensor:
        """Whether each molecule is complete and its sequence was legal, bool [B]."""
        return self.done & (self.depth < 0) & (self.budget < self.most_atoms)

    @property
    def top_site(self) -> Tensor:
        """The last bound site of the top motif, [B]; 0 when the stack is empty."""
        site = self.site.gather(1, self.depth.clamp(min=0)[:, None])[:, 0]
        return torch.where(self.depth < 0, 0, site)

    @property
    def atoms(self) -> Tensor:
        """Heavy atoms so far, [B]."""
        return self.most_atoms - self.budget - self.reserved

    @property
    def done(self) -> Tensor:
        """Whether each molecule has ended, bool [B]."""
        return self.mode == DONE

    @property
    def top(self) -> Tensor:
        """The action of the motif on top of the stack, [B]."""
        top = self.motif.gather(1, self.depth.clamp(min=0)[:, None])[:, 0]
        return torch.where(self.depth < 0, self.grammar.start, top)

    def select(self, rows: Tensor) -> GrammarState:
        """The state of some rows alone."""
        part = object.__new__(GrammarState)
        for name, value in vars(self).items():
            setattr(part, name, value if name in _SHARED else value[rows])
        return part

    def mask(self) -> Tensor:
        """Whether each action is allowed, bool [B, actions]; all False where the molecule has ended."""
        due = self.motif_due()
        motifs = torch.zeros(len(due), self.grammar.actions - FIRST_MOTIF, dtype=torch.bool, device=due.device)
        motifs[due] = self.motif_mask(due)
        return torch.cat([self.structural_mask(), motifs], dim=1)

    def motif_due(self) -> Tensor:
        """Whether a motif may come next, bool [B]."""
        return (self.mode == MOTIF) | ((self.mode == EXTEND_ATOM) & (self.budget > 0))

    def motif_mask(self, at: Tensor) -> Tensor:
        """Whether each motif is allowed at some rows where a motif is due, bool [rows, motifs]."""
        return self.grammar.motifs_within(self.budget[at], first=self.depth[at] < 0)

    def structural_mask(self) -> Tensor:
        """Whether each action below the first motif is allowed, bool [B, FIRST_MOTIF]."""
        mode, sites = self.mode, self._sites
        mask = torch.zeros(len(mode), FIRST_MOTIF, dtype=torch.bool, device=mode.device)
        extend = mode == EXTEND
        mask[:, END] = extend | (mode == EXTEND_ATOM)
        mask[:, SPELL] = self.motif_due() & (self.budget > 0)
        free = self._top_free()
        room = (self.budget > 0) & extend
        site = self.site.gather(1, self.depth.clamp(min=0)[:, None])
        mask[:, FIRST_SITE:FIRST_MOTIF] = room[:, None] & (free > 0) & (sites >= site)
        if self.grammar.stereo:
            self._finish_centres(mask, free)
            self._allow_marks(mask, free)
        spelling = (mode == SPELL_FIRST) | (mode == SPELLING) | (mode == SPELL_BOND)
        if bool(spelling.any()):
            rows = spelling.nonzero()[:, 0]
            mask[rows] = self.select(rows)._spelling_mask()
        return mask

    def _allow_marks(self, mask: Tensor, free: Tensor) -> None:
        """Marks come before the first child, in ascending order of their sites, where they may mean something."""
        top = self.depth.clamp(min=0)[:, None]
        unmarked, size = self.unmarked.gather(1, top), self.size.gather(1, top)
        sites = self.grammar.markable[self.top] & ((self._sites >= unmarked) & (self._sites < size))[:, None]
        sites[:, 0] &= free - 1 <= self.budget[:, None]
        extend = (self.mode == EXTEND) | (self.mode == EXTEND_ATOM)
        mask[:, FIRST_MARK:FIRST_ATOM] = extend[:, None] & sites.any(2).repeat_interleave(SAME_SIDE, dim=1)
        kind = (self.marking // SAME_SIDE)[:, None, None].expand(-1, 1, MOST_SITES)
        mask[:, FIRST_SITE:] |= (self.mode == MARK)[:, None] & sites.gather(1, kind)[:, 0]

    def _finish_centres(self, mask: Tensor, free: Tensor) -> None:
        """A motif neither ends nor goes on behind a marked centre that has two hydrogens or more."""
        centre = self.centre[torch.arange(len(free), device=free.device), self.depth.clamp(min=0)]
        open_centre = centre & (free >= 2)
        behind = open_centre.cumsum(1) > open_centre.long()
        mask[:, END] &= ~open_centre.any(1)
        mask[:, FIRST_SITE:FIRST_MOTIF] &= ~behind
        # Its atom is reserved, so that it needs no room.
        mask[:, FIRST_SITE:FIRST_MOTIF] |= (self.mode == EXTEND)[:, None] & open_centre & ~behind

    def _spelling_mask(self) -> Tensor:
        mode = self.mode
        mask = torch.zeros(len(mode), FIRST_MOTIF, dtype=torch.bool, device=mode.device)
        free = self._top_free()
        size = self.size.gather(1, self.depth[:, None])[:, 0]
        here_free = free.gather(1, self.here[:, None])[:, 0]
        atom_fits = (self.budget > 0) & (size < MOST_SITES)
        # Ring closures: atoms written before, not bound to this one yet.
        reach = ~self.bound.gather(1, self.here[:, None, None].expand(-1, 1, MOST_SITES))[:, 0]
        reach &= (self._sites < size[:, None]) & (self._sites != self.here[:, None])
        most = torch.where(reach, free, 0).amax(1)
        spelling = mode == SPELLING
        mask[:, CLOSE] = spelling
        mask[:, BACK] = spelling & (self.above.gather(1, self.here[:, None])[:, 0] >= 0)
        for order in (1, 2, 3):
            mask[:, FIRST_BOND - 1 + order] = spelling & (here_free >= order) & (atom_fits | (most >= order))
        first = mode == SPELL_FIRST
        needed = torch.where(first, (self.depth > 0).long(), self.order)[:, None]
        atom_due = (first | (mode == SPELL_BOND)) & atom_fits
        mask[:, FIRST_ATOM:FIRST_SITE] = atom_due[:, None] & (self.grammar.valence >= needed)
        ring_due = (mode == SPELL_BOND)[:, None]
        mask[:, FIRST_SITE:] = ring_due & reach & (free >= self.order[:, None])
        return mask

    def step(self, action: Tensor) -> None:
        """Take one action for each molecule, [B]; molecules that have ended ignore theirs."""
        active = self.mode != DONE
        motif = active & ((action >= FIRST_MOTIF) | (action == SPELL))
        bound = motif & (self.depth >= 0)
        self.weight = self.weight + torch.where(active, self.grammar.weight[action], 0) - 2 * HYDROGEN * bound
        spelling = active & (self.mode >= SPELL_FIRST)
        site = active & ~spelling & (action >= FIRST_SITE) & (action < FIRST_MOTIF)
        end = active & (action == END)
        top = self.depth.clamp(min=0)[:, None]
        if self.grammar.stereo:
            site &= ~self._mark(active & ~spelling, action)
        self.site.scatter_(1, top, torch.where(site, action - FIRST_SITE, self.site.gather(1, top)[:, 0])[:, None])
        self.mode = torch.where(site, MOTIF, self.mode)
        self._release(site)
        self._push(motif, action)
        if bool(spelling.any()):
            rows = spelling.nonzero()[:, 0]
            part = self.select(rows)
            part._spell(action[rows])
            for name, value in vars(part).items():
                if name not in _SHARED:
                    getattr(self, name)[rows] = value
        self.depth = self.depth - end.long()
        closed = spelling & (action == CLOSE)
        self._settle(end | closed | (motif & (action != SPELL)))

    def _mark(self, active: Tensor, action: Tensor) -> Tensor:
        """Take marks and their sites; whether each row did, bool [B]."""
        mark = active & (action >= FIRST_MARK) & (action < FIRST_ATOM)
        marked = active & (self.mode == MARK)
        top = self.depth.clamp(min=0)[:, None]
        single = mark & (self.mode == EXTEND_ATOM)
        self.marking = torch.where(mark, action - FIRST_MARK, self.marking)
        centre = (single | marked) & (self.marking < SAME_SIDE)
        rows = centre.nonzero()[:, 0]
        place = (rows, top[rows, 0], torch.where(single, 0, action - FIRST_SITE)[rows])
        self.centre[place] = True
        needed = (self.free[place].long() - 1).clamp(min=0)
        self.budget[rows] -= needed
        self.reserved[rows] += needed
        self._release(single & centre)
        after = torch.where(marked, action - FIRST_SITE + 1, torch.where(single, 1, self.unmarked.gather(1, top)[:, 0]))
        self.unmarked.scatter_(1, top, after[:, None])
        self.mode = torch.where(mark & ~single, MARK, torch.where(marked, EXTEND, self.mode))
        return mark | marked

    def _release(self, binding: Tensor) -> None:
        """An atom that was reserved for a marked centre comes next where `binding` [B] says that a motif binds."""
        rows = binding.nonzero()[:, 0]
        depth = self.depth[rows].clamp(min=0)
        place = (rows, depth, self.site[rows, depth])
        due = (self.centre[place] & (self.free[place] >= 2)).long()
        self.budget[rows] += due
        self.reserved[rows] -= due

    def _top_free(self) -> Tensor:
        return self.free[torch.arange(len(self.depth), device=self.depth.device), self.depth.clamp(min=0)]

    def _push(self, motif: Tensor, action: Tensor) -> None:
        rows = motif.nonzero()[:, 0]
        if not len(rows):
            return
        action = action[rows]
        parent = self.depth[rows]
        child = parent + 1
        inner = parent >= 0
        bound, above = rows[inner], parent[inner]
        self.free[bound, above, self.site[bound, above]] -= 1
        self.unmarked[bound, above] = MOST_SITES
        capacity = self.grammar.capacity[action]
        spelled = action == SPELL
        capacity[:, 0] -= (inner & ~spelled).to(capacity.dtype)
        self.free[rows, child] = capacity
        self.site[rows, child] = 0
        self.unmarked[rows, child] = 0
        self.centre[rows, child] = False
        self.size[rows, child] = self.grammar.sizes[action]
        self.motif[rows, child] = action
        self.depth[rows] = child
        self.budget[rows] -= self.grammar.sizes[action]
        fresh = rows[spelled]
        self.mode[fresh] = SPELL_FIRST
        self.bound[fresh] = False
        self.above[fresh] = -1
        self.here[fresh] = 0

    def _spell(self, action: Tensor) -> None:
        """One action inside a spelled motif; every row of this state is spelling."""
        row = torch.arange(len(action), device=action.device)
        bond = (action >= FIRST_BOND) & (action < FIRST_ATOM)
        atom = (action >= FIRST_ATOM) & (action < FIRST_SITE)
        ring = action >= FIRST_SITE
        first = atom & (self.mode == SPELL_FIRST)
        back = action == BACK
        self.here = torch.where(back, self.above[row, self.here], self.here)
        order = torch.where(self.mode == SPELL_BOND, self.order, 0)

        size = self.size[row, self.depth]
        other = torch.where(ring, action - FIRST_SITE, torch.where(atom, size, 0))
        valence = self.grammar.valence[torch.where(atom, action - FIRST_ATOM, 0)].long()
        reserved = (first & (self.depth > 0)).long()  # the root's bond to the parent motif
        free = self.free[row, self.depth].long()
        free[row[atom], other[atom]] = (valence - reserved)[atom]
        joined = (ring | atom) & ~first
        free[row[joined], other[joined]] -= order[joined]
        free[row[joined], self.here[joined]] -= order[joined]
        self.free[row, self.depth] = free.to(self.free.dtype)
        self.bound[row[joined], self.here[joined], other[joined]] = True
        self.bound[row[joined], other[joined], self.here[joined]] = True
        grown = atom & ~first
        self.above[row[grown], other[grown]] = self.here[grown]
        self.here = torch.where(atom, other, self.here)
        self.size[row, self.depth] = size + atom.long()
        self.budget = self.budget - atom.long()
        self.order = torch.where(bond, action - FIRST_BOND + 1, self.order)
        self.mode = torch.where(bond, SPELL_BOND, SPELLING)

    def _settle(self, moved: Tensor) -> None:
        """Leave the motifs that have no hydrogen left to replace, and set the kind of the next action."""
        while True:
            top = self.depth.clamp(min=0)[:, None]
            usable = (self._top_free() > 0) & (self._sites >= self.site.gather(1, top))
            full = moved & (self.depth >= 0) & ~usable.any(1)
            if not bool(full.any()):
                break
            self.depth = self.depth - full.long()
        single = self.size.gather(1, self.depth.clamp(min=0)[:, None])[:, 0] == 1
        due = torch.where(self.depth < 0, DONE, torch.where(single, EXTEND_ATOM, EXTEND))
        self.mode = torch.where(moved, due, self.mode)
        if self.grammar.stereo:
            self._release(moved & (self.mode == EXTEND_ATOM))
