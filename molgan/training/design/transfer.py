"""Transfer learning: fine-tunes a prior on a few known actives, with early stopping."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from molgan.base.errors import InputError
from molgan.chem.molecule import parse
from molgan.chem.motifs import Motif, cut
from molgan.chem.stereo import UnknownStereo, remove_stereo
from molgan.graphs.motif.actions import NotEncodable, encode
from molgan.models.precision import autocast
from molgan.models.protocols import MotifTreeGenerator
from molgan.training.design.genetic import reroot
from molgan.training.design.settings import TransferSettings
from molgan.training.loop import update
from molgan.training.report import Report, silent

_FEWEST = 5


@dataclass(frozen=True, slots=True)
class TransferOutcome:
    """The result: numbers of actives trained on and held out, the epoch whose weights were kept, and the loss on the
    held-out actives before and after, in nats a molecule."""

    learned: int
    held_out: int
    epoch: int
    before: float
    after: float


def transfer(
    generator: MotifTreeGenerator,
    actives: Sequence[str],
    settings: TransferSettings,
    *,
    seed: int,
    report: Report = silent,
) -> TransferOutcome:
    """Fine-tune `generator` in place by likelihood on `actives`, and keep the weights with the least loss on held-out
    actives (Segler et al. 2018, with early stopping in place of a fixed number of epochs).

    Each epoch encodes every active from another root, which helps most with few molecules; the held-out actives are
    encoded in their canonical form. Training ends `patience` epochs after the best one.

    Args:
        generator: The generator.
        actives: SMILES of known actives.
        settings: Settings of the training.
        seed: Seed of the random numbers.
        report: Takes the metrics of each epoch.

    Raises:
        InputError: Fewer than five distinct actives can be encoded.
    """
    known = encode_actives(generator, actives)
    room = max([generator.max_atoms, *(mol.GetNumHeavyAtoms() for mol, _ in known)])
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(known))
    size = max(1, round(settings.held_out * len(known)))
    held, shown = ([known[i] for i in part] for part in (order[:size], order[size:]))

    optimizer = torch.optim.AdamW(generator.parameters(), settings.learning_rate, weight_decay=settings.weight_decay)
    before = best = _measure_cost(generator, [actions for _, actions in held], room, settings)
    kept, kept_at = copy.deepcopy(generator.state_dict()), 0
    for epoch in range(1, settings.epochs + 1):
        generator.train()
        sequences = [_encode(lambda mol: reroot(mol, rng), mol, generator) or actions for mol, actions in shown]
        losses = []
        for rows in np.array_split(rng.permutation(len(sequences)), -(-len(sequences) // settings.batch_size)):
            with autocast(generator.device, enabled=settings.bf16):
                loss = -generator.log_likelihood([sequences[i] for i in rows], max_atoms=room).mean()
            update(optimizer, loss, generator, clip=settings.clip)
            losses.append(float(loss.detach()))
        cost = _measure_cost(generator, [actions for _, actions in held], room, settings)
        report({"step": epoch, "steps": settings.epochs, "loss": float(np.mean(losses)), "held_out": cost}, None)
        if cost < best:
            best, kept, kept_at = cost, copy.deepcopy(generator.state_dict()), epoch
        elif epoch >= kept_at + settings.patience:
            break
    generator.load_state_dict(kept)
    generator.eval()
    return TransferOutcome(len(shown), len(held), kept_at, before, best)


def encode_actives(generator: MotifTreeGenerator, actives: Sequence[str]) -> list[tuple[Any, tuple[int, ...]]]:
    """The distinct actives that can be encoded, each as its molecule and its actions. Raises InputError where they are
    fewer than five."""
    mols = {each.smiles: each.mol for each in map(parse, actives) if each.mol is not None and each.is_connected}
    if not generator.vocabulary.stereo:
        mols = {smiles: remove_stereo(mol) for smiles, mol in mols.items()}
    known = [(mol, actions) for mol in mols.values() if (actions := _encode(cut, mol, generator)) is not None]
    if len(known) < _FEWEST:
        raise InputError(f"{len(known)} of {len(actives)} actives can be encoded; at least {_FEWEST} are needed")
    return known


@torch.no_grad()
def _measure_cost(
    generator: MotifTreeGenerator, actions: Sequence[tuple[int, ...]], room: int, settings: TransferSettings
) -> float:
    generator.eval()
    with autocast(generator.device, enabled=settings.bf16):
        return float(-generator.log_likelihood(actions, max_atoms=room).mean())


def _encode(tree: Callable[[Any], Motif], mol: Any, generator: MotifTreeGenerator) -> tuple[int, ...] | None:
    """The actions of a molecule; None where the vocabulary lacks an atom of it or its stereo."""
    try:
        return tuple(encode(tree(mol), generator.vocabulary))
    except (NotEncodable, UnknownStereo, ValueError, RecursionError):
        return None
