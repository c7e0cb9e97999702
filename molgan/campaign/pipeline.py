"""The stages of each kind of job, in the order in which they run; everything else is in the class of the stage."""

from collections.abc import Sequence

from molgan.campaign.stages.adapt_stage import Adapt
from molgan.campaign.stages.adversarial_stage import Adversarial
from molgan.campaign.stages.analogues_stage import Analogues
from molgan.campaign.stages.distil_stage import Distil
from molgan.campaign.stages.evaluation_stage import Evaluation
from molgan.campaign.stages.library_stage import Library
from molgan.campaign.stages.likelihood_stage import Likelihood
from molgan.campaign.stages.one_shot_stage import OneShot
from molgan.campaign.stages.optimize_stage import Optimize
from molgan.campaign.stages.pretrain_stage import Pretrain
from molgan.campaign.stages.reference_stage import Reference
from molgan.campaign.stages.reinforce_stage import Reinforce
from molgan.campaign.stages.rejection_stage import Rejection
from molgan.campaign.stages.report_stage import Report
from molgan.campaign.stages.stage import Stage
from molgan.campaign.stages.translate_stage import Translate
from molgan.campaign.work import Work
from molgan.config import CampaignConfig, OneShotConfig, TrainingConfig, TranslationConfig

Pipeline = tuple[type[Stage], ...]

PIPELINES: dict[type, Pipeline] = {
    CampaignConfig: (Adversarial, Reinforce, Optimize, Library, Evaluation, Reference, Report),
    TrainingConfig: (Pretrain, Distil, Rejection, Analogues, Adapt),
    TranslationConfig: (Translate,),
    OneShotConfig: (Likelihood, OneShot),
}

TITLES = {name: title for stages in PIPELINES.values() for stage in stages for name, title in stage.titles.items()}
"""The titles that the report gives to the stages in metrics.jsonl, by their names."""


def run_stages(work: Work) -> Sequence[Stage]:
    """Run the stages that the configuration asks for, and return them."""
    done: list[Stage] = []
    for kind in PIPELINES[type(work.config)]:
        if kind.is_part_of(dict(work.config)):
            stage = kind(work, tuple(done))
            stage.run()
            done.append(stage)
            work.keep()
    return done
