"""Makes labelled synthetic molecules from measured ones, and from nothing else that was measured."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from rdkit import Chem

from molgan.base.errors import InputError
from molgan.chem.misuse.screen import find_misuse
from molgan.chem.molecule import Molecule, parse
from molgan.chem.stereo import remove_stereo
from molgan.models.qsar.measurements import Measured
from molgan.training.augmentation.evidence import Evidence, Labels, NeighbourEvidence, TeacherEvidence
from molgan.training.augmentation.molecule_sources import MoleculeSource
from molgan.training.augmentation.rarity import find_rare, find_rare_class, is_imbalanced, weigh_rows
from molgan.training.augmentation.settings import AugmentSettings
from molgan.training.augmentation.synthetic import Synthesis, Synthetic

_FEWEST, _MOST = 32, 256  # molecules drawn together
_LARGEST_CLASS_ERROR = 0.3
_LARGEST_SHARE = 0.5  # of the standard deviation of numbers
HELD_OUT = "a held-out molecule"


@dataclass(frozen=True)
class Synthesiser:
    """Makes synthetic molecules of a part of the data, which is all that it gets to see."""

    source: MoleculeSource
    settings: AugmentSettings

    def __call__(self, part: Measured, wanted: int, seed: int) -> Synthesis:
        """Draw until there are `wanted` molecules with a label, or `draws` times as many were drawn. The same part,
        number and seed give the same molecules. What a source or teacher cannot learn is a cause in `dropped`."""
        weights = weigh_rows(part)
        if self.settings.misuse_filter:
            weights = weights * [find_misuse(mol) is None for mol in part.mols]
        if not weights.sum():
            return Synthesis([], wanted, dropped=Counter({"no molecule that may be drawn from": wanted}))
        parents = np.flatnonzero(weights)
        try:
            self.source.study([part.mols[i] for i in parents], seed)
            evidence = self._learn(part, seed)
        except InputError as error:
            return Synthesis([], wanted, dropped=Counter({str(error): wanted}))
        return _Collection(self, part, evidence, wanted).collect(weights / weights.sum(), seed)

    def _learn(self, part: Measured, seed: int) -> Evidence:
        if self.settings.label == "neighbour":
            return NeighbourEvidence(part, self.settings.similarity)
        return TeacherEvidence(part, self.settings.training(seed), find_rare(part))

    def find_limit(self, part: Measured) -> float:
        """The largest expected error of a label, in its unit."""
        if self.settings.most_uncertain is not None:
            return self.settings.most_uncertain
        return _LARGEST_CLASS_ERROR if part.task == "classification" else _LARGEST_SHARE * float(part.target.std())


class _Collection:
    """The synthetic molecules of a part, as they come together."""

    def __init__(self, maker: Synthesiser, part: Measured, evidence: Evidence, wanted: int) -> None:
        self._maker, self._part, self._evidence, self._wanted = maker, part, evidence, wanted
        self._limit = maker.find_limit(part)
        self._known = {flatten(mol) for mol in part.mols}
        self._only = find_rare_class(part) if is_imbalanced(part) else None
        self._labelled: list[Synthetic] = []
        self._unlabelled: list[Synthetic] = []
        self._dropped: Counter[str] = Counter()

    def collect(self, weights: np.ndarray, seed: int) -> Synthesis:
        most, drawn, turn = self._maker.settings.draws * self._wanted, 0, 0
        given: Counter[int] = Counter()
        while (missing := self._wanted - len(self._labelled)) > 0 and drawn < most:
            size = min(max(_FEWEST, min(2 * missing, _MOST)), most - drawn)
            parents = np.random.default_rng([seed, turn]).choice(len(weights), size=size, p=weights).tolist()
            numbers = []
            for parent in parents:
                numbers.append(given[parent])
                given[parent] += 1
            mols = [self._part.mols[i] for i in parents]
            self._take(self._maker.source.draw(mols, numbers, seed, turn), parents)
            drawn, turn = drawn + size, turn + 1
        if (over := len(self._labelled) - self._wanted) > 0:
            self._dropped["more than wanted"] += over
        unlabelled = self._unlabelled[: self._wanted] if self._maker.settings.unlabelled else []
        molecules = [*self._labelled[: self._wanted], *unlabelled]
        return Synthesis(molecules, self._wanted, drawn, +self._dropped)

    def _take(self, texts: Sequence[str | None], parents: Sequence[int]) -> None:
        fresh: list[tuple[Molecule, int]] = []
        for text, parent in zip(texts, parents, strict=True):
            molecule, flat, misuse = examine(text)
            if (reason := self._refuse(flat, misuse)) is None:
                fresh.append((molecule, parent))
            else:
                self._dropped[reason] += 1
        labels = self._evidence.label([molecule.mol for molecule, _ in fresh if molecule.mol is not None])
        for place, (molecule, parent) in enumerate(fresh):
            self._judge(molecule, parent, labels, place)

    def _refuse(self, flat: str, misuse: str | None) -> str | None:
        """Why a drawn molecule is not taken, whatever its label; None if it is."""
        if not flat:
            return "no molecule was drawn"
        if flat in self._known:
            return "measured, or drawn before"
        self._known.add(flat)
        return "rejected by the filter misuse" if self._maker.settings.misuse_filter and misuse is not None else None

    def _judge(self, molecule: Molecule, parent: int, labels: Labels, place: int) -> None:
        assert molecule.mol is not None
        value, error = float(labels.value[place]), float(labels.uncertainty[place])
        similarity, source = float(labels.similarity[place]), self._maker.source
        reason = None
        if similarity < self._evidence.least:
            reason = "no measured molecule is near enough"
        elif error > self._limit:
            reason = "the label is too uncertain"
        elif self._only is not None and value != self._only:
            self._dropped["labelled as of the common class"] += 1
            return
        if reason is not None:
            self._dropped[reason] += 1
            value, error = math.nan, math.nan
        made = Synthetic(
            str(molecule.smiles),
            molecule.mol,
            value,
            error,
            "" if reason else self._evidence.name,
            similarity,
            int(labels.neighbour[place]),
            parent if source.knows_parents else -1,
            source.name,
        )
        (self._unlabelled if reason else self._labelled).append(made)


def drop_held_out(synthesis: Synthesis, held_out: Measured) -> Synthesis:
    """The synthesis without molecules that are held out. They were not made from these; but a prior may have been
    trained on them, and a model must not be."""
    there = {flatten(mol) for mol in held_out.mols}
    kept = [each for each in synthesis.molecules if flatten(each.mol) not in there]
    dropped = synthesis.dropped + Counter({HELD_OUT: len(synthesis.molecules) - len(kept)})
    return Synthesis(kept, synthesis.wanted, synthesis.drawn, dropped)


@lru_cache(maxsize=100_000)
def examine(text: str | None) -> tuple[Molecule, str, str | None]:
    """A molecule, its SMILES without stereo ("" where it is none), and why it is not handed out, if it is not. Kept,
    since training parts of one split have molecules in common."""
    molecule = parse(text)
    return (molecule, "", None) if molecule.mol is None else (molecule, flatten(molecule.mol), find_misuse(molecule))


def flatten(mol: Chem.Mol) -> str:
    """The canonical SMILES without stereo."""
    return str(Chem.MolToSmiles(remove_stereo(mol)))
