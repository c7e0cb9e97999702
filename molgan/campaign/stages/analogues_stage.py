"""The stage that trains a generator on pairs of similar molecules."""

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from molgan.base import cache_folder as cache
from molgan.base.content import hash_file
from molgan.base.progress import Progress
from molgan.campaign.run_folder.stage_record import Counts
from molgan.campaign.stages.training_stage import TrainingStage
from molgan.chem.settings import DataSettings

if TYPE_CHECKING:
    from molgan.graphs.motif.motif_data import ActionData
    from molgan.models.motif.motif_generator import MotifGenerator

_OUTSIDE = 1e-3  # share of the data at each end that is outside the ranges of properties


class Analogues(TrainingStage):
    """Training on pairs; leaves generator.safetensors and its description."""

    name = "analogues"
    section = "analogues"
    titles: ClassVar = {"analogues": "Pairs of similar molecules"}
    networks = ("generator",)

    def inputs(self) -> Mapping[str, object]:
        held_out = {f"content of held_out {i}": hash_file(path) for i, path in enumerate(self.settings.pairs.held_out)}
        return {"analogues": self._describe_settings(), **held_out, **self.work.inputs}

    def _describe_settings(self) -> dict[str, Any]:
        """The settings without paths, which are those of this machine."""
        described: dict[str, Any] = self.settings.model_dump(mode="json", exclude={"pairs": {"held_out"}})
        return described

    def about(self) -> Mapping[str, object]:
        counts = self.record.counts
        return {
            "analogues": self._describe_settings(),
            "pairs": counts["pairs"],
            "ranges": counts["ranges"],
        }

    def perform(self) -> Counts:
        from molgan.graphs.motif.pair_data import prepare_pairs
        from molgan.models.loading import load_generator
        from molgan.models.motif.growth import grow
        from molgan.models.motif.motif_generator import MotifGenerator
        from molgan.training.prior.pair_training import train_on_pairs

        work, config, settings = self.work, self.work.config, self.settings
        start = load_generator(self.weights, MotifGenerator)
        how: dict[str, Any] = {"processes": work.processes, "progress": work.progress}
        data = encode_data(start, config.data, settings.least_count, **how)
        pairs = prepare_pairs(data, cache.folder(), settings.pairs, seed=config.seed, **how)
        of_kinds = f"{pairs.summary['same_scaffold']:,} with the same scaffold, {pairs.summary['matched']:,} matched"
        work.progress.message(f"{len(pairs):,} pairs of {pairs.summary['paired']:,} molecules: {of_kinds}")
        atoms = max(start.max_atoms, int(str(data.summary["atoms"])))
        learned = start.source is not None
        source = settings.network if start.source is None else start.source.settings
        generator = grow(start, data.vocabulary, max_atoms=atoms, seed=config.seed, source=source)
        if not learned and generator.source is not None and data.properties is not None:
            rows = pairs.rows[:200_000]
            generator.source.learn_scales(data.properties[rows[:, 0]] - data.properties[rows[:, 1]])
        with self.report(molecules_a_step=settings.batch_size, shown=None) as report:
            work.train(
                partial(train_on_pairs, data=data, pairs=pairs, settings=settings, seed=config.seed),
                {"generator": generator},
                checkpoint=self.folder / "checkpoint",
                report=report,
            )
        self.save(generator=generator)
        return {"pairs": pairs.summary, "ranges": _find_ranges(start.settings.condition, data)}


def encode_data(
    start: "MotifGenerator", data: DataSettings, least_count: int, *, processes: int, progress: Progress
) -> "ActionData":
    """Training data in the actions of a generator: what its own training has left in the cache, if that has the same
    actions, since encoding takes long. Motifs that occur `least_count` times get actions of their own."""
    from molgan.graphs.motif.motif_data import name_prepared, prepare
    from molgan.scoring.measure import Measure

    measure = Measure(start.settings.condition) if start.settings.condition else None
    how: dict[str, Any] = {"column": data.column, "least_count": least_count, "measure": measure}
    how |= {"processes": processes, "progress": progress}
    known = name_prepared(data.train, data.column, least_count, None, measure)
    if (cache.folder() / known / "summary.json").exists():
        found = prepare(data.train, cache.folder(), **how)
        if found.vocabulary == start.vocabulary:
            return found
    return prepare(data.train, cache.folder(), vocabulary=start.vocabulary, **how)


def _find_ranges(names: tuple[str, ...], data: "ActionData") -> dict[str, list[float]]:
    """The lowest and the highest value of each property in the data, but for a thousandth at each end."""
    import numpy as np

    if data.properties is None:
        return {}
    low, high = np.nanquantile(np.asarray(data.properties), [_OUTSIDE, 1 - _OUTSIDE], axis=0)
    return {name: [round(float(low[i]), 4), round(float(high[i]), 4)] for i, name in enumerate(names)}
