"""Where synthetic molecules come from: each source draws one molecule for each measured one that it is given."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from functools import lru_cache
from typing import Protocol

import numpy as np
import torch
from rdkit import Chem

from molgan.base.default_weights import DEFAULT_WEIGHTS
from molgan.base.errors import ConfigError, WeightsError
from molgan.chem.molecule import parse
from molgan.chem.motifs import Motif, write
from molgan.chem.stereo import UnknownStereo, remove_stereo
from molgan.graphs.motif.actions import Vocabulary
from molgan.models.analogues.analogue_search import AnalogueSearch
from molgan.models.analogues.request import AnalogueRequest
from molgan.models.loading import load_generator
from molgan.models.motif.motif_generator import MotifGenerator
from molgan.models.motif.motif_network import Aim
from molgan.models.protocols import MotifTreeGenerator
from molgan.models.weights import find_weights, list_shipped, read_facts
from molgan.scoring.measure import Measure
from molgan.training.augmentation.settings import AugmentSettings
from molgan.training.design.genetic import Motifs, edit_motif, reroot
from molgan.training.design.mutation import mutate_atom
from molgan.training.design.ring_exchange import exchange_ring, read_ring_motifs
from molgan.training.domains.adaptation import adapt
from molgan.training.domains.settings import AdaptationSettings

ANALOGUE_WEIGHTS = "analogues"
_TRIES = 50  # genetic moves for a molecule, most of which are not possible
_KEPT = 200_000  # molecules by genetic moves


class MoleculeSource(Protocol):
    """Draws molecules from measured ones."""

    name: str
    knows_parents: bool
    """Whether each molecule is made of the one that it is drawn for, not of all."""

    def draw(self, mols: Sequence[Chem.Mol], numbers: Sequence[int], seed: int, turn: int) -> list[str | None]:
        """A SMILES for each molecule given, in order; None where there is none. The same for the same seed and turn.
        `numbers` say how often each was given before, `turn` how often this was called with the seed."""

    def study(self, mols: Sequence[Chem.Mol], seed: int) -> None:
        """Learn from the molecules that will be drawn from, if the source does such a thing. Raises InputError."""


class GeneticSource:
    """One genetic move from a molecule: a motif exchanged, added or removed, a ring system exchanged, an atom or a bond
    changed, with the motifs of some weights. Stereo is dropped.

    What is made of a molecule depends on it, its number and the seed alone, so that it is kept: training parts of one
    split share most of their molecules, and no part can tell another anything by it.
    """

    name, knows_parents = "genetic", True

    def __init__(self, motifs: tuple[str, ...], most_atoms: int) -> None:
        self._motifs, self._rings, self._most = Motifs(motifs), read_ring_motifs(motifs), most_atoms
        self._change = lru_cache(maxsize=_KEPT)(self._make_change)

    def study(self, mols: Sequence[Chem.Mol], seed: int) -> None:
        pass

    def draw(self, mols: Sequence[Chem.Mol], numbers: Sequence[int], seed: int, turn: int) -> list[str | None]:
        texts = [str(Chem.MolToSmiles(remove_stereo(mol))) for mol in mols]
        return [self._change(text, number, seed) for text, number in zip(texts, numbers, strict=True)]

    def _make_change(self, smiles: str, number: int, seed: int) -> str | None:
        rng = np.random.default_rng([seed, number, zlib.crc32(smiles.encode())])
        mol = Chem.MolFromSmiles(smiles)
        if mol is None:
            return None
        try:
            tree = reroot(mol, rng)
            for _ in range(_TRIES):
                child = self._move(tree, rng, max(self._most, mol.GetNumHeavyAtoms()))
                if child is not None:
                    return write(child)
        except (UnknownStereo, ValueError, RuntimeError):  # salts, and what a tree cannot hold
            pass
        return None

    def _move(self, tree: Motif, rng: np.random.Generator, most: int) -> Motif | None:
        pick = rng.random()
        if pick < 1 / 3:
            return edit_motif(tree, self._motifs, rng, max_atoms=most)
        if pick < 2 / 3:
            return mutate_atom(tree, rng, max_atoms=most)
        return exchange_ring(tree, self._rings, rng, max_atoms=most)


class AimedSource:
    """Samples of a prior that aim at all properties of the measured molecule that the prior can aim at."""

    name, knows_parents = "samples", True

    def __init__(self, generator: MotifGenerator) -> None:
        self._generator = generator
        self._measure = Measure(tuple(generator.settings.condition))

    def study(self, mols: Sequence[Chem.Mol], seed: int) -> None:
        pass

    def draw(self, mols: Sequence[Chem.Mol], numbers: Sequence[int], seed: int, turn: int) -> list[str | None]:
        if not mols:
            return []
        # One molecule more where there is one, whose aim would stand for any number.
        values = torch.from_numpy(self._measure([*mols, mols[-1]]))
        drawn = self._generator.sample(len(mols) + 1, seed=_mix(seed, turn), aim=Aim(values))
        return [sample.smiles for sample in drawn[:-1]]


class TunedSource:
    """Samples of a prior that was fine-tuned on the measured molecules that are drawn from (`adapt`)."""

    name, knows_parents = "tuned", False

    def __init__(self, weights: str) -> None:
        self._weights = weights
        self._generator: MotifTreeGenerator | None = None

    def study(self, mols: Sequence[Chem.Mol], seed: int) -> None:
        self._generator = load_generator(self._weights, MotifTreeGenerator)
        adapt(self._generator, [Chem.MolToSmiles(mol) for mol in mols], AdaptationSettings(), seed=seed)

    def draw(self, mols: Sequence[Chem.Mol], numbers: Sequence[int], seed: int, turn: int) -> list[str | None]:
        if self._generator is None:
            raise RuntimeError("study first")
        return [sample.smiles for sample in self._generator.sample(len(mols), seed=_mix(seed, turn))]


class AnalogueSource:
    """Analogues by a generator that reads the measured molecule, at a similarity of at least `least`, the likeliest
    first: what is drawn the second time is the second of them."""

    name, knows_parents = "analogues", True

    def __init__(self, weights: str, least: float) -> None:
        """Raises ConfigError for weights that read no molecule."""
        self._least = least
        self._generator = AnalogueSearch.load(weights, self._ask(1), seed=0).generator

    def _ask(self, n: int) -> AnalogueRequest:
        return AnalogueRequest(n=n, similarity=(self._least, 1.0))

    def study(self, mols: Sequence[Chem.Mol], seed: int) -> None:
        pass

    def draw(self, mols: Sequence[Chem.Mol], numbers: Sequence[int], seed: int, turn: int) -> list[str | None]:
        texts = [str(Chem.MolToSmiles(mol)) for mol in mols]
        search = AnalogueSearch(self._generator, self._ask(max(numbers, default=0) + 1), seed=seed)
        found = {text: search.find(parse(text)).analogues for text in dict.fromkeys(texts)}
        return [
            found[text][number].smiles if number < len(found[text]) else None
            for text, number in zip(texts, numbers, strict=True)
        ]


def open_source(settings: AugmentSettings) -> MoleculeSource:
    """The source that settings ask for. Raises ConfigError for weights that cannot do it, WeightsError for none."""
    name, weights = choose_source(settings), settings.weights
    if name == "analogues":
        return AnalogueSource(weights or ANALOGUE_WEIGHTS, settings.similarity)
    if name == "genetic":
        facts = read_facts(find_weights(weights or DEFAULT_WEIGHTS))
        if "vocabulary" not in facts:
            raise ConfigError(f"weights {weights}: have no motifs for genetic moves; give those of a motif generator")
        return GeneticSource(tuple(Vocabulary.from_description(facts["vocabulary"]).motifs), int(facts["max_atoms"]))
    generator = load_generator(weights or DEFAULT_WEIGHTS, MotifTreeGenerator)
    if name == "tuned":
        return TunedSource(weights or DEFAULT_WEIGHTS)
    if not isinstance(generator, MotifGenerator) or not generator.settings.condition:
        raise ConfigError(f"weights {weights}: cannot aim at properties; give others, or --source tuned")
    return AimedSource(generator)


def choose_source(settings: AugmentSettings) -> str:
    """The name of the source, where `auto` is analogues if the weights read a molecule, else genetic."""
    if settings.source != "auto":
        return settings.source
    if settings.weights is None:
        return "analogues" if ANALOGUE_WEIGHTS in list_shipped() else "genetic"
    try:
        return "analogues" if "source" in read_facts(find_weights(settings.weights)) else "genetic"
    except WeightsError as error:
        raise ConfigError(f"--weights: {error}") from None


def _mix(seed: int, turn: int) -> int:
    """A seed of its own for each turn."""
    return int(np.random.SeedSequence([seed, turn]).generate_state(1, np.uint32)[0]) >> 1
