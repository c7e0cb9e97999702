"""The stage that trains a translation between two sets of molecules."""

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from molgan.base.content import hash_file
from molgan.campaign.run_folder.stage_record import Counts
from molgan.campaign.stages.training_stage import TrainingStage
from molgan.config.translation_config import TranslationData

if TYPE_CHECKING:
    from molgan.training.report import Report


class Translate(TrainingStage):
    """Training of a translation; leaves generator.safetensors and its description, and the last critic next to the
    weights, by which translations are ranked."""

    name = "translate"
    section = "translate"
    titles: ClassVar = {"translate": "Translation between two sets"}
    networks = ("generator",)

    def inputs(self) -> Mapping[str, object]:
        data = self.work.config.data
        contents = {f"content of data.{name}": hash_file(getattr(data, name)) for name in ("from", "to")}
        return {"translate": self.settings.model_dump(mode="json"), **contents, **self.work.inputs}

    @property
    def outputs(self) -> dict[str, Path]:
        return {**super().outputs, "critic": self.work.folder / "critic.safetensors"}

    def about(self) -> Mapping[str, object]:
        counts = self.record.counts
        ranges = {} if counts["ranges"] is None else {"ranges": counts["ranges"]}
        return {"translate": self.settings.model_dump(mode="json"), "rounds": counts["rounds"], **ranges}

    def perform(self) -> Counts:
        from molgan.models.loading import load_generator
        from molgan.models.motif.motif_generator import MotifGenerator
        from molgan.models.weights import find_weights, read_facts
        from molgan.training.domains.translation import translate

        work, config = self.work, self.work.config
        generator = load_generator(self.weights, MotifGenerator).to(work.device)
        origin, target = read_two_sets(config.data)
        work.progress.message(
            f"translate: {len(origin):,} molecules to translate, {len(target):,} as they are to become"
        )
        with ExitStack() as reporters:
            outcome = translate(
                generator,
                origin,
                target,
                self.settings,
                seed=config.seed,
                checkpoint=self.folder,
                report=self._report_to(reporters),
                processes=work.processes,
            )
        if outcome.unsaid:
            why = ", ".join(f"{reason} {count:,}" for reason, count in list(outcome.unsaid.items())[:3])
            work.progress.message(f"translate: {sum(outcome.unsaid.values()):,} molecules cannot be read: {why}")
        self.save(generator=generator)
        outcome.critic.cpu().save(work.folder / "critic")
        about = read_facts(find_weights(self.weights)).get("about")
        ranges = about.get("ranges") if isinstance(about, dict) else None
        return {"rounds": outcome.rounds, "ranges": ranges}

    def _report_to(self, reporters: ExitStack) -> "Report":
        """A report that writes messages on the critic and the choice, and reports the fit of each round."""
        work, settings = self.work, self.settings
        fits: list[Report] = []

        def report(metrics: Mapping[str, Any], saved: Mapping[str, Any] | None) -> None:
            number, phase = metrics["round"], metrics["phase"]
            where = f"translate, round {number} of {settings.rounds}"
            if phase == "critic":
                text = f"loss {metrics['loss']:.4f}, area under the ROC curve {metrics['auc']:.3f}"
                work.progress.message(f"{where}: critic after {metrics['step']:,} steps: {text}")
            elif phase == "chosen":
                reporters.close()
                work.progress.message(
                    f"{where}: {metrics['translated']:.1%} of the molecules have a translation, similar and nearer "
                    f"to data.to; {metrics['taught']:,.0f} are learned, of similarity {metrics['similarity']:.2f}"
                )
                fit = self.report(f"translate {number}", molecules_a_step=settings.fit.batch_size, shown=None)
                fits.append(reporters.enter_context(fit))
            else:
                fits[-1]({name: value for name, value in metrics.items() if name not in ("phase", "round")}, saved)

        return report


def read_two_sets(data: TranslationData) -> tuple[list[str], list[str]]:
    """The molecules of both files. Raises InputError where they are too few, or overlap."""
    from molgan.chem.reading import read_smiles
    from molgan.training.domains.translation_sets import read_sets

    origin, target = (
        (record.smiles for record in read_smiles(path, column=data.column)) for path in (data.origin, data.target)
    )
    return read_sets(origin, target)
