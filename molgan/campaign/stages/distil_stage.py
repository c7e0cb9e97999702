"""The stage that trains a generator on those of its own molecules that a critic takes for real."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from molgan.campaign.run_folder.stage_record import Counts
from molgan.campaign.stages.training_data import draw_molecules
from molgan.campaign.stages.training_stage import TrainingStage

if TYPE_CHECKING:
    import numpy as np

    from molgan.training.report import Report


class Distil(TrainingStage):
    """Distillation; leaves generator.safetensors and its description, and the last critic next to the weights."""

    name = "distil"
    section = "distil"
    titles: ClassVar = {"distil": "Distillation"}
    networks = ("generator",)

    def inputs(self) -> Mapping[str, object]:
        return {"distil": self.settings.model_dump(mode="json"), **self.work.inputs}

    @property
    def outputs(self) -> dict[str, Path]:
        return {**super().outputs, "critic": self.work.folder / "critic.safetensors"}

    def about(self) -> Mapping[str, object]:
        return {"distilled": self.record.counts["rounds"], "distil": self.settings.model_dump(mode="json")}

    def perform(self) -> Counts:
        from molgan.models.critics.discriminator import Discriminator
        from molgan.models.loading import load_generator
        from molgan.models.motif.motif_generator import MotifGenerator
        from molgan.training.prior.distil import distil

        work, config, settings = self.work, self.work.config, self.settings
        generator = load_generator(self.weights, MotifGenerator).to(work.device)
        critic = Discriminator(seed=config.seed).to(generator.device)
        with ExitStack() as reporters:
            rounds = distil(
                generator,
                critic,
                draw_molecules(config.data, settings.rounds * settings.real, config.seed),
                settings,
                seed=config.seed,
                checkpoint=self.folder,
                known=self._is_known if settings.novel else None,
                report=self._report_to(reporters),
                processes=work.processes,
            )
        self.save(generator=generator)
        critic.cpu().save(work.folder / "critic")
        return {"rounds": rounds}

    def _report_to(self, reporters: ExitStack) -> "Report":
        """A report that writes messages on the critic and its choice, and reports the fit of each round."""
        work, settings = self.work, self.settings
        fits: list[Report] = []

        def report(metrics: Mapping[str, Any], saved: Mapping[str, Any] | None) -> None:
            number, phase = metrics["round"], metrics["phase"]
            where = f"distil, round {number} of {settings.rounds}"
            if phase == "critic":
                text = f"loss {metrics['loss']:.4f}, area under the ROC curve {metrics['auc']:.3f}"
                work.progress.message(f"{where}: critic after {metrics['step']:,} steps: {text}")
            elif phase == "accepted":
                share = f"it accepts {metrics['accepted']:,.0f} candidates ({metrics['acceptance']:.1%})"
                reporters.close()
                work.progress.message(
                    f"{where}: the critic is right on {metrics['critic_accuracy']:.1%} of unseen molecules; {share}"
                )
                fit = self.report(f"distil {number}", molecules_a_step=settings.fit.batch_size, shown=None)
                fits.append(reporters.enter_context(fit))
            else:
                fits[-1]({name: value for name, value in metrics.items() if name not in ("phase", "round")}, saved)

        return report

    def _is_known(self, smiles: Sequence[str]) -> "np.ndarray":
        """Whether each molecule is in the training data, bool [n]."""
        import numpy as np

        from molgan.chem.molecule import parse_all
        from molgan.filters.known.reference_set import ReferenceSet

        data = self.work.config.data
        training = ReferenceSet.load(str(data.train), data.column)
        return np.array([found is not None for found in training.find(parse_all(smiles))])
