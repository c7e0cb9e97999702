"""Give a trained motif generator a larger vocabulary, so that it can be trained on molecules with other motifs."""

from __future__ import annotations

import torch

from molgan.graphs.motif.actions import FIRST_ATOM, FIRST_MARK, Vocabulary
from molgan.models.motif.motif_generator import MotifGenerator
from molgan.models.settings import SourceSettings


@torch.no_grad()
def grow(
    generator: MotifGenerator,
    vocabulary: Vocabulary,
    *,
    max_atoms: int,
    seed: int,
    source: SourceSettings | None = None,
) -> MotifGenerator:
    """A generator for `vocabulary` that draws like `generator`, with a little weight on the new actions; one that can
    read a `source`, by an untrained network where the generator has none, which changes nothing before it is trained.

    New actions get small random embeddings, and the bias of the least likely known motif. Stereo marks are new where
    only the vocabulary has them. Raises ValueError unless `vocabulary` begins with the generator's motifs.
    """
    old = generator.vocabulary
    if vocabulary.motifs[: len(old.motifs)] != old.motifs:
        raise ValueError("the vocabulary does not begin with the generator's motifs")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        larger = MotifGenerator(
            vocabulary,
            generator.settings,
            max_atoms=max_atoms,
            source=source if generator.source is None else generator.source.settings,
        )
    known, tensors = len(old), generator.cpu().state_dict()
    fresh = larger.state_dict()
    for name, tensor in tensors.items():
        if tensor.shape == fresh[name].shape:
            fresh[name].copy_(tensor)
            continue
        fresh[name].mul_(0.1)
        fresh[name][:known] = tensor[:known]
        if name in ("last.weight", "top.weight"):
            fresh[name][-1] = tensor[-1]  # the embedding of the start
    least = tensors["head.bias"][FIRST_ATOM:].min()
    larger.head.bias[known:] = least
    if vocabulary.stereo and not old.stereo:
        larger.head.bias[FIRST_MARK:FIRST_ATOM] = least
    return larger.eval()
