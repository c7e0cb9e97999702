"""Train a prior, and a generator of analogues, on a machine that has PyTorch and little else, such as a rented GPU.

    python scripts/train_packed.py pack configs/medchem_prior.yaml data.xz
    python scripts/train_packed.py train data.xz weights --seconds 300 --set network.hidden=1024
    python scripts/train_packed.py join weights/generator runs/medchem_prior/weights

    python scripts/train_packed.py pack-pairs configs/analogues.yaml pairs.xz generator.weights=medchem
    python scripts/train_packed.py train-pairs data.xz pairs.xz weights/generator analogues --seconds 150

`pack` encodes the data as `molgan train` does and writes all that training needs in one compressed file; `pack-pairs`
does so with pairs of similar molecules, and the graphs of the motifs. `train` and `train-pairs` need neither RDKit nor
the data: they take as many steps as fit into the seconds given, with the learning rates of the configuration, and
write half-precision weights in parts of less than 16 MiB. `join` makes weights for molgan of them.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from packed import join_parts, pack_data, read_packed, set_tables, unpack_data, write_packed, write_parts

from molgan.graphs.motif import actions
from molgan.graphs.motif.actions import END, FIRST_MOTIF, SPELL, Vocabulary
from molgan.graphs.motif.motif_data import ActionData
from molgan.graphs.motif.pair_data import PairData
from molgan.graphs.motif.tree_graphs import COLUMNS, GraphPart, TreeGraphs
from molgan.models.motif.growth import grow
from molgan.models.motif.motif_generator import MotifGenerator
from molgan.models.settings import MotifNetworkSettings
from molgan.training.prior.pair_training import Lessons, draw_lessons, learn_lessons
from molgan.training.prior.pretrain import pretrain, shuffle_batches
from molgan.training.prior.settings import AnalogueSettings
from molgan.training.settings import PretrainSettings

TRIAL = 60  # steps by which the speed is measured, in the second half of them
MARGIN = 0.93  # of the time that is left


def pack(config_path: Path, output: Path) -> None:
    from molgan.base import cache_folder
    from molgan.base.parallel import cores
    from molgan.config import load_training
    from molgan.graphs.motif.grammar_tables import Tables
    from molgan.graphs.motif.motif_data import prepare
    from molgan.graphs.motif.parts import fit_parts
    from molgan.scoring.measure import Measure

    config: Any = load_training(config_path)
    condition = config.network.condition
    measure = Measure(condition) if condition else None
    where: dict[str, Any] = {"column": config.data.column, "least_count": config.pretrain.least_count}
    data = prepare(config.data.train, cache_folder.folder(), **where, measure=measure, processes=cores())
    parts, errors = fit_parts(data, Measure(condition)) if condition else (np.zeros((1, 0)), np.zeros(0))
    about = {
        "network": config.network.model_dump(),
        "pretrain": config.pretrain.model_dump(),
        "seed": config.seed,
    }
    pack_data(output, data, Tables.of(data.vocabulary), about, parts=parts, errors=errors)


def train(packed: Path, output: Path, seconds: float, changes: list[str], device: str) -> None:
    started = time.monotonic()
    about, stored = read_packed(packed, changes)
    data, tables = unpack_data(about, stored)
    settings, seed = PretrainSettings(**about["pretrain"]), about["seed"]

    def make_generator() -> MotifGenerator:
        torch.manual_seed(seed)
        network = MotifNetworkSettings(**about["network"])
        generator = MotifGenerator(data.vocabulary, network, max_atoms=int(str(data.summary["atoms"])))
        set_tables(generator, tables)
        if generator.conditions is not None and data.properties is not None:
            generator.conditions.learn_scales(data.properties)
            generator.conditions.learn_parts(stored["parts"], stored["errors"])
        return generator.to(device)

    def learn(generator: MotifGenerator, steps: int, report: Callable[..., None]) -> None:
        update = {"epochs": steps * settings.batch_size / len(data), "report_every": min(200, steps // 2)}
        pretrain(generator, data, settings.model_copy(update=update), seed=seed, report=report)

    steps = _count_steps(started, seconds, lambda report: learn(make_generator(), TRIAL, report))
    print(f"{steps:,} steps, {steps * settings.batch_size / len(data):.2f} epochs", flush=True)
    generator = make_generator()
    learn(generator, steps, partial(_print_progress, started))
    write_parts(generator, output / "generator", seed=seed, pretrain=settings.model_dump(), steps=steps)


def _count_steps(started: float, seconds: float, attempt: Callable[[Callable[..., None]], None]) -> int:
    """The steps that fit into what is left of the seconds, by an attempt of TRIAL steps."""
    times: list[float] = []

    def note(metrics: dict[str, Any], kept: object) -> None:
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        times.append(time.monotonic())

    began = time.monotonic()
    attempt(note)
    a_step = (times[-1] - times[-2]) / (TRIAL // 2)
    start = max(0.0, times[-1] - began - TRIAL * a_step)
    left = seconds - (time.monotonic() - started) - start
    print(f"{a_step * 1e3:.1f} ms a step, {start:.0f} s before the first", flush=True)
    return max(TRIAL, round(MARGIN * left / a_step))


def _print_progress(started: float, metrics: dict[str, Any], kept: object) -> None:
    text = f"{metrics['step']:,}/{metrics['steps']:,} loss {metrics['loss']:.3f}"
    print(f"{time.monotonic() - started:6.0f} s  {text}  {metrics['molecules_per_second']:,.0f}/s", flush=True)


def pack_pairs(config_path: Path, output: Path, overrides: list[str], most: int) -> None:
    from molgan.base import cache_folder
    from molgan.base.parallel import cores
    from molgan.base.progress import Silent
    from molgan.campaign.stages.analogues_stage import encode_data
    from molgan.config import load_training
    from molgan.graphs.motif.pair_data import prepare_pairs
    from molgan.models.loading import load_generator

    config: Any = load_training(config_path, overrides)
    settings: AnalogueSettings = config.analogues
    start = load_generator(config.generator.weights, MotifGenerator)
    how: dict[str, Any] = {"processes": cores(), "progress": Silent()}
    data = encode_data(start, config.data, settings.least_count, **how)
    pairs = prepare_pairs(data, cache_folder.folder(), settings.pairs, seed=config.seed, **how)
    rows = np.sort(np.random.default_rng(config.seed).permutation(len(pairs))[:most])
    parts = _describe_motifs(data, np.unique(pairs.rows[rows]))
    texts, described = list(parts), parts.values()
    write_packed(
        output,
        {"analogues": settings.model_dump(mode="json", exclude={"pairs"}), "seed": config.seed, "parts": texts},
        rows=pairs.rows[rows].T.astype(np.int32),
        similarity=pairs.similarity[rows].astype(np.float16),
        kind=pairs.kind[rows].astype(np.uint8),
        sizes=np.array([[len(part.atoms), len(part.edges)] for part in described], dtype=np.int32),
        atoms=np.concatenate([part.atoms for part in described]).astype(np.int16),
        edges=np.concatenate([part.edges for part in described]).astype(np.int16),
        relations=np.concatenate([part.relations for part in described]).astype(np.int8),
        rooted=np.concatenate([part.rooted for part in described]).astype(np.int32),
    )


def _describe_motifs(data: ActionData, rows: np.ndarray) -> dict[str, GraphPart]:
    """The graphs of all motifs of some molecules."""
    from molgan.base.parallel import Processes, cores, split_chunks

    # All motifs with an action of their own, which come first: then only molecules with a spelled one are looked at.
    parts: dict[str, GraphPart] = {}
    owner = np.repeat(np.arange(len(data)), data.lengths)
    spelled = np.intersect1d(np.unique(owner[np.asarray(data.actions) == SPELL]), rows)
    whole = [[action, END] for action in range(FIRST_MOTIF, len(data.vocabulary))]
    jobs = [*split_chunks(whole, 200), *([data[row].tolist() for row in some] for some in split_chunks(spelled, 500))]
    with Processes(partial(_describe_some, data.vocabulary), cores()) as workers:
        for found in workers.map(jobs):
            parts |= found
    return dict(sorted(parts.items()))


def _describe_some(vocabulary: Vocabulary, sequences: list[list[int]]) -> dict[str, GraphPart]:
    graphs = TreeGraphs(vocabulary)
    for sequence in sequences:
        graphs.learn_parts(sequence)
    return graphs.parts


def read_parts(texts: list[str], stored: dict[str, np.ndarray]) -> dict[str, GraphPart]:
    """The graphs of motifs that `pack_pairs` wrote, by the SMILES of the motifs."""
    ends = np.cumsum(stored["sizes"], axis=0)
    atoms, edges = (np.split(np.arange(total), ends[:-1, i]) for i, total in enumerate(ends[-1].tolist()))
    names = ("atoms", "edges", "relations", "rooted")
    flat = {name: stored[name].astype(np.int64) for name in names}
    return {
        text: GraphPart(flat["atoms"][a], flat["edges"][e], flat["relations"][e], flat["rooted"][a])
        for text, a, e in zip(texts, atoms, edges, strict=True)
    }


def _know_templates(parts: dict[str, GraphPart]) -> AbstractContextManager[object]:
    """A context in which actions are decoded without RDKit: what is asked of a template is known of its graph."""
    column = list(COLUMNS).index("hydrogens")
    known = {text: SimpleNamespace(capacity=tuple(part.atoms[:, column].tolist())) for text, part in parts.items()}
    return patch.object(actions, "template", known.__getitem__)


_Job = tuple[int, np.ndarray]
_state: dict[str, Any] = {}  # of the forked processes that make graphs


def _make_lesson(job: _Job) -> tuple[Lessons, dict[str, np.ndarray]]:
    step, rows = job
    data, pairs, settings, seed = _state["data"], _state["pairs"], _state["settings"], _state["seed"]
    torch.set_num_threads(1)
    lessons = draw_lessons(data, pairs, rows, settings, np.random.default_rng([seed, step, 1]))
    sources = [None if row < 0 else data[row].tolist() for row in lessons.sources.tolist()]
    graphs = _state["graphs"].batch(sources)
    return lessons, {name: value.numpy() for name, value in graphs.to_dict().items()}


def _teach_ahead(steps: int, processes: int, done: int) -> Iterator[Lessons]:
    """Lessons with the graphs of their sources, which other processes make."""
    from torch_geometric.data import Data

    pairs, settings = _state["pairs"], _state["settings"]
    batches = shuffle_batches(len(pairs), settings.batch_size, _state["seed"], done, steps)
    jobs = [(step, np.sort(rows)) for step, rows in enumerate(batches, start=done + 1)]
    with get_context("fork").Pool(processes) as pool:
        for lessons, arrays in pool.imap(_make_lesson, jobs):
            graphs = Data(**{name: torch.from_numpy(value) for name, value in arrays.items()})
            yield Lessons(lessons.sources, lessons.targets, lessons.told, lessons.asked, graphs)


def train_pairs(
    packed: Path, packed_pairs: Path, weights: Path, output: Path, seconds: float, changes: list[str], device: str
) -> None:
    started = time.monotonic()
    about, stored = read_packed(packed, [])
    data, tables = unpack_data(about, stored)
    about, stored = read_packed(packed_pairs, changes)
    pairs = PairData(np.ascontiguousarray(stored["rows"].T), stored["similarity"], stored["kind"], {})
    settings, seed = AnalogueSettings(**about["analogues"]), about["seed"]
    parts = read_parts(about["parts"], stored)
    graphs = TreeGraphs(data.vocabulary, parts)
    _state.update(data=data, pairs=pairs, settings=settings, seed=seed, graphs=graphs)
    join_parts(weights, output / "start")

    def make_generator() -> MotifGenerator:
        start = MotifGenerator.load(output / "start")
        generator = grow(start, data.vocabulary, max_atoms=start.max_atoms, seed=seed, source=settings.network)
        set_tables(generator, tables)
        if generator.source is not None and data.properties is not None:
            some = pairs.rows[:200_000]
            generator.source.learn_scales(data.properties[some[:, 0]] - data.properties[some[:, 1]])
        return generator.to(device)

    def learn(generator: MotifGenerator, steps: int, report: Callable[..., None]) -> None:
        now = settings.model_copy(update={"steps": steps, "report_every": min(100, steps // 2)})
        draw = partial(_teach_ahead, steps, 12 if device == "cuda" else 2)
        size = settings.batch_size
        with _know_templates(parts):
            learn_lessons(generator, data, draw, now, size=size, identity={}, report=report)

    steps = _count_steps(started, seconds, lambda report: learn(make_generator(), TRIAL, report))
    print(f"{steps:,} steps, {steps * settings.batch_size:,} lessons", flush=True)
    generator = make_generator()
    learn(generator, steps, partial(_print_progress, started))
    described = settings.model_dump(mode="json", exclude={"pairs"})
    write_parts(generator, output / "analogues", seed=seed, analogues=described, steps=steps)
    for suffix in ("safetensors", "json"):
        (output / f"start.{suffix}").unlink()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    for name, what in {
        "pack": ("config", "output"),
        "pack-pairs": ("config", "output"),
        "train": ("packed", "output"),
        "train-pairs": ("packed", "pairs", "weights", "output"),
        "join": ("parts", "output"),
    }.items():
        verb = verbs.add_parser(name)
        for each in what:
            verb.add_argument(each, type=Path)
        if name == "pack-pairs":
            verb.add_argument("overrides", nargs="*", help="values that replace those of the configuration")
            verb.add_argument("--pairs", dest="most", type=int, default=2_500_000, help="pairs to take, at random")
        if name.startswith("train"):
            verb.add_argument("--seconds", type=float, default=420, help="time to take, loading included")
            verb.add_argument("--set", action="append", default=[], metavar="SECTION.KEY=JSON", help="another setting")
            verb.add_argument("--device", default=device)
    a = parser.parse_args()
    if a.verb == "pack":
        pack(a.config, a.output)
    elif a.verb == "pack-pairs":
        pack_pairs(a.config, a.output, a.overrides, a.most)
    elif a.verb == "train":
        train(a.packed, a.output, a.seconds, a.set, a.device)
    elif a.verb == "train-pairs":
        train_pairs(a.packed, a.pairs, a.weights, a.output, a.seconds, a.set, a.device)
    else:
        join_parts(a.parts, a.output)


if __name__ == "__main__":
    main()
