"""Likelihood training on pairs of similar molecules, which makes a generator of analogues."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from molgan.base.errors import ConfigError
from molgan.base.parallel import split_chunks
from molgan.graphs.motif.forcing import Walk
from molgan.graphs.motif.motif_data import ActionData
from molgan.graphs.motif.pair_data import PairData
from molgan.graphs.motif.walked_data import WalkedData, WalkedRows
from molgan.models.motif.motif_generator import MotifGenerator
from molgan.models.motif.motif_network import Aim
from molgan.models.precision import autocast
from molgan.training.prior.likelihood_loop import Batch, maximise_likelihood
from molgan.training.prior.pretrain import shuffle_batches, tell_some
from molgan.training.prior.settings import AnalogueSettings, LessonSettings
from molgan.training.report import Report, silent
from molgan.training.share import ALONE, Share

if TYPE_CHECKING:
    from torch_geometric.data import Data

_AHEAD = 8  # batches whose actions walk through the grammar together


@dataclass(frozen=True)
class Lessons:
    """What a batch of B molecules is learned from.

    `sources` and `targets` [B] are rows of the data, -1 where there is no source; `told` float32 [B, names] are the
    targets' properties, and `asked` float32 [B, 1 + names] the similarity and the targets' properties less those of the
    sources, NaN where the network is not told. `graphs` are those of the sources, where they were made beforehand.
    """

    sources: np.ndarray
    targets: np.ndarray
    told: np.ndarray
    asked: np.ndarray
    graphs: Data | None = None

    def of(self, rows: np.ndarray) -> Lessons:
        return Lessons(self.sources[rows], self.targets[rows], self.told[rows], self.asked[rows])


def train_on_pairs(
    generator: MotifGenerator,
    data: ActionData,
    pairs: PairData,
    settings: AnalogueSettings,
    *,
    seed: int,
    checkpoint: Path | None = None,
    report: Report = silent,
    share: Share = ALONE,
) -> None:
    """Maximise the likelihood of one molecule of each pair, given the other one, in place.

    Which of the two is the source is drawn anew each time. A part of the molecules has no source, and of the others the
    network is told a part of what there is to tell: the similarity, the properties, and how they differ from those of
    the source. So the same network remains a prior.

    Args:
        generator: The generator to train, with a `source`.
        data: The molecules.
        pairs: Pairs of them.
        settings: Settings of the training.
        seed: Seed of the random numbers.
        checkpoint: The folder from which the loop resumes exactly.
        report: Takes loss (nats a molecule), learning rate and molecules a second.
        share: This worker's part of every batch, where several workers train.

    Raises:
        ConfigError: The generator has no network that reads a source.
        WeightsError: The checkpoint belongs to another training.
    """
    learn_lessons(
        generator,
        data,
        partial(_draw_lessons, data, pairs, settings, seed),
        settings,
        size=min(settings.batch_size, len(pairs)),
        identity={"seed": seed, "pairs": len(pairs), **settings.model_dump(mode="json", exclude={"pairs"})},
        checkpoint=checkpoint,
        report=report,
        share=share,
    )


def learn_lessons(
    generator: MotifGenerator,
    data: ActionData,
    draw: Callable[[int], Iterator[Lessons]],
    settings: LessonSettings,
    *,
    size: int,
    identity: Mapping[str, Any],
    checkpoint: Path | None = None,
    report: Report = silent,
    share: Share = ALONE,
) -> None:
    """Maximise the likelihood of molecules, each given what its lesson says, in place.

    Args:
        generator: The generator to train, with a `source`.
        data: The molecules.
        draw: The batches after a step.
        settings: Settings of the training.
        size: Molecules of a batch.
        identity: What a checkpoint must have been made with.
        checkpoint: The folder from which the loop resumes exactly.
        report: Takes loss (nats a molecule), learning rate and molecules a second.
        share: This worker's part of every batch, where several workers train.

    Raises:
        ConfigError: The generator has no network that reads a source.
        WeightsError: The checkpoint belongs to another training.
    """
    if generator.source is None:
        raise ConfigError("the generator has no network that reads a source")
    reader = list(generator.source.parameters())
    known = [each for name, each in generator.named_parameters() if not name.startswith("source.")]
    groups: list[dict[str, Any]] = [{"params": known}, {"params": reader, "lr": settings.reader_learning_rate}]
    optimizer = torch.optim.AdamW(groups, settings.learning_rate, weight_decay=settings.weight_decay, fused=True)

    def teach(done: int) -> Iterator[Batch]:
        for lessons, walks in _walk_ahead(generator, data, draw(done), share):
            find = partial(_find_loss, generator, data, molecules=size, bf16=settings.bf16)
            yield size, [partial(find, *part) for part in _split(lessons, walks)]

    maximise_likelihood(
        generator,
        optimizer,
        teach,
        settings,
        steps=settings.steps,
        identity=identity,
        checkpoint=checkpoint,
        report=report,
        share=share,
    )


def _find_loss(
    generator: MotifGenerator,
    data: ActionData,
    lessons: Lessons,
    walks: list[Walk] | WalkedRows,
    molecules: int,
    bf16: bool,
) -> Tensor:
    """The part of the loss of some of the batch's `molecules`, in nats a molecule."""
    sources: Data | list[list[int] | None] | None = lessons.graphs
    if sources is None:
        sources = [None if row < 0 else data[row].tolist() for row in lessons.sources.tolist()]
    told = torch.from_numpy(lessons.told) if lessons.told.shape[1] else None
    with autocast(generator.device, enabled=bf16):
        aim = Aim(told, 1.0, generator.read_sources(sources, lessons.asked))
        return -generator.log_likelihood_of(walks, aim=aim).sum() / molecules


def draw_lessons(
    data: ActionData, pairs: PairData, rows: np.ndarray, settings: AnalogueSettings, rng: np.random.Generator
) -> Lessons:
    """What is learned from some `rows` of the pairs."""
    count = len(rows)
    swapped = rng.random(count) < 0.5
    both = np.asarray(pairs.rows[rows], dtype=np.int64)
    sources, targets = np.where(swapped[:, None], both[:, ::-1], both).T
    names = 0 if data.properties is None else data.properties.shape[1]
    told, asked = np.zeros((count, names), np.float32), np.full((count, 1 + names), np.nan, dtype=np.float32)
    if data.properties is not None:
        told = tell_some(data.properties[targets], settings.untold, rng)
        asked[:, 1:] = told - data.properties[sources]
    is_told = rng.random(count) >= settings.without_similarity
    asked[is_told, 0] = pairs.similarity[rows][is_told]
    has_none = rng.random(count) < settings.without_source
    asked[has_none] = np.nan
    return Lessons(np.where(has_none, -1, sources), targets, told, asked)


def _draw_lessons(
    data: ActionData, pairs: PairData, settings: AnalogueSettings, seed: int, done: int
) -> Iterator[Lessons]:
    """The batches after step `done`; each depends on the seed and its step alone."""
    size = min(settings.batch_size, len(pairs))
    batches = shuffle_batches(len(pairs), size, seed, done, settings.steps)
    for step, rows in enumerate(batches, start=done + 1):
        # In ascending order, since the pairs are read from the disk.
        yield draw_lessons(data, pairs, np.sort(rows), settings, np.random.default_rng([seed, step, 1]))


def _walk_ahead(
    generator: MotifGenerator, data: ActionData, batches: Iterator[Lessons], share: Share
) -> Iterator[tuple[Lessons, list[Walk] | WalkedRows]]:
    """This worker's part of the batches with the walks of their targets; several batches walk together. On an
    accelerator all data walk at the start."""
    if generator.device.type != "cpu":
        walked = WalkedData.of(generator.grammar, data, generator.max_atoms)
        for lessons in batches:
            part = lessons if share.workers == 1 else lessons.of(share.of(np.arange(len(lessons.targets))))
            yield part, walked.of_rows(part.targets)
        return
    for several in split_chunks(batches, _AHEAD):
        own = [lessons.of(share.of(np.arange(len(lessons.targets)))) for lessons in several]
        walks = iter(generator.walk([data[row].tolist() for lessons in own for row in lessons.targets.tolist()]))
        for lessons in own:
            yield lessons, list(islice(walks, len(lessons.targets)))


def _split(lessons: Lessons, walks: list[Walk] | WalkedRows) -> Iterator[tuple[Lessons, list[Walk] | WalkedRows]]:
    """A part of the batch for each thread of torch, with long and short molecules in all of them; on an accelerator
    the batch."""
    if isinstance(walks, WalkedRows):
        yield lessons, walks
        return
    order = sorted(range(len(walks)), key=lambda i: len(walks[i].actions))
    for i in range(torch.get_num_threads()):
        part = order[i :: torch.get_num_threads()]
        if part:
            yield lessons.of(np.array(part)), [walks[row] for row in part]
