"""The stage that adapts a generator to a few molecules of another domain."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, ClassVar

from molgan.base.errors import InputError
from molgan.campaign.run_folder.stage_record import Counts
from molgan.campaign.stages.training_stage import TrainingStage
from molgan.chem.misuse.screen import find_misuse
from molgan.chem.molecule import parse

if TYPE_CHECKING:
    from molgan.training.domains.domain_molecules import Domain

MANY = 1_000
"""Molecules from which on likelihood training on all of them is the better way."""


class Adapt(TrainingStage):
    """Adaptation; leaves generator.safetensors and its description."""

    name = "adapt"
    section = "adapt"
    titles: ClassVar = {"adapt": "Adaptation to few molecules"}
    networks = ("generator",)

    def inputs(self) -> Mapping[str, object]:
        return {"adapt": self.settings.model_dump(mode="json"), **self.work.inputs}

    def about(self) -> Mapping[str, object]:
        return {"adapt": self.settings.model_dump(mode="json"), "adapted": self.record.counts["outcome"]}

    def perform(self) -> Counts:
        from molgan.chem.reading import read_smiles
        from molgan.models.loading import load_generator
        from molgan.models.motif.motif_generator import MotifGenerator
        from molgan.training.domains.adaptation import adapt
        from molgan.training.domains.domain_molecules import read_domain

        work, data = self.work, self.work.config.data
        generator = load_generator(self.weights, MotifGenerator).to(work.device)
        given = [record.smiles for record in read_smiles(data.train, column=data.column)]
        _refuse_misuse(given)
        domain = read_domain(generator, given)
        self._tell(domain)
        with self.report(shown=None) as report:
            outcome = adapt(
                generator,
                given,
                self.settings,
                seed=work.config.seed,
                checkpoint=self.folder / "checkpoint",
                report=report,
            )
        work.progress.message(f"adapt: {outcome.describe()}")
        generator.max_atoms = max(generator.max_atoms, domain.atoms)
        self.save(generator=generator)
        return {"outcome": asdict(outcome)}

    def _tell(self, domain: "Domain") -> None:
        """What of the file is not learned, and whether it is too much for this stage."""
        say = self.work.progress.message
        if domain.unsaid:
            say(f"adapt: {domain.explain()}")
        if domain.repeated:
            say(f"adapt: {domain.repeated:,} rows are a molecule that came before; each counts once")
        if len(domain.molecules) > MANY:
            say(
                f"adapt: {len(domain.molecules):,} molecules are many; a section `pretrain`, as in "
                "configs/own_prior.yaml, also gives their frequent motifs actions of their own"
            )


def _refuse_misuse(smiles: Sequence[str]) -> None:
    """Raises InputError where the filter `misuse` rejects a molecule, since few of them make a generator of more."""
    for number, text in enumerate(smiles, 1):
        if (reason := find_misuse(parse(text))) is not None:
            raise InputError(
                f"data.train: molecule {number}, which the filter 'misuse' rejects ({reason}); take it out"
            )
