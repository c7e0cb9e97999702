"""The configuration of the training of a prior."""

from pydantic import Field, model_validator

from molgan.config.job import JobConfig, check_condition
from molgan.models.settings import MotifNetworkSettings, WeightsSettings
from molgan.training.domains.settings import AdaptationSettings
from molgan.training.prior.settings import AnalogueSettings
from molgan.training.private.settings import PrivateSettings
from molgan.training.settings import (
    DistilSettings,
    PretrainSettings,
    RejectionSettings,
)


class TrainingConfig(JobConfig):
    """`molgan train`: pretrain → distil → rejection → analogues → adapt, from the start or from the weights of
    `generator`.

    `pretrain` is likelihood training on the data; the weights to start from keep their network, and their vocabulary
    takes in the data's frequent motifs. `distil` refines by a critic; `rejection` trains a critic for sampling;
    `analogues` teaches the generator to draw molecules similar to a given one; `adapt`, alone, fine-tunes it on
    few molecules. Each section may be left out.
    """

    generator: WeightsSettings | None = Field(None, description="Weights to start from; none by default")
    network: MotifNetworkSettings = Field(MotifNetworkSettings(), description="Network of a generator without weights")
    pretrain: PretrainSettings | None = Field(None, description="Likelihood training on the data; skipped by default")
    distil: DistilSettings | None = Field(None, description="Refinement by a critic; skipped by default")
    rejection: RejectionSettings | None = Field(
        None, description="Training of a critic for rejection sampling; skipped by default"
    )
    analogues: AnalogueSettings | None = Field(
        None, description="Training on pairs of similar molecules; skipped by default"
    )
    adapt: AdaptationSettings | None = Field(
        None, description="Fine-tuning on `data.train`, a few molecules of another domain; skipped by default"
    )

    private: PrivateSettings | None = Field(
        None, description="Differentially private `pretrain`, from public weights; off by default"
    )

    @model_validator(mode="after")
    def _check_private(self) -> "TrainingConfig":
        if self.private is None:
            return self
        if self.pretrain is None:
            raise ValueError("private: protects likelihood training alone; add `pretrain`")
        if self.generator is None:
            raise ValueError(
                "private: starts from public weights, whose vocabulary it keeps, since the motifs of secret data would "
                "tell of it; add `generator: {weights: medchem}`"
            )
        for name in ("distil", "rejection", "analogues"):
            if getattr(self, name) is not None:
                raise ValueError(f"private: `{name}` would see the data without protection; drop it")
        if self.compute.workers:
            raise ValueError("private: trains in one process, where each molecule's gradient is; drop compute.workers")
        return self

    @model_validator(mode="after")
    def _check_network(self) -> "TrainingConfig":
        if self.pretrain is None and self.generator is None:
            raise ValueError("there is nothing to refine: add `generator` (weights to start from) or `pretrain`")
        others = [name for name in ("pretrain", "distil", "rejection", "analogues") if getattr(self, name) is not None]
        if self.adapt is not None and others:
            raise ValueError(
                f"adapt: takes the few molecules of `data.train`; do `{others[0]}` in a training before it"
            )
        if self.generator is not None and "network" in self.model_fields_set:
            raise ValueError("the weights of `generator` have their own network; drop `network`")
        check_condition(self.network.condition)
        return self
