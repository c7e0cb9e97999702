"""The stage that trains a critic for sampling by rejection."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from molgan.campaign.run_folder.stage_record import Counts
from molgan.campaign.stages.stage import Stage
from molgan.campaign.stages.training_data import draw_molecules
from molgan.chem.molecule import parse_all

if TYPE_CHECKING:
    from molgan.chem.known_set import KnownSet

_CHUNK = 5_000


class Rejection(Stage):
    """Leaves a critic, the ranges of the data and a set of known molecules, next to the weights."""

    name = "rejection"
    section = "rejection"
    proof = "weights_refinement.json"

    def inputs(self) -> Mapping[str, object]:
        return {"rejection": self.settings.model_dump(mode="json"), **self.work.inputs}

    @property
    def outputs(self) -> dict[str, Path]:
        return {self.proof: self.work.folder / self.proof}

    def perform(self) -> Counts:
        from molgan.models.loading import load_generator
        from molgan.models.motif.known_rings import hold_rings, load_check
        from molgan.models.motif.motif_generator import MotifGenerator
        from molgan.models.weights import find_weights
        from molgan.training.prior.rejection import train_rejection

        work, config, settings = self.work, self.work.config, self.settings

        def report(metrics: Mapping[str, Any], saved: Mapping[str, Any] | None) -> None:
            text = f"loss {metrics['loss']:.4f}, area under the ROC curve {metrics['auc']:.3f}"
            work.progress.message(f"rejection: critic after {metrics['step']:,} steps: {text}")

        known = self._known_molecules() if settings.novel else None
        work.progress.message("rejection: drawing molecules and describing them")
        generator = load_generator(self.weights, MotifGenerator).to(work.device)
        refined, figures = train_rejection(
            hold_rings(generator, load_check(find_weights(self.weights))),
            draw_molecules(config.data, settings.real + settings.reference, config.seed),
            settings,
            seed=config.seed,
            known=known,
            report=report,
            processes=work.processes,
        )
        refined.save(work.folder / "weights", figures=figures)
        text = (
            f"{figures['critic_accuracy']:.1%} of unseen molecules; {figures['eligible']:.1%} of the samples are new "
            f"and within the ranges of the data, {figures['acceptance']:.1%} are accepted"
        )
        work.progress.message(f"rejection: the critic is right on {text}")
        return figures

    def _known_molecules(self) -> "KnownSet":
        from molgan.base.parallel import map_chunks
        from molgan.chem.known_set import KnownSet, choose_log2_bits
        from molgan.chem.reading import read_smiles

        work, data = self.work, self.work.config.data
        texts = [record.smiles for record in read_smiles(data.train, column=data.column)]
        task = "hashing the training data"
        parts = map_chunks(_canonicalise, texts, _CHUNK, work.processes, task=task, progress=work.progress)
        canonical = [smiles for part in parts for smiles in part]
        return KnownSet.of(canonical, log2_bits=choose_log2_bits(len(canonical)))


def _canonicalise(texts: list[str]) -> list[str]:
    """The canonical SMILES of the valid ones."""
    return [molecule.smiles for molecule in parse_all(texts) if molecule.smiles is not None]
