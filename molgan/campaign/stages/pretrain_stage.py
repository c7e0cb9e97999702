"""The stage that trains a generator by likelihood."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from molgan.base import cache_folder as cache
from molgan.base.errors import InputError
from molgan.campaign.run_folder.stage_record import Counts
from molgan.campaign.stages.training_stage import TrainingStage

if TYPE_CHECKING:
    from molgan.graphs.motif.actions import Vocabulary
    from molgan.models.motif.motif_generator import MotifGenerator

_NEVER = 2**62  # occurrences from which a motif of private data gets an action


class Pretrain(TrainingStage):
    """Likelihood training; leaves generator.safetensors and its description."""

    name = "pretrain"
    section = "pretrain"
    titles: ClassVar = {"pretrain": "Likelihood pretraining"}
    networks = ("generator",)

    def inputs(self) -> Mapping[str, object]:
        config = self.work.config
        private = {"private"} if config.private is not None else set()
        return {**config.model_dump(mode="json", include={"pretrain", "network"} | private), **self.work.inputs}

    def about(self) -> Mapping[str, object]:
        settings = {"pretrain": self.settings.model_dump(mode="json")}
        if self.work.config.private is not None:  # the counts of the data are not protected
            return {"private": self.record.counts["private"], **settings}
        return {"data": self.record.counts["data"], **settings}

    def perform(self) -> Counts:
        from molgan.distributed.train import pretrain_on_ray
        from molgan.graphs.motif.motif_data import prepare
        from molgan.graphs.motif.parts import fit_parts
        from molgan.models.loading import load_generator
        from molgan.models.motif.motif_generator import MotifGenerator
        from molgan.scoring.measure import Measure
        from molgan.training.prior.pretrain import pretrain

        work, config, settings = self.work, self.work.config, self.settings
        if config.private is not None:
            return self._perform_privately()
        start = load_generator(config.generator.weights, MotifGenerator) if config.generator else None
        condition = (config.network if start is None else start.settings).condition
        data = prepare(
            config.data.train,
            cache.folder(),
            column=config.data.column,
            least_count=settings.least_count,
            vocabulary=None if start is None else start.vocabulary,
            measure=Measure(condition) if condition else None,
            processes=work.processes,
            progress=work.progress,
        )
        coverage, atoms = data.summary["coverage"], int(str(data.summary["atoms"]))
        work.progress.message(f"{len(data):,} molecules of at most {atoms} atoms; the vocabulary covers {coverage:.2%}")
        generator = self._prepare_generator(start, data.vocabulary, atoms)
        if generator.conditions is not None and data.properties is not None:
            if start is None:
                generator.conditions.learn_scales(data.properties)
            generator.conditions.learn_parts(*fit_parts(data, Measure(generator.conditions.names)))
        with self.report(molecules_a_step=settings.batch_size, shown=None) as report:
            loop: Callable[..., None] = pretrain
            if config.compute.workers:
                how = {"compute": config.compute, "on_restart": report.restart, "progress": work.progress}
                how["reservation"] = work.reservation
                loop = partial(pretrain_on_ray, **how)
            else:
                generator.to(work.device)
            loop(generator, data, settings, seed=config.seed, checkpoint=self.folder / "checkpoint", report=report)
        generator.divide_logits(settings.temperature)
        self.save(generator=generator)
        return {"data": data.summary}

    def _perform_privately(self) -> Counts:
        """As `perform`; whatever but the gradient depends on the data stays as it is in the weights at the start."""
        from molgan.base.secret_key import read_key
        from molgan.graphs.motif.motif_data import prepare
        from molgan.models.loading import load_generator
        from molgan.models.motif.motif_generator import MotifGenerator
        from molgan.scoring.measure import Measure
        from molgan.training.private.private_training import pretrain_privately

        work, config, settings, key = self.work, self.work.config, self.settings, read_key()
        generator = load_generator(config.generator.weights, MotifGenerator)
        condition = generator.settings.condition
        data = prepare(
            config.data.train,
            cache.folder(),
            column=config.data.column,
            least_count=_NEVER,
            vocabulary=generator.vocabulary,
            measure=Measure(condition) if condition else None,
            processes=work.processes,
            progress=work.progress,
        )
        if data.vocabulary != generator.vocabulary:
            raise InputError(
                f"data.train: {config.data.train}: has stereo, which the weights do not know, and private training "
                "adds nothing to their vocabulary; use weights that do, or remove it: molgan standardize --drop-stereo"
            )
        work.progress.message(f"{len(data):,} molecules, each of which is protected; the vocabulary stays as it is")
        with self.report(molecules_a_step=settings.batch_size, shown=None) as report:
            plan = pretrain_privately(
                generator.to(work.device),
                data,
                settings,
                config.private,
                seed=config.seed,
                key=key,
                checkpoint=self.folder / "checkpoint",
                report=report,
            )
        work.progress.message(f"private: epsilon {plan.epsilon:.3g} at delta {plan.delta:.1e}")
        generator.divide_logits(settings.temperature)
        self.save(generator=generator)
        return {"data": data.summary, "private": {**plan.describe(), "start": Path(config.generator.weights).name}}

    def _prepare_generator(
        self, start: "MotifGenerator | None", vocabulary: "Vocabulary", atoms: int
    ) -> "MotifGenerator":
        """`start`, enlarged for the motifs of the new data, or an untrained network."""
        import torch

        from molgan.models.motif.growth import grow
        from molgan.models.motif.motif_generator import MotifGenerator

        config = self.work.config
        if start is not None:
            return grow(start, vocabulary, max_atoms=max(atoms, start.max_atoms), seed=config.seed)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(config.seed)
            return MotifGenerator(vocabulary, config.network, max_atoms=atoms)
