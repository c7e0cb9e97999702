"""Likelihood training of the motif generator, which makes the prior."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from molgan.base.parallel import split_chunks
from molgan.graphs.motif.forcing import Walk
from molgan.graphs.motif.motif_data import ActionData
from molgan.graphs.motif.walked_data import WalkedData, WalkedRows
from molgan.models.precision import autocast
from molgan.models.protocols import LikelihoodGenerator
from molgan.training.prior.likelihood_loop import Batch, maximise_likelihood
from molgan.training.report import Report, silent
from molgan.training.settings import PretrainSettings
from molgan.training.share import ALONE, Share

_AHEAD = 8  # batches whose actions walk through the grammar together


def pretrain(
    generator: LikelihoodGenerator,
    data: ActionData,
    settings: PretrainSettings,
    *,
    seed: int,
    checkpoint: Path | None = None,
    report: Report = silent,
    share: Share = ALONE,
) -> None:
    """Maximise the likelihood of the molecules' canonical action sequences, in place.

    AdamW, a short warm-up, then a learning rate that stays, and falls linearly to 0 over the last steps. Batches are
    drawn at random: batches of equal length would be faster, but teach wrong sizes, since the clipped gradient of long
    ones counts less.

    Args:
        generator: The generator to train.
        data: Action sequences of the molecules; with properties, the generator is told some of them to aim at.
        settings: Settings of the training.
        seed: Seed of the random numbers.
        checkpoint: The folder from which the loop resumes exactly: weights, optimiser, and the position in the data,
            which depends on the seed and the step alone.
        report: Takes loss (nats a molecule), learning rate and molecules a second.
        share: This worker's part of every batch, where several workers train.

    Raises:
        WeightsError: The checkpoint belongs to another training.
    """
    steps = count_steps(len(data), settings)
    optimizer = torch.optim.AdamW(
        generator.parameters(), settings.learning_rate, weight_decay=settings.weight_decay, fused=True
    )
    identity = {"steps": steps, "seed": seed, "molecules": len(data), **settings.model_dump()}

    def teach(done: int) -> Iterator[Batch]:
        batches = shuffle_batches(len(data), settings.batch_size, seed, done, steps)
        for step, (rows, walks) in enumerate(_walk_ahead(generator, data, batches, share), start=done + 1):
            told = None
            if data.properties is not None:
                rng = np.random.default_rng([seed, step, 1])
                told = share.of(tell_some(data.properties[rows], settings.untold, rng))
            find = partial(_find_loss, generator, molecules=len(rows), bf16=settings.bf16)
            yield len(rows), [partial(find, *part) for part in _split(walks, told)]

    maximise_likelihood(
        generator,
        optimizer,
        teach,
        settings,
        steps=steps,
        identity=identity,
        checkpoint=checkpoint,
        report=report,
        share=share,
    )


def count_steps(molecules: int, settings: PretrainSettings) -> int:
    """The updates of a training on so many molecules."""
    return max(1, round(settings.epochs * molecules / settings.batch_size))


_Part = tuple[list[Walk] | WalkedRows, np.ndarray | None]


def _split(walks: list[Walk] | WalkedRows, told: np.ndarray | None) -> list[_Part]:
    """A part of the batch for each thread of torch, with long and short molecules in all of them; on an accelerator
    the batch."""
    if isinstance(walks, WalkedRows):
        return [(walks, told)]
    order = sorted(range(len(walks)), key=lambda i: len(walks[i].actions))
    parts = [order[i :: torch.get_num_threads()] for i in range(torch.get_num_threads())]
    return [([walks[i] for i in part], None if told is None else told[part]) for part in parts if part]


def _find_loss(
    generator: LikelihoodGenerator, walks: list[Walk] | WalkedRows, told: np.ndarray | None, molecules: int, bf16: bool
) -> Tensor:
    """The part of the loss of some of the batch's `molecules`, in nats a molecule."""
    with autocast(generator.device, enabled=bf16):
        return -generator.log_likelihood_of(walks, told).sum() / molecules


def _walk_ahead(
    generator: LikelihoodGenerator, data: ActionData, batches: Iterator[np.ndarray], share: Share
) -> Iterator[tuple[np.ndarray, list[Walk] | WalkedRows]]:
    """Batches with the walks of this worker's part of each; several batches walk together, which is faster. On an
    accelerator all data walk at the start."""
    if generator.device.type != "cpu":
        walked = WalkedData.of(generator.grammar, data, generator.max_atoms)
        for rows in batches:
            yield rows, walked.of_rows(share.of(rows))
        return
    for several in split_chunks(batches, _AHEAD):
        own = [share.of(rows) for rows in several]
        walks = iter(generator.walk([data[i].tolist() for part in own for i in part]))
        for rows, part in zip(several, own, strict=True):
            yield rows, list(islice(walks, len(part)))


def tell_some(properties: np.ndarray, untold: float, rng: np.random.Generator) -> np.ndarray:
    """The properties of the molecules of a batch that the network is told, NaN for the others, float32 [B, names].

    A share `untold` of the molecules has none. In the others each property is told with a probability that is drawn for
    the molecule, mostly low, since users say a few.
    """
    values = np.array(properties)
    often = rng.random((len(values), 1)) ** 2
    often[rng.random(len(values)) < untold] = 0
    values[rng.random(values.shape) >= often] = np.nan
    return values


def shuffle_batches(molecules: int, size: int, seed: int, done: int, steps: int) -> Iterator[np.ndarray]:
    """Rows of the batches after step `done`, shuffled in each epoch; an incomplete last batch is dropped."""
    an_epoch = max(1, molecules // size)
    for epoch in range(done // an_epoch, -(-steps // an_epoch)):
        rows = np.random.default_rng([seed, epoch]).permutation(molecules)
        for step in range(max(done, epoch * an_epoch), min(steps, (epoch + 1) * an_epoch)):
            start = (step - epoch * an_epoch) * size
            yield rows[start : start + size]
