"""The stage that measures what the stages that train the generator have bought."""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from molgan.base.content import add_contents
from molgan.base.errors import WeightsError
from molgan.base.files import write_files
from molgan.campaign.cost import Cost, Pace
from molgan.campaign.run_folder.stage_record import Counts
from molgan.campaign.stages.adversarial_stage import Adversarial
from molgan.campaign.stages.reinforce_stage import Reinforce
from molgan.campaign.stages.sampling import to_probability
from molgan.campaign.stages.stage import Stage
from molgan.campaign.stages.training_data import draw_molecules
from molgan.chem.molecule import Molecule, parse_all
from molgan.chem.stereoisomers import enumerate_stereoisomers
from molgan.config import CampaignConfig
from molgan.filters.funnel import Funnel
from molgan.filters.stages.score_filters import REALISM
from molgan.scoring.cost_class import Cost as ScorerCost

if TYPE_CHECKING:
    import pandas

    from molgan.evaluation.chemnet_fit import Fit
    from molgan.models.protocols import Critic

DATA, PRIOR = "data", "prior"
_SAMPLES = 1_000
_KNOWN = 2  # molecules of the data that the FCD compares with, for each sample
_SECONDS_EACH = 0.005  # of ChemNet and plausibility for a molecule, on one core


class Evaluation(Stage):
    """Draws from the generator before and after each stage that trains it, and measures both, and data beside them.

    Filters that choose a number of molecules are left out, since the share that passes them says nothing; of the data
    also those that compare with known molecules.
    """

    name = "evaluation"
    section = "report"

    @classmethod
    def is_part_of(cls, sections: Mapping[str, object]) -> bool:
        return any(sections.get(stage.section) is not None for stage in (Adversarial, Reinforce))

    @classmethod
    def cost(cls, config: CampaignConfig, pace: Pace) -> Cost:
        trained = sum(section is not None for section in (config.adversarial, config.reinforce))
        drawn, measured = ((sets + trained) * count_samples(config) for sets in (1, 2))
        seconds = drawn * pace.sample + measured * (pace.score + pace.filter + _SECONDS_EACH)
        return Cost(cls.name, drawn, measured, seconds)

    def inputs(self) -> Mapping[str, object]:
        config = self.work.config
        sections = config.model_dump(mode="json", include={"objective", "filters", "stereo"})
        drawing = config.sample.model_dump(mode="json", include={"temperature", "max_atoms"})
        return {**add_contents(sections), "sample": drawing, "samples": count_samples(config), **self.work.inputs}

    @property
    def after(self) -> Sequence[Stage]:
        return [stage for stage in self.before if isinstance(stage, Adversarial | Reinforce)]

    def perform(self) -> Counts:
        from molgan.models.loading import load_generator, load_start

        work, config = self.work, self.work.config
        count = count_samples(config)
        if not count:
            work.progress.message("evaluation: left out; report.samples says how many molecules to score for it")
            return {"samples": 0, "sets": {}}
        work.progress.start("evaluation", (2 + len(self.after)) * count)
        generators = {PRIOR: partial(load_start, config.generator)} | {
            stage.name: partial(load_generator, stage.folder / "generator") for stage in self.after
        }
        sets = {DATA: self._measure(DATA, lambda: self._real[: self._measured])}
        for name, load in generators.items():
            sets[name] = self._measure(name, partial(self._draw, load, count))
        work.progress.finish("evaluation")
        return {"samples": count, "sets": sets}

    def _measure(self, name: str, draw: Callable[[], list[str]]) -> dict[str, float | None]:
        """The figures of a set of SMILES; each is on disk before the next is measured."""
        path = self.folder / f"{name}.json"
        if not path.exists():
            from molgan.evaluation.set_figures import measure_set

            molecules = self._spell_out(parse_all(draw()))
            figures = measure_set(molecules, self._score(molecules), self._funnel(name), self._known).as_dict()
            if name == DATA and len(molecules) < count_samples(self.work.config):
                figures["fcd"] = None  # it falls with the number of molecules, and is not comparable with the others
            if self.work.config.objective.aggregation == "pareto":
                figures["score"] = None  # a rank among the molecules of the set has no mean to compare
            write_files(self.folder, {path.name: [json.dumps(figures).encode()]})
        self.work.progress.advance("evaluation", count_samples(self.work.config))
        return dict(json.loads(path.read_text()))

    def _draw(self, load: Callable[[], Any], count: int) -> list[str]:
        config = self.work.config
        how = {"max_atoms": config.sample.max_atoms, "temperature": config.sample.temperature}
        drawn = load().to(self.work.device).sample(count, seed=config.seed, **how)
        return [sample.smiles for sample in drawn]

    @cached_property
    def _real(self) -> list[str]:
        config = self.work.config
        return draw_molecules(config.data, (1 + _KNOWN) * count_samples(config), config.seed)

    @property
    def _measured(self) -> int:
        """How many of these are measured; of little data a part is left to compare with."""
        return min(count_samples(self.work.config), len(self._real) // (1 + _KNOWN))

    @cached_property
    def _known(self) -> "Fit | None":
        """The fit of ChemNet to molecules of the data other than those that are measured; None where there are few."""
        from molgan.evaluation.chemnet_fit import fit_reference

        known = self._real[self._measured :]
        try:
            smiles = [molecule.smiles for molecule in parse_all(known) if molecule.smiles is not None]
            return fit_reference(smiles) if len(smiles) > 1 else None
        except WeightsError as error:
            self.work.progress.message(f"evaluation: no FCD: {error}")
            return None

    def _spell_out(self, molecules: list[Molecule]) -> list[Molecule]:
        """Where the campaign enumerates stereo, an isomer in place of each molecule that leaves some open."""
        if self.work.config.stereo is None:
            return molecules
        return [next(enumerate_stereoisomers(each, most=1), each) if each.valid else each for each in molecules]

    def _score(self, molecules: list[Molecule]) -> "pandas.DataFrame":
        table = self.work.objective(molecules).to_frame()
        if self._critic is not None:
            table[REALISM] = to_probability(self._critic.score([molecule.smiles or "" for molecule in molecules]))
        return table

    @cached_property
    def _critic(self) -> "Critic | None":
        """The campaign's critic, where a filter reads its judgement."""
        from molgan.models.critics.critic_kinds import load_critic

        if self.critic is None or REALISM not in {each.column for each in Funnel(self.work.config.filters).filters}:
            return None
        return load_critic(self.critic).to(self.work.device)

    def _funnel(self, name: str) -> Funnel | None:
        out = {"n", "references"} if name == DATA else {"n"}
        stages = [stage for stage in self.work.config.filters.stages if not out & stage.parameters.keys()]
        return Funnel(stages) if stages else None


def count_samples(config: CampaignConfig) -> int:
    """How many molecules of each generator are measured: what `report.samples` says; by default 1,000, or none where a
    scorer may take seconds for a molecule."""
    if config.report.samples is not None:
        return config.report.samples
    parts = [(part, part.build_scorer()) for part in config.objective.components]
    return 0 if any(scorer.cost >= ScorerCost.OWN or part.is_isolated(scorer) for part, scorer in parts) else _SAMPLES
