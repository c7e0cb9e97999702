"""Trains a generator that reads a molecule to write one of another domain that keeps what it can of it."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from molgan.base.errors import ConfigError, InputError
from molgan.chem.molecule import parse
from molgan.graphs.motif.actions import NotEncodable
from molgan.graphs.motif.motif_data import ActionData
from molgan.models.critics.critic_kinds import load_critic, make_critic
from molgan.models.motif.encoding import encode_molecule
from molgan.models.motif.motif_generator import MotifGenerator
from molgan.models.protocols import Critic
from molgan.training.checkpoint import load_checkpoint, save_checkpoint
from molgan.training.critic_fitting import train_critic
from molgan.training.domains.candidates import Candidate, SourceMolecule, choose, draw_translations, weigh
from molgan.training.domains.settings import TranslationSettings
from molgan.training.loop import step_seed
from molgan.training.prior.pair_training import Lessons, learn_lessons
from molgan.training.prior.pretrain import shuffle_batches
from molgan.training.report import Report, silent


@dataclass(frozen=True)
class TranslationOutcome:
    """The last critic, the figures of each round, and the molecules that cannot be read, by reason."""

    critic: Critic
    rounds: list[dict[str, float]]
    unsaid: dict[str, int]


def translate(
    generator: MotifGenerator,
    origin: Sequence[str],
    target: Sequence[str],
    settings: TranslationSettings,
    *,
    seed: int,
    checkpoint: Path,
    report: Report = silent,
    processes: int = 1,
) -> TranslationOutcome:
    """Teach `generator`, which reads a molecule, to translate those of one set into the other, in place.

    Nothing pairs the sets. Each round is a game of two (as unpaired translation of images, Zhu et al. 2017, but
    molecules are discrete, so that no gradient passes from the critic): a critic learns to tell molecules of the target
    set from translations; of the translations of further molecules those are chosen that follow the density

        p(y | x) ∝ prior(y | x) exp(logit(y) + w similarity(x, y)),

    that is the generator's own, with the critic's density ratio, a term that keeps the molecule and the weights at the
    start as an anchor; the generator then learns the chosen ones by likelihood. Every round has other molecules of the
    origin, so that its first figures are of molecules that no round before has taught.

    Args:
        generator: The generator, with a `source`.
        origin: Canonical SMILES of molecules to translate from.
        target: Canonical SMILES of molecules to translate to.
        settings: Settings of the training.
        seed: Seed of the random numbers.
        checkpoint: The folder where the results of each round are kept. The loop resumes from there: at the critic, at
            the chosen translations, or at the last checkpoint of the fit.
        report: Takes the metrics.
        processes: Processes that describe molecules.

    Raises:
        ConfigError: The generator cannot read a source.
        InputError: No molecule of the origin can be read, or no translation is near enough to its molecule.
        WeightsError: The checkpoint belongs to another training.
    """
    if generator.source is None:
        raise ConfigError("generator.weights: they cannot read a molecule; give weights that `analogues` trained")
    sources, unsaid = read_sources(generator, origin)
    start = copy.deepcopy(generator)
    order = np.random.default_rng([seed, 1]).permutation(len(sources))
    figures: list[dict[str, float]] = []
    for at in range(settings.rounds):
        folder, own = checkpoint / f"round{at + 1}", order[at :: settings.rounds]
        if (saved := load_checkpoint(folder / "chosen")) is None:
            critic, found = _train_critic(
                generator, [sources[i] for i in own], target, settings, seed, at, report, processes
            )
            critic.cpu().save(folder / "critic")
            rows = own[: settings.sources].tolist()
            chosen = _choose(generator, start, critic, [sources[i] for i in rows], settings, step_seed(seed, at, 2))
            found |= _count(chosen)
            if not found["taught"]:
                raise InputError(
                    f"translate: none of {found['drawn']:,.0f} translations is nearer to data.to than its molecule and "
                    f"of similarity {settings.similarity:g} or more; lower translate.similarity, or draw more"
                )
            _save(folder / "chosen", [pair for pair in chosen if pair[1]], found)
            saved = load_checkpoint(folder / "chosen")
        assert saved is not None
        figures.append(saved[1])
        report({"phase": "chosen", "round": at + 1, **saved[1]}, None)
        _fit(generator, saved[0], settings, step_seed(seed, at, 3), folder / "fit", partial(_report_fit, report, at))
    last = load_critic(checkpoint / f"round{settings.rounds}" / "critic")
    return TranslationOutcome(last, figures, unsaid)


def read_sources(generator: MotifGenerator, smiles: Sequence[str]) -> tuple[list[SourceMolecule], dict[str, int]]:
    """The molecules that the generator can read, and how many it cannot, by reason. Raises InputError for none."""
    sources: list[SourceMolecule] = []
    unsaid: Counter[str] = Counter()
    for text in smiles:
        molecule = parse(text)
        try:
            if molecule.mol is None:
                raise NotEncodable(str(molecule.reason))
            actions = tuple(encode_molecule(molecule, generator))
            sources.append(SourceMolecule(str(molecule.smiles), molecule.mol, actions))
        except NotEncodable as error:
            unsaid[str(error)] += 1
    if not sources:
        raise InputError(f"data.from: none of {len(smiles):,} molecules can be read by these weights: {dict(unsaid)}")
    return sources, dict(unsaid.most_common())


def _train_critic(
    generator: MotifGenerator,
    sources: Sequence[SourceMolecule],
    target: Sequence[str],
    settings: TranslationSettings,
    seed: int,
    at: int,
    report: Report,
    processes: int,
) -> tuple[Critic, dict[str, float]]:
    """A critic of the target set against translations, and its figures on what it has not seen."""
    how, rng = settings.critic, np.random.default_rng([seed, at, 5])
    real = [target[i] for i in rng.permutation(len(target)).tolist()]
    count = min(settings.real, len(real) if how.kind == "graph" else -(-len(real) // 2))
    critic = make_critic(
        how.kind, real[count:][: how.reference], how.network, seed=step_seed(seed, at), processes=processes
    )
    shown = critic.describe(real[:count], workers=processes)
    critic.fit_scale(shown)
    rows = rng.integers(len(sources), size=settings.fake)
    drawn = draw_translations(
        generator, [sources[i] for i in rows.tolist()], 1, seed=step_seed(seed, at, 4), bf16=settings.bf16
    )
    fakes = [each.smiles for few in drawn for each in few]

    def report_critic(metrics: dict[str, Any], _: Mapping[str, Any] | None) -> None:
        report({"phase": "critic", "round": at + 1, **metrics}, None)

    outcome = train_critic(
        critic,
        shown,
        critic.describe(fakes, workers=processes),
        how,
        seed=step_seed(seed, at, 1),
        report=report_critic,
        device=generator.device,
    )
    figures = {name: float(value) for name, value in asdict(outcome).items() if name not in _TIMES}
    return critic, {f"critic_{name}": value for name, value in figures.items()}


_TIMES = ("seconds", "molecules_per_second")  # would differ from run to run

_Chosen = list[tuple[SourceMolecule, list[Candidate], int, int]]
"""Each source with its chosen translations, and how many were drawn and how many could be chosen."""


def _choose(
    generator: MotifGenerator,
    start: MotifGenerator,
    critic: Critic,
    sources: Sequence[SourceMolecule],
    settings: TranslationSettings,
    seed: int,
) -> _Chosen:
    drawn = draw_translations(generator, sources, settings.draws, seed=seed, bf16=settings.bf16)
    weighed = weigh(sources, drawn, critic, start.to(generator.device), settings)
    rng = np.random.default_rng([seed, 9])
    return [
        (source, choose(few, settings.kept, rng), len(all_drawn), len(few))
        for source, all_drawn, few in zip(sources, drawn, weighed, strict=True)
    ]


def _count(chosen: _Chosen) -> dict[str, float]:
    """Figures of a round: drawn translations, the share of these that could be chosen, the share of molecules that have
    one, and means over those that are taught."""
    taught = [each for _, few, _, _ in chosen for each in few]
    drawn = sum(number for _, _, number, _ in chosen)
    found = {
        "drawn": float(drawn),
        "eligible": sum(number for _, _, _, number in chosen) / max(drawn, 1),
        "translated": sum(bool(few) for _, few, _, _ in chosen) / len(chosen),
        "taught": float(len(taught)),
    }
    if taught:
        found["similarity"] = float(np.mean([each.similarity for each in taught]))
        found["logit"] = float(np.mean([each.logit for each in taught]))
        found["gain"] = float(np.mean([each.gain for each in taught]))
    return found


def _save(folder: Path, chosen: Sequence[tuple[Any, ...]], figures: Mapping[str, float]) -> None:
    """Keep the chosen pairs: all actions, where each molecule starts, the rows of each pair, and its similarity."""
    sequences: list[tuple[int, ...]] = []
    pairs: list[tuple[int, int]] = []
    similarity: list[float] = []
    for source, few, _, _ in chosen:
        own = len(sequences)
        sequences.append(source.actions)
        for each in few:
            pairs.append((own, len(sequences)))
            sequences.append(each.actions)
            similarity.append(each.similarity)
    actions = torch.tensor([action for sequence in sequences for action in sequence], dtype=torch.int32)
    offsets = torch.from_numpy(np.concatenate([[0], np.cumsum([len(each) for each in sequences])]).astype(np.int64))
    tensors = {"actions": actions, "offsets": offsets}
    tensors |= {"pairs": torch.tensor(pairs), "similarity": torch.tensor(similarity)}
    save_checkpoint(folder, tensors, dict(figures))


def _fit(
    generator: MotifGenerator,
    kept: Mapping[str, torch.Tensor],
    settings: TranslationSettings,
    seed: int,
    checkpoint: Path,
    report: Report,
) -> None:
    """Learn the kept pairs, each translation given its molecule."""
    data = ActionData(generator.vocabulary, kept["actions"].numpy(), kept["offsets"].numpy(), {})
    pairs, similarity, fit = kept["pairs"].numpy(), kept["similarity"].numpy(), settings.fit
    size, names = min(fit.batch_size, len(pairs)), 1 + len(generator.settings.condition)

    def draw(done: int) -> Iterator[Lessons]:
        batches = shuffle_batches(len(pairs), size, seed, done, fit.steps)
        for step, rows in enumerate(batches, start=done + 1):
            asked = np.full((len(rows), names), np.nan, dtype=np.float32)
            said = np.random.default_rng([seed, step, 1]).random(len(rows)) >= fit.without_similarity
            asked[said, 0] = similarity[rows][said]
            yield Lessons(pairs[rows, 0], pairs[rows, 1], np.zeros((len(rows), 0), np.float32), asked)

    identity = {"seed": seed, "pairs": len(pairs), **fit.model_dump(mode="json")}
    learn_lessons(generator, data, draw, fit, size=size, identity=identity, checkpoint=checkpoint, report=report)


def _report_fit(report: Report, at: int, metrics: dict[str, Any], kept: Mapping[str, Any] | None) -> None:
    report({"phase": "generator", "round": at + 1, **metrics}, kept)
