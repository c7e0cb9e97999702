"""Adapts a generator to a few molecules of another domain, with early stopping by those that are held out."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from molgan.base.stopping import leave_if_asked
from molgan.graphs.motif.actions import NotEncodable
from molgan.models.precision import autocast
from molgan.models.protocols import MotifTreeGenerator
from molgan.training.checkpoint import load_checkpoint, save_checkpoint, under_prefix, with_prefix
from molgan.training.design.genetic import reroot
from molgan.training.domains.domain_molecules import Domain, DomainMolecule, read_domain, write_actions
from molgan.training.domains.likeness import LikeMolecules
from molgan.training.domains.scaffold_folds import split_by_scaffold
from molgan.training.domains.settings import AdaptationSettings
from molgan.training.loop import check_identity, collect_tensors, is_due, restore_tensors, step_seed, update
from molgan.training.report import Report, report_again, silent

_WHOLE = 0  # the number of the learner that learns all molecules; the parts count from 1


@dataclass(frozen=True, slots=True)
class AdaptationOutcome:
    """The result.

    `learned` molecules, of `folds` parts, each of whole scaffolds if `by_scaffold`; `unsaid` rows that the generator
    cannot write, by reason; the `epoch` after which the mean negative log-likelihood of held-out molecules was least,
    and that loss `before` and `after`, in nats a molecule. With a critic: the samples of the prior that it `accepted`,
    and the `area` under its ROC curve on held-out molecules.
    """

    learned: int
    repeated: int
    unsaid: dict[str, int]
    folds: int
    by_scaffold: bool
    epoch: int
    before: float
    after: float
    accepted: int | None = None
    area: float | None = None

    def describe(self) -> str:
        """The outcome in a sentence."""
        how = "whole scaffolds" if self.by_scaffold else "at random"
        text = (
            f"{self.learned:,} molecules learned; loss on held-out ones ({self.folds} parts, {how}): "
            f"{self.before:.1f} nats before, {self.after:.1f} after epoch {self.epoch}"
        )
        if self.accepted is None or self.area is None:
            return text
        return (
            f"{text}; critic's area under the ROC curve {self.area:.3f}, {self.accepted:,} samples of the prior taken"
        )


class Learner:
    """A generator that learns from molecules of a domain, of samples that are like them, or of both."""

    def __init__(
        self,
        generator: MotifTreeGenerator,
        own: Sequence[DomainMolecule],
        like: Sequence[DomainMolecule],
        settings: AdaptationSettings,
        *,
        room: int,
        seed: int,
    ) -> None:
        """
        Args:
            generator: The generator; trained in place.
            own: Molecules of the domain that an epoch shows; none with the method `adversarial`.
            like: Samples that are like them; with `own` an epoch shows as many of these, else all.
            settings: Settings of the training.
            room: Heavy atoms of the largest molecule that has a likelihood.
            seed: Seed of the random numbers.
        """
        self.generator = generator
        self._own, self._like, self._settings, self._room, self._seed = own, like, settings, room, seed
        self.optimizer = torch.optim.AdamW(
            generator.parameters(), settings.learning_rate, weight_decay=settings.weight_decay
        )

    def learn(self, epoch: int) -> float:
        """Show all once, each from another root, which helps most with few molecules; the mean loss in nats."""
        rng = np.random.default_rng([self._seed, epoch])
        shown = [*self._own, *self._draw_like(rng)]
        size = self._settings.batch_size or choose_batch(len(shown))
        sequences = [self._reroot(each, rng) for each in shown]
        self.generator.train()
        losses = []
        for rows in np.array_split(rng.permutation(len(sequences)), -(-len(sequences) // size)):
            with autocast(self.generator.device, enabled=self._settings.bf16):
                found = self.generator.log_likelihood([sequences[i] for i in rows], max_atoms=self._room)
            loss = -found.mean()
            update(self.optimizer, loss, self.generator, clip=self._settings.clip)
            losses.append(float(loss.detach()) * len(rows))
        self.generator.eval()
        return sum(losses) / len(sequences)

    @torch.no_grad()
    def measure(self, molecules: Sequence[DomainMolecule]) -> float:
        """The sum of the negative log-likelihoods of molecules, in nats."""
        with autocast(self.generator.device, enabled=self._settings.bf16):
            found = self.generator.log_likelihood([each.actions for each in molecules], max_atoms=self._room)
        return -float(found.double().sum())

    def _draw_like(self, rng: np.random.Generator) -> list[DomainMolecule]:
        if not self._own:
            return list(self._like)
        rows = rng.permutation(len(self._like))[: len(self._own)]
        return [self._like[i] for i in rows.tolist()]

    def _reroot(self, molecule: DomainMolecule, rng: np.random.Generator) -> tuple[int, ...]:
        try:
            return write_actions(partial(reroot, molecule.mol, rng), self.generator)
        except NotEncodable:
            return molecule.actions


def choose_batch(molecules: int) -> int:
    """Molecules per update where the settings do not say."""
    return min(32, max(4, molecules // 8))


def adapt(
    generator: MotifTreeGenerator,
    smiles: Sequence[str],
    settings: AdaptationSettings,
    *,
    seed: int,
    checkpoint: Path | None = None,
    report: Report = silent,
) -> AdaptationOutcome:
    """Adapt `generator` in place to a few molecules, its vocabulary staying as it is.

    Fine-tuning by likelihood (Segler et al. 2018) with early stopping: copies of the generator learn all molecules but
    one part each, and after each epoch the likelihood of what each has not seen is measured, until it has not risen for
    `patience` epochs. The generator then learns all molecules for as many epochs as were best. With the method
    `adversarial` it learns, in place of the molecules, those of its own samples that a critic takes for them (see
    `LikeMolecules`), which are others for each part; with `both` an epoch has as many of either.

    Args:
        generator: The generator.
        smiles: SMILES of molecules of the domain. Those that the vocabulary cannot write are left out and counted.
        settings: Settings of the training.
        seed: Seed of the random numbers.
        checkpoint: The folder from which the search for the number of epochs resumes exactly.
        report: Takes the loss and that on held-out molecules after each epoch, in nats a molecule.

    Raises:
        InputError: Fewer than five distinct molecules can be written.
        WeightsError: The checkpoint belongs to another training.
    """
    domain = read_domain(generator, smiles)
    molecules, folds = domain.molecules, min(settings.folds, len(domain.molecules))
    rng = np.random.default_rng(seed)
    part, by_scaffold = split_by_scaffold([each.mol for each in molecules], folds, rng)
    make = _Learners(generator, domain, part, settings, seed)
    learners = [make.leave_out(held, copy.deepcopy(generator)) for held in range(folds)]
    identity = {"seed": seed, "molecules": [each.smiles for each in molecules], **settings.model_dump(mode="json")}
    curve = _follow(learners, molecules, part, settings, checkpoint, report, identity)
    best = int(np.argmin(curve))
    if best:
        whole = make.take_all(generator)
        for epoch in range(1, best + 1):
            whole.learn(epoch)
            leave_if_asked()
    generator.eval()
    return AdaptationOutcome(
        learned=len(molecules),
        repeated=domain.repeated,
        unsaid=domain.reasons,
        folds=folds,
        by_scaffold=by_scaffold,
        epoch=best,
        before=curve[0],
        after=curve[best],
        accepted=None if make.like is None else len(make.like.choose(np.arange(len(molecules)))),
        area=None if make.like is None else make.like.area,
    )


def learn_for(
    generator: MotifTreeGenerator, smiles: Sequence[str], settings: AdaptationSettings, *, epochs: int, seed: int
) -> None:
    """Learn all molecules for a fixed number of epochs, in place: fine-tuning without early stopping, to compare with.
    Raises as `adapt`."""
    domain, settings = read_domain(generator, smiles), settings.model_copy(update={"method": "likelihood"})
    learner = _Learners(generator, domain, np.zeros(len(domain.molecules), int), settings, seed).take_all(generator)
    for epoch in range(1, epochs + 1):
        learner.learn(epoch)


class _Learners:
    """Makes the learners of an adaptation."""

    def __init__(
        self, generator: MotifTreeGenerator, domain: Domain, part: np.ndarray, settings: AdaptationSettings, seed: int
    ) -> None:
        self._molecules, self._part, self._settings, self._seed = domain.molecules, part, settings, seed
        self._room = max(generator.max_atoms, domain.atoms)
        self.like: LikeMolecules | None = None
        if settings.method != "likelihood":
            self.like = LikeMolecules(generator, domain.molecules, part, settings, seed=step_seed(seed, 7))

    def leave_out(self, held: int, generator: MotifTreeGenerator) -> Learner:
        return self._make(np.flatnonzero(self._part != held), generator, held + 1)

    def take_all(self, generator: MotifTreeGenerator) -> Learner:
        return self._make(np.arange(len(self._molecules)), generator, _WHOLE)

    def _make(self, rows: np.ndarray, generator: MotifTreeGenerator, number: int) -> Learner:
        own = [] if self._settings.method == "adversarial" else [self._molecules[i] for i in rows.tolist()]
        like = [] if self.like is None else self.like.choose(rows)
        seed = step_seed(self._seed, number)
        return Learner(generator, own, like, self._settings, room=self._room, seed=seed)


def _follow(
    learners: Sequence[Learner],
    molecules: Sequence[DomainMolecule],
    part: np.ndarray,
    settings: AdaptationSettings,
    checkpoint: Path | None,
    report: Report,
    identity: dict[str, Any],
) -> list[float]:
    """The loss on held-out molecules before training and after each epoch, until it has not fallen for long."""
    held = [[molecules[i] for i in np.flatnonzero(part == number).tolist()] for number in range(len(learners))]

    def measure() -> float:
        return sum(learner.measure(some) for learner, some in zip(learners, held, strict=True)) / len(molecules)

    curve, state = _resume(learners, checkpoint, identity)
    report_again(report, state)
    curve = curve or [measure()]
    while len(curve) <= settings.epochs and len(curve) - 1 < int(np.argmin(curve)) + settings.patience:
        epoch = len(curve)
        loss = float(np.mean([learner.learn(epoch) for learner in learners]))
        curve.append(measure())
        metrics = {"step": epoch, "steps": settings.epochs, "loss": loss, "held_out": curve[-1]}
        state = {"identity": identity, "step": epoch, "curve": curve, "reported": metrics}
        saves = checkpoint is not None and is_due(epoch, settings.epochs, settings.checkpoint_every)
        if saves:
            _save(learners, checkpoint, state)
        report(metrics, state if saves else None)
        leave_if_asked(partial(_save, learners, checkpoint, state))
    return curve


def _save(learners: Sequence[Learner], checkpoint: Path | None, state: dict[str, Any]) -> None:
    if checkpoint is None:
        return
    tensors: dict[str, torch.Tensor] = {}
    for number, learner in enumerate(learners):
        tensors |= with_prefix(f"learner{number}", collect_tensors({"generator": learner.generator}, learner.optimizer))
    save_checkpoint(checkpoint, tensors, state)


def _resume(
    learners: Sequence[Learner], checkpoint: Path | None, identity: dict[str, Any]
) -> tuple[list[float], dict[str, Any]]:
    if checkpoint is None or (saved := load_checkpoint(checkpoint)) is None:
        return [], {}
    tensors, state = saved
    check_identity(checkpoint, state, identity)
    for number, learner in enumerate(learners):
        own = under_prefix(f"learner{number}", tensors)
        restore_tensors({"generator": learner.generator}, learner.optimizer, own)
    return [float(value) for value in state["curve"]], state
