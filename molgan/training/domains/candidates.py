"""Draws translations of molecules, and chooses among those of each one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from rdkit import Chem
from rdkit.DataStructs import BulkTanimotoSimilarity

from molgan.chem.fingerprints import ecfp, murcko_scaffold
from molgan.chem.molecule import parse
from molgan.models.motif.motif_generator import MotifGenerator
from molgan.models.motif.motif_network import Aim
from molgan.models.precision import autocast
from molgan.models.protocols import Critic
from molgan.models.settings import BATCH
from molgan.training.domains.settings import TranslationSettings


@dataclass(frozen=True, slots=True)
class SourceMolecule:
    """A molecule to translate: canonical SMILES, structure, canonical actions."""

    smiles: str
    mol: Chem.Mol
    actions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A translation of a molecule: canonical SMILES, structure, the actions that made it and their log-probability
    given the molecule, in nats. Once it is weighed, its similarity to the molecule (Tanimoto, ECFP4), the critic's
    logit, by how much that exceeds the molecule's own, and the logarithm of its weight among the others."""

    smiles: str
    mol: Chem.Mol
    actions: tuple[int, ...]
    log_prob: float
    similarity: float = 0.0
    logit: float = 0.0
    gain: float = 0.0
    log_weight: float = 0.0


@torch.no_grad()
def draw_translations(
    generator: MotifGenerator, sources: Sequence[SourceMolecule], draws: int, *, seed: int, bf16: bool = True
) -> list[list[Candidate]]:
    """`draws` translations of each molecule, in order; those that RDKit cannot read again are left out."""
    found: list[list[Candidate]] = []
    together = max(1, BATCH // draws)
    for start in range(0, len(sources), together):
        some = sources[start : start + together]
        rows = torch.arange(len(some)).repeat_interleave(draws)
        memory = generator.read_sources([each.actions for each in some]).of_rows(rows)
        drawn_seed = int(np.random.SeedSequence([seed, start]).generate_state(1, np.uint32)[0])
        samples = generator.sample(len(rows), seed=drawn_seed, aim=Aim(source=memory), bf16=bf16)
        for i in range(len(some)):
            read = [(parse(each.smiles), each) for each in samples[i * draws : (i + 1) * draws]]
            found.append(
                [
                    Candidate(str(molecule.smiles), molecule.mol, each.actions, each.log_prob)
                    for molecule, each in read
                    if molecule.mol is not None
                ]
            )
    return found


def weigh(
    sources: Sequence[SourceMolecule],
    drawn: Sequence[Sequence[Candidate]],
    critic: Critic,
    start: MotifGenerator,
    settings: TranslationSettings,
) -> list[list[Candidate]]:
    """Of each molecule's translations those that are distinct, another molecule, similar enough (with
    `settings.scaffold` of the same scaffold), and nearer to the target domain than the molecule is, by the critic.

    Since they were drawn by the generator, the weights that make them follow the density of `translate` are
    exp(logit + w similarity) · (start(y | x) / generator(y | x)) ^ anchor.
    """
    own = critic.score([each.smiles for each in sources], bf16=settings.bf16)
    like = [_keep_alike(source, some, settings) for source, some in zip(sources, drawn, strict=True)]
    flat = [(i, each) for i, some in enumerate(like) for each in some]
    logits = critic.score([each.smiles for _, each in flat], bf16=settings.bf16) if flat else np.zeros(0)
    anchored = _measure_start(start, sources, flat, bf16=settings.bf16) if settings.anchor else np.zeros(len(flat))
    weighed: list[list[Candidate]] = [[] for _ in sources]
    for (i, each), logit, log_start in zip(flat, logits.tolist(), anchored.tolist(), strict=True):
        if not logit > own[i]:  # NaN is not above it either
            continue
        drift = settings.anchor * (log_start - each.log_prob) if settings.anchor else 0.0
        clipped = float(np.clip(logit, -settings.logit_clip, settings.logit_clip))
        log_weight = clipped + settings.similarity_weight * each.similarity + drift
        weighed[i].append(replace(each, logit=logit, gain=logit - float(own[i]), log_weight=log_weight))
    return weighed


def choose(candidates: Sequence[Candidate], count: int, rng: np.random.Generator) -> list[Candidate]:
    """`count` of the candidates at most, drawn without replacement in proportion to their weights.

    The largest of log-weights with Gumbel noise (Efraimidis & Spirakis 2006), which needs no normalising.
    """
    noisy = np.array([each.log_weight for each in candidates]) + rng.gumbel(size=len(candidates))
    return [candidates[i] for i in np.argsort(-noisy, kind="stable")[:count].tolist()]


def _keep_alike(source: SourceMolecule, drawn: Sequence[Candidate], settings: TranslationSettings) -> list[Candidate]:
    distinct = {each.smiles: each for each in reversed(drawn) if each.smiles != source.smiles}
    others = list(distinct.values())
    if settings.scaffold:
        scaffold = murcko_scaffold(source.mol)
        others = [each for each in others if murcko_scaffold(each.mol) == scaffold]
    (fingerprint,) = ecfp([source.mol])
    similarities = BulkTanimotoSimilarity(fingerprint, ecfp([each.mol for each in others]))
    alike = [replace(each, similarity=float(s)) for each, s in zip(others, similarities, strict=True)]
    return [each for each in alike if each.similarity >= settings.similarity]


@torch.no_grad()
def _measure_start(
    start: MotifGenerator, sources: Sequence[SourceMolecule], flat: Sequence[tuple[int, Candidate]], *, bf16: bool
) -> np.ndarray:
    """Log-probabilities of the candidates given their molecules, by the weights at the start, in nats."""
    found = np.zeros(len(flat))
    for begin in range(0, len(flat), BATCH):
        some = flat[begin : begin + BATCH]
        own = sorted({i for i, _ in some})
        place = {i: row for row, i in enumerate(own)}
        memory = start.read_sources([sources[i].actions for i in own]).of_rows(
            torch.tensor([place[i] for i, _ in some])
        )
        with autocast(start.device, enabled=bf16):
            values = start.log_likelihood([each.actions for _, each in some], aim=Aim(source=memory))
        found[begin : begin + BATCH] = values.double().cpu().numpy()
    return found
