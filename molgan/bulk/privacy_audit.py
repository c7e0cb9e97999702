"""Audits weights for what they reveal of their training data: copies, membership, canaries."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from rdkit.rdBase import rdkitVersion

from molgan.base.content import hash_file
from molgan.base.default_weights import DEFAULT_WEIGHTS
from molgan.base.errors import InputError
from molgan.base.parallel import split_chunks
from molgan.base.progress import Progress, Silent
from molgan.base.stopping import leave_if_asked
from molgan.base.version import __version__
from molgan.bulk.audited_sets import AuditedSets, draw_sets, read_canaries
from molgan.bulk.streams import Parts
from molgan.chem.molecule import parse_all
from molgan.evaluation.copies import ExactCopies, NearCopies, compare_exact, compare_near, pack_fingerprints
from molgan.evaluation.exposure import measure_exposure
from molgan.evaluation.privacy_figures import CONTROL, Attack, Audit, AuditLimits, CanaryFigures
from molgan.evaluation.roc import bootstrap_separation
from molgan.models.canaries import Canary
from molgan.models.loading import load_any
from molgan.models.membership_scores import Score, open_critic_score, open_known_score, open_likelihood_score
from molgan.models.motif.motif_generator import MotifGenerator
from molgan.models.weights import find_weights, read_facts

_CHUNK = 1024
_OTHER_WEIGHTS = "moses"  # the base where the default weights are the audited ones
_FEWEST_FOR_RATE = 100  # held-out molecules below which 1% of them is none


@dataclass(frozen=True)
class AuditRequest:
    """What is audited, and how thoroughly.

    Attributes:
        weights: Shipped weights by name, or the folder that a training wrote.
        training: The file that they were trained on.
        holdout: Molecules of the same kind that they were not trained on, best a random part of one set; None leaves
            out membership inference.
        base: Weights that have seen neither, for the likelihood ratio; the default weights by default.
        critic: A critic of the training (path without suffix); by default the one beside the weights, if any.
        canaries: The canaries.csv of `molgan canaries`.
        samples: Molecules to draw.
        molecules: Members, and as many others, whose membership is inferred.
        references: Molecules of each file, at most, that samples are compared with.
        column: The SMILES column of both files.
        drop_overlap: Whether molecules of the holdout that are in the training file are left out, and not an error.
        seed: Seed of all draws.
    """

    weights: str | Path
    training: Path
    holdout: Path | None = None
    base: str | Path | None = None
    critic: Path | None = None
    canaries: Path | None = None
    samples: int = 5_000
    molecules: int = 2_000
    references: int = 20_000
    column: str | None = None
    drop_overlap: bool = False
    seed: int = 0


def audit(request: AuditRequest, limits: AuditLimits, folder: Path, *, progress: Progress | None = None) -> Audit:
    """Measure what weights reveal of their training data.

    The samples are raw, since who has the weights can leave out a critic. Memory is bounded by `samples`, `references`
    and a few bytes for each molecule of the files. Finished chunks are kept in `folder` until the end, so that the same
    call continues after an interruption; the same seed gives the same figures.

    Raises:
        ConfigError: `base` has no likelihoods.
        InputError: A file has too few molecules, or the holdout overlaps with the training file, or a limit is set for
            a figure that is not measured.
        RunError: `folder` cannot be written.
        WeightsError: Weights are missing or damaged.
    """
    progress = progress or Silent()
    _check(request, limits)
    path = find_weights(request.weights)
    base = _find_base(path, request.base)
    canaries = [] if request.canaries is None else read_canaries(request.canaries)
    progress.message("reading the training file" + ("" if request.holdout is None else " and the holdout"))
    sets = draw_sets(
        request.training,
        request.holdout,
        column=request.column,
        most=max(request.references, request.molecules),
        seed=request.seed,
        canaries={each.smiles for each in canaries if each.times},
        drop_overlap=request.drop_overlap,
    )
    with _Kept(folder, progress) as kept:
        samples = _draw_samples(path, request, kept)
        rng = np.random.default_rng([request.seed, 9])
        exact, near = _compare(samples, sets, request.references, rng, progress)
        attacks, figures = _attack_all(path, base, request, sets, canaries, kept, rng)
        kept.remove()
    return Audit(
        weights=str(request.weights),
        training=request.training.name,
        training_size=len(sets.training),
        holdout=None if request.holdout is None else request.holdout.name,
        holdout_size=0 if sets.holdout is None else len(sets.holdout),
        samples=len(samples),
        seed=request.seed,
        exact=exact,
        near=near,
        attacks=attacks,
        canaries=figures,
        private=_read_promise(path),
        notes=_note(path),
        limits=limits.judge(near, attacks, figures),
    )


_TITLES = {
    "likelihood_ratio": "likelihood ratio to the base",
    "likelihood": "likelihood",
    "critic": "critic",
    "known_set": "set of known molecules beside the weights",
    CONTROL: "base alone (control)",
}
_ORDER = list(_TITLES)
_LIKELIHOODS = ("likelihood", CONTROL)  # the scores from which exposure is found


def _check(request: AuditRequest, limits: AuditLimits) -> None:
    for name in ("samples", "molecules", "references"):
        if getattr(request, name) < 20:
            raise InputError(f"{name}: {getattr(request, name)}; an audit needs at least 20")
    if request.holdout is None and (limits.auc is not None or limits.true_positives is not None):
        raise InputError("--most-auc and --most-true-positives: membership is told from a holdout; give --holdout")
    if request.canaries is None and limits.exposure is not None:
        raise InputError("--most-exposure: needs the canaries that were planted; give --canaries")


class _Kept:
    """Results of chunks on disk, computed in this process; use it in a `with` block, which lets others work there."""

    def __init__(self, folder: Path, progress: Progress) -> None:
        self._folder = folder
        self._progress = progress
        self._parts: list[Parts] = []

    def compute(
        self, title: str, key: object, items: Sequence[Any], work: Callable[[list[Any]], list[Any]]
    ) -> list[Any]:
        """What `work` makes of the items, chunk by chunk, as JSON values."""

        class Here:
            def map(self, chunks: Iterable[Any]) -> Iterator[bytes]:
                for chunk in chunks:
                    leave_if_asked()
                    yield json.dumps(work(list(chunk))).encode()

        parts = Parts(self._folder / title, repr((__version__, rdkitVersion, key)))
        self._parts.append(parts)
        found: list[Any] = []
        self._progress.start(title, len(items))
        for path, count in parts.work_through(split_chunks(items, _CHUNK), Here()):
            found += json.loads(path.read_bytes())
            self._progress.advance(title, count)
        self._progress.finish(title)
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        for each in self._parts:
            each.close()

    def remove(self) -> None:
        """Delete all results."""
        for each in self._parts:
            each.remove()
        if self._folder.is_dir() and not any(self._folder.iterdir()):
            self._folder.rmdir()


def _draw_samples(path: Path, request: AuditRequest, kept: _Kept) -> list[str]:
    """Canonical SMILES of the valid ones among the samples, in order, as raw as the generator draws them."""
    generator = load_any(path, raw=True)

    def draw(places: list[int]) -> list[str | None]:
        seed = int(np.random.SeedSequence([request.seed, places[0], 5]).generate_state(1, np.uint32)[0])
        return [
            molecule.smiles for molecule in parse_all([one.smiles for one in generator.sample(len(places), seed=seed)])
        ]

    drawn = kept.compute("sample", (_key(path), request.seed), range(request.samples), draw)
    return [smiles for smiles in drawn if smiles is not None]


def _compare(
    samples: Sequence[str], sets: AuditedSets, most: int, rng: np.random.Generator, progress: Progress
) -> tuple[ExactCopies, NearCopies]:
    progress.message("comparing samples with training data" + (" and holdout" if sets.others else ""))
    counts = [0, 0]
    for chunk in split_chunks(samples, _CHUNK):
        molecules = parse_all(chunk)
        for i, known in enumerate((sets.training, sets.holdout)):
            counts[i] += 0 if known is None else sum(found is not None for found in known.find(molecules))
    held_out, size = (None, 0) if sets.holdout is None else (counts[1], len(sets.holdout))
    exact = compare_exact(len(samples), counts[0], len(sets.training), held_out, size, rng)
    fingerprints = pack_fingerprints(samples)
    training = pack_fingerprints(sets.members[:most])
    return exact, compare_near(
        fingerprints, training, pack_fingerprints(sets.others[:most]) if sets.others else None, rng
    )


def _find_base(path: Path, given: str | Path | None) -> Path:
    """The weights that the audited ones at `path` are compared with. Raises InputError where both are the same."""
    if given is None:
        given = _OTHER_WEIGHTS if path == find_weights(DEFAULT_WEIGHTS) else DEFAULT_WEIGHTS
    base = find_weights(given)
    if _key(base) == _key(path):
        raise InputError(f"--base: {given} are the audited weights; name weights that have not seen the training data")
    return base


def _open_scores(path: Path, base: Path, critic: Path | None) -> Iterator[Score]:
    """The scores that tell members from others, one at a time: each loads a network."""
    yield open_likelihood_score("likelihood", _TITLES["likelihood"], path, _key(path))
    yield open_likelihood_score(CONTROL, _TITLES[CONTROL], base, _key(base))
    yield open_critic_score("critic", _TITLES["critic"], path, critic)
    yield open_known_score("known_set", _TITLES["known_set"], path)


def _attack_all(
    path: Path,
    base: Path,
    request: AuditRequest,
    sets: AuditedSets,
    canaries: Sequence[Canary],
    kept: _Kept,
    rng: np.random.Generator,
) -> tuple[list[Attack], list[CanaryFigures]]:
    """The attacks, in the order of the page, and the exposure of canaries by the scores that are likelihoods."""
    others = sets.others[: request.molecules]
    members = sets.members[: request.molecules] if others else []
    asked = [*members, *others, *(each.smiles for each in canaries)]
    attacks: list[Attack] = []
    columns: dict[str, np.ndarray] = {}
    for score in _open_scores(path, base, request.critic):
        if score.judge is not None and (others or (canaries and score.name in _LIKELIHOODS)):
            columns[score.name] = np.array(kept.compute(score.name, score.key, asked, score.judge), dtype=float)
        if score.judge is None or not others:
            attacks.append(Attack(score.name, score.title, note=score.note or "needs a holdout"))
    if columns.keys() >= set(_LIKELIHOODS):
        columns["likelihood_ratio"] = columns["likelihood"] - columns[CONTROL]
    if others:
        attacks += [_attack(name, columns[name], len(members), len(others), rng) for name in _ORDER if name in columns]
    exposing = [name for name in ("likelihood", "likelihood_ratio") if canaries and name in columns]
    figures = [_expose(name, columns[name][len(members) + len(others) :], canaries, rng) for name in exposing]
    return sorted(attacks, key=lambda each: _ORDER.index(each.name)), figures


def _attack(name: str, scores: np.ndarray, members: int, others: int, rng: np.random.Generator) -> Attack:
    real, fake = scores[:members], scores[members : members + others]
    real, fake = real[~np.isnan(real)], fake[~np.isnan(fake)]
    lost = members + others - len(real) - len(fake)
    area, rate = bootstrap_separation(real, fake, rng)
    notes = [f"{lost:,} molecules have no score"] if lost else []
    if len(fake) < _FEWEST_FOR_RATE:
        notes.append(f"1% false positives needs {_FEWEST_FOR_RATE} molecules held out")
    return Attack(name, _TITLES[name], len(real), len(fake), area, rate, "; ".join(notes))


def _expose(name: str, scores: np.ndarray, canaries: Sequence[Canary], rng: np.random.Generator) -> CanaryFigures:
    exposures, highest = measure_exposure(scores, [each.times for each in canaries], rng)
    return CanaryFigures(name, _TITLES[name], highest, exposures)


def _key(path: Path) -> list[str]:
    return [hash_file(path.with_name(f"{path.name}{suffix}")) for suffix in (".safetensors", ".json")]


def _read_promise(path: Path) -> Mapping[str, Any] | None:
    about = read_facts(path).get("about")
    promise = about.get("private") if isinstance(about, dict) else None
    return dict(promise) if isinstance(promise, dict) else None


def _note(path: Path) -> list[str]:
    """What the files of the weights tell beside the network."""
    notes = []
    if path.with_name(f"{path.name}_known.npz").exists():
        notes.append(
            f"{path.name}_known.npz, a Bloom filter of the training molecules, tells who is a member: train the critic "
            "with rejection.novel: false before handing out weights of secret data."
        )
    generator = load_any(path, raw=True)
    promise = _read_promise(path)
    if isinstance(generator, MotifGenerator) and not (promise or {}).get("vocabulary"):
        notes.append(
            f"{path.name}.json lists the {len(generator.vocabulary.motifs):,} motifs of the vocabulary: those that "
            "only the training data has are there in plain text. Private training keeps that of public weights."
        )
    return notes
