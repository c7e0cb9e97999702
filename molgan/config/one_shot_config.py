"""The configuration of the training of a one-shot generator."""

from typing import ClassVar

from pydantic import Field, model_validator

from molgan.config.job import SHIPPED, JobConfig, check_condition
from molgan.models.one_shot.settings import DenseCriticSettings, OneShotSettings
from molgan.models.settings import WeightsSettings
from molgan.scoring.settings import ObjectiveSettings
from molgan.training.one_shot.settings import LikelihoodSettings, OneShotTrainingSettings


class OneShotConfig(JobConfig):
    """`molgan train`: a one-shot generator of small molecules, from the start or from the weights of `generator`.

    A `network` with `rows` first learns by `likelihood`; `oneshot` is the adversarial training.
    """

    miniature: ClassVar = {  # data with molecules of a few atoms
        "data": {"train": str(SHIPPED / "qm9_reference_1000.csv.gz"), "column": None},
        "held_out": 0,
    }

    generator: WeightsSettings | None = Field(None, description="Weights to start from; none by default")
    network: OneShotSettings = Field(OneShotSettings(), description="Network of a generator without weights")
    critic: DenseCriticSettings = Field(DenseCriticSettings(), description="Network of the critic")
    likelihood: LikelihoodSettings | None = Field(
        None, description="Training by likelihood, which a network with `rows` starts with"
    )
    oneshot: OneShotTrainingSettings = Field(description="Adversarial training")
    objective: ObjectiveSettings | None = Field(
        None, description="What a good molecule is; needed where oneshot.gan_weight is below 1"
    )
    held_out: int = Field(
        10_000,
        ge=0,
        description="Distinct molecules of the data that are kept for evaluation, the first in a fixed shuffled order",
    )

    @model_validator(mode="after")
    def _check_parts(self) -> "OneShotConfig":
        if self.generator is not None and "network" in self.model_fields_set:
            raise ValueError("the weights of `generator` have their own network; drop `network`")
        if self.generator is None and (self.network.rows is None) != (self.likelihood is None):
            raise ValueError(
                "a network with `rows` needs the section `likelihood`, and the section needs `network.rows`"
            )
        if self.oneshot.anchor and self.generator is None and self.network.rows is None:
            raise ValueError("oneshot.anchor: only a network with `rows` computes likelihoods; set `network.rows`")
        if self.oneshot.policy and self.generator is None and self.network.rows is None:
            raise ValueError("oneshot.policy: only a network with `rows` computes likelihoods; set `network.rows`")
        if self.oneshot.gan_weight < 1 and self.objective is None:
            raise ValueError("oneshot.gan_weight below 1 needs an `objective`")
        check_condition(self.network.condition)
        if self.network.condition and self.critic.pack > 1:
            raise ValueError("critic.pack: molecules with `network.condition` are judged one by one; set pack to 1")
        if self.oneshot.batch_size % self.critic.pack:
            raise ValueError(f"oneshot.batch_size: must be a multiple of critic.pack, which is {self.critic.pack}")
        return self
