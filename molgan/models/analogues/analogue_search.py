"""Draws analogues of given molecules and chooses among them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rdkit import Chem
from rdkit.DataStructs import BulkTanimotoSimilarity

from molgan.base.errors import ConfigError, InputError
from molgan.chem.fingerprints import ecfp
from molgan.chem.misuse.screen import find_misuse
from molgan.chem.molecule import Molecule, parse
from molgan.chem.plausibility.plausible import PlausibilityCheck, PlausibilitySettings
from molgan.graphs.motif.actions import NotEncodable, decode
from molgan.graphs.motif.tree_change import TreeChange
from molgan.models.analogues.request import AnalogueRequest
from molgan.models.loading import load_any
from molgan.models.motif.decorating import DecoratingGenerator
from molgan.models.motif.encoding import encode_molecule
from molgan.models.motif.motif_generator import MotifGenerator
from molgan.models.motif.motif_network import Aim
from molgan.models.weights import find_weights, read_facts
from molgan.scoring.measure import Measure

_ROUND = 128  # molecules drawn together
_MOST_ASKED = 0.9  # that of the pairs that generators learn from by default
_STEPS = 4  # similarities of a range that are asked for in turn
_FARTHEST = 4.0  # standard deviations, the range of weights that do not say theirs
_DIGITS = 4


@dataclass(frozen=True)
class Analogue:
    """An analogue: canonical SMILES; Tanimoto similarity (ECFP4) to the source; the transformation that makes it of
    the source, see `TreeChange`; its log-likelihood given the source, in nats, NaN where the generator has none; the
    properties that are shown, in their units, NaN for a failure."""

    smiles: str
    similarity: float
    change: str
    log_likelihood: float
    properties: Mapping[str, float]


@dataclass(frozen=True)
class Found:
    """The analogues of a molecule, best first, and its own properties. `reason` says why there are none; None where
    there are some. `drawn` is the number of molecules that were drawn."""

    analogues: Sequence[Analogue] = ()
    properties: Mapping[str, float] = field(default_factory=dict)
    reason: str | None = None
    drawn: int = 0


class AnalogueSearch:
    """Draws analogues by a generator that reads a source (`SourceReader`).

    In rounds molecules are drawn, the similarity that is asked for going through the range, moved by how far the rounds
    before came out from what they were to be. What is the source itself, a duplicate, outside the range, or not wanted
    by the filters that are on, is dropped, until there are enough, or the budget is spent. They are ranked by how near
    they are to the targets, in standard deviations of the data, and without any by their likelihood given the source.
    What is found for a molecule does not depend on the others.
    """

    def __init__(
        self,
        generator: MotifGenerator,
        request: AnalogueRequest,
        *,
        seed: int,
        ranges: Mapping[str, Sequence[float]] | None = None,
    ) -> None:
        """
        Args:
            generator: The generator.
            request: What is asked for.
            seed: Seed of the random numbers.
            ranges: The lowest and highest value of each property in the training data, where they are known.

        Raises:
            ConfigError: The generator cannot read a source.
            InputError: Something that cannot be asked for.
        """
        if generator.source is None:
            raise ConfigError("the weights cannot read a source molecule; give weights that `analogues` trained")
        self.generator = generator
        self.request = request
        self.seed = seed
        self.measure = Measure(request.shown)
        self._keep = request.check(generator.settings.condition)
        self.measure([])  # an unknown property is said before any work starts
        self._ranges = ranges

    @classmethod
    def load(cls, weights: str | Path, request: AnalogueRequest, *, seed: int) -> AnalogueSearch:
        """The search with shipped weights, or those in a folder. Raises ConfigError for weights that read no source,
        InputError as `AnalogueSearch`, else as `load_any`."""
        path = find_weights(weights)
        generator = load_any(path, raw=True)
        if not isinstance(generator, MotifGenerator) or generator.source is None:
            raise ConfigError(
                f"weights {weights}: they cannot read a source molecule; give weights that a training with a section "
                "`analogues` made, as configs/analogues.yaml does"
            )
        about = read_facts(path).get("about")
        ranges = about.get("ranges") if isinstance(about, dict) else None
        return cls(generator, request, seed=seed, ranges=ranges if isinstance(ranges, dict) else None)

    @cached_property
    def ranges(self) -> dict[str, tuple[float, float]]:
        """The range of each property in the training data; four standard deviations where the weights do not say."""
        if self._ranges is not None:
            return {name: (float(low), float(high)) for name, (low, high) in self._ranges.items()}
        conditions = self.generator.conditions
        if conditions is None:
            return {}
        means, scales = conditions.mean.tolist(), conditions.scale.tolist()
        return {
            name: (mean - _FARTHEST * scale, mean + _FARTHEST * scale)
            for name, mean, scale in zip(conditions.names, means, scales, strict=True)
        }

    def find_doubts(self, before: Mapping[str, float] | None = None) -> list[str]:
        """Sentences on targets outside the range of the training data; with the properties of a source also on those
        that are changes."""
        aims = dict(self.request.targets)
        if before is not None:
            aims = {name: before[name] + change for name, change in self.request.changes.items()}
        doubts = []
        for name, value in aims.items():
            low, high = self.ranges.get(name, (-math.inf, math.inf))
            if math.isfinite(value) and not low <= value <= high:
                doubts.append(f"target {name}={value:.4g}: the training data have {low:.4g} to {high:.4g}")
        return doubts

    def find(self, molecule: Molecule, on_drawn: Callable[[int], None] = lambda drawn: None) -> Found:
        """The analogues of a molecule. What cannot be done for it is the reason why there are none, not an exception;
        `on_drawn` gets the number of molecules just drawn."""
        if molecule.mol is None or molecule.smiles is None:
            return Found(reason=molecule.reason)
        if self.request.misuse_filter and (reason := find_misuse(molecule)) is not None:
            return Found(reason=f"the filter 'misuse' rejects it ({reason})")
        try:
            actions = encode_molecule(molecule, self.generator)
            before = self._measure([molecule.mol])[0]
            targets = self._find_targets(before)
            sampler: Any = self.generator
            if self._keep is not None:
                sampler = DecoratingGenerator(self.generator, self._keep.find(molecule.mol))
            drawn, accepted = self._draw(molecule, molecule.mol, actions, sampler, targets, before, on_drawn)
        except (NotEncodable, InputError) as error:
            return Found(reason=str(error))
        if not accepted:
            return Found(properties=before, reason=self._explain(drawn), drawn=drawn)
        found = self._describe(actions, accepted)
        return Found(self.order(found, targets)[: self.request.n], before, None, drawn)

    def order(self, found: Sequence[Analogue], targets: Mapping[str, float]) -> list[Analogue]:
        """Analogues, best first."""
        return sorted(found, key=lambda each: self._rank(each, targets))

    def sample(
        self,
        actions: Sequence[int],
        count: int,
        *,
        seed: int,
        similarity: float | None = None,
        targets: Mapping[str, float] | None = None,
        before: Mapping[str, float] | None = None,
        sampler: Any = None,
    ) -> list[str]:
        """SMILES as they are drawn, the same for the same seed.

        Args:
            actions: The source.
            count: Number of molecules.
            seed: Seed of the random numbers.
            similarity: The similarity that is asked for; None asks for none.
            targets: Properties to aim at, in their units.
            before: The same properties of the source.
            sampler: What draws, by default the generator.
        """
        aim = self._make_aim(actions, similarity, targets or {}, before or {})
        options: dict[str, Any] = {} if self.request.max_atoms is None else {"max_atoms": self.request.max_atoms}
        drawer = self.generator if sampler is None else sampler
        drawn = drawer.sample(count, seed=seed, temperature=self.request.temperature, aim=aim, **options)
        return [each.smiles for each in drawn]

    @torch.no_grad()
    def _make_aim(
        self,
        actions: Sequence[int],
        similarity: float | None,
        targets: Mapping[str, float],
        before: Mapping[str, float],
    ) -> Aim:
        reader, conditions = self.generator.source, self.generator.conditions
        assert reader is not None  # __init__ has refused it
        asked = np.full((1, len(reader.names)), np.nan, dtype=np.float32)
        if similarity is not None:
            asked[0, 0] = similarity
        for name, value in targets.items():
            asked[0, reader.names.index(name)] = value - before[name]
        values = conditions.read(targets) if conditions is not None and targets else None
        return Aim(values, self.request.guidance, self.generator.read_sources([actions], asked))

    def _find_targets(self, before: Mapping[str, float]) -> dict[str, float]:
        """The values to aim at. Raises InputError where a change cannot be told from the molecule's own value."""
        asked = {**self.request.targets, **self.request.changes}
        if missing := [name for name in asked if not math.isfinite(before[name])]:
            raise InputError(f"target {missing[0]}: the molecule has no such value")
        changed = {name: before[name] + change for name, change in self.request.changes.items()}
        return {**self.request.targets, **changed}

    def _draw(
        self,
        source: Molecule,
        mol: Chem.Mol,
        actions: Sequence[int],
        sampler: Any,
        targets: Mapping[str, float],
        before: Mapping[str, float],
        on_drawn: Callable[[int], None],
    ) -> tuple[int, dict[str, tuple[Molecule, float]]]:
        """The number of molecules drawn, and those that fit with their similarities, by their SMILES."""
        request = self.request
        (fingerprint,) = ecfp([mol])
        check = PlausibilityCheck.of(PlausibilitySettings(), [mol]) if request.plausible else None
        low, high = request.similarity or (0.0, 1.0)
        seen, accepted = {source.smiles}, dict[str, tuple[Molecule, float]]()
        drawn = number = 0
        shift = 0.0
        while len(accepted) < request.n and drawn < request.most_drawn:
            size = min(_ROUND, request.most_drawn - drawn)
            wanted = None if request.similarity is None else low + (high - low) * (number % _STEPS + 0.5) / _STEPS
            seed = int(np.random.SeedSequence([self.seed, number]).generate_state(1, np.uint32)[0])
            asked = None if wanted is None else min(max(wanted + shift, 0.0), _MOST_ASKED)
            texts = self.sample(
                actions, size, seed=seed, similarity=asked, targets=targets, before=before, sampler=sampler
            )
            new = [each for each in map(parse, texts) if each.mol is not None and each.smiles not in seen]
            similarities = BulkTanimotoSimilarity(fingerprint, ecfp(_list_mols(new)))
            if wanted is not None and similarities:
                shift = float(np.clip(shift + wanted - np.mean(similarities), -1, 1))
            for each, similarity in zip(new, similarities, strict=True):
                fits = each.smiles not in seen and low <= similarity <= high
                seen.add(each.smiles)
                if fits and self._is_wanted(each, check):
                    accepted[str(each.smiles)] = each, similarity
            drawn, number = drawn + size, number + 1
            on_drawn(size)
        return drawn, accepted

    def _is_wanted(self, molecule: Molecule, check: PlausibilityCheck | None) -> bool:
        if self.request.misuse_filter and find_misuse(molecule) is not None:
            return False
        return check is None or molecule.mol is None or check(molecule.mol) is None

    def _describe(self, actions: Sequence[int], accepted: Mapping[str, tuple[Molecule, float]]) -> list[Analogue]:
        before = decode(actions, self.generator.vocabulary)
        sequences: dict[str, list[int]] = {}
        for smiles, (molecule, _) in accepted.items():
            try:
                sequences[smiles] = encode_molecule(molecule, self.generator)
            except NotEncodable:  # a spelled motif that another spelling of the molecule makes too large
                continue
        likelihoods = self._measure_likelihoods(actions, sequences)
        properties = self._measure(_list_mols([molecule for molecule, _ in accepted.values()]))
        described = []
        for (smiles, (_, similarity)), values in zip(accepted.items(), properties, strict=True):
            change = ""
            if smiles in sequences:
                change = (
                    TreeChange.between(before, decode(sequences[smiles], self.generator.vocabulary)).text or "stereo"
                )
            likelihood = likelihoods.get(smiles, math.nan)
            described.append(Analogue(smiles, round(similarity, _DIGITS), change, likelihood, values))
        return described

    @torch.no_grad()
    def _measure_likelihoods(self, actions: Sequence[int], sequences: Mapping[str, Sequence[int]]) -> dict[str, float]:
        """Log-likelihoods given the source, nothing else being asked for, in nats."""
        if not sequences:
            return {}
        aim = Aim(source=self.generator.read_sources([actions]))
        most = max(self.generator.max_atoms, self.request.max_atoms or 0)
        found = self.generator.log_likelihood(list(sequences.values()), max_atoms=most, aim=aim)
        values = [round(value, _DIGITS) if math.isfinite(value) else math.nan for value in found.tolist()]
        return dict(zip(sequences, values, strict=True))

    def _measure(self, mols: Sequence[Chem.Mol]) -> list[dict[str, float]]:
        values = self.measure(mols).astype(np.float64).round(_DIGITS)
        return [dict(zip(self.measure.names, row, strict=True)) for row in values.tolist()]

    def _rank(self, analogue: Analogue, targets: Mapping[str, float]) -> tuple[float, float, str]:
        miss = 0.0
        for name, value in targets.items():
            found = analogue.properties[name]
            miss += ((found - value) / self.generator.scales[name]) ** 2 if math.isfinite(found) else math.inf
        likelihood = analogue.log_likelihood if math.isfinite(analogue.log_likelihood) else -math.inf
        return round(miss, _DIGITS), -likelihood, analogue.smiles

    def _explain(self, drawn: int) -> str:
        if self.request.similarity is None:
            return f"none of {drawn:,} drawn molecules is another one; raise the temperature"
        low, high = self.request.similarity
        return f"none of {drawn:,} drawn molecules has a similarity of {low:g} to {high:g}; widen the range"


def _list_mols(molecules: Sequence[Molecule]) -> list[Chem.Mol]:
    """The structures of valid molecules."""
    return [molecule.mol for molecule in molecules if molecule.mol is not None]
