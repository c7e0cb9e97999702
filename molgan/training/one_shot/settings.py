"""Settings of the training of one-shot generators."""

from typing import ClassVar, Literal

from pydantic import Field, model_validator

from molgan.base.settings import Settings
from molgan.evaluation.settings import CollapseSettings
from molgan.training.settings import DiversityMemorySettings


class LikelihoodSettings(Settings):
    """Training of a generator with `rows` to make the data likely: AdamW with warm-up and linear decay."""

    miniature: ClassVar = {"steps": 4, "batch_size": 16}

    steps: int = Field(8000, ge=1)
    batch_size: int = Field(256, ge=1, description="molecules a step")
    learning_rate: float = Field(3e-3, gt=0, description="falls linearly to 0")
    warmup: int = Field(200, ge=0, description="steps over which the learning rate rises")
    weight_decay: float = Field(0.01, ge=0)
    clip: float = Field(1.0, gt=0, description="largest norm of a gradient")
    ema: float = Field(0.99, ge=0, lt=1, description="decay of the average of the weights, which is what is kept")
    bf16: bool = Field(True, description="compute in bfloat16 where the processor has it")
    checkpoint_every: int = Field(500, ge=1, description="steps between two checkpoints")
    report_every: int = Field(50, ge=1, description="steps between two reports")


class CurriculumSettings(Settings):
    """Progressive growing: real molecules of few atoms first."""

    start: int = Field(4, ge=1, description="heavy atoms of the largest molecules at first")
    until: float = Field(0.5, gt=0, le=1, description="share of the steps after which all sizes are there")


class CureSettings(Settings):
    """What changes when the watch finds a collapse or a divergence, beside going back to the last good checkpoint."""

    action: Literal["rollback", "stop"] = "rollback"
    learning_rate: float = Field(0.5, gt=0, description="factor for both learning rates")
    penalty: float = Field(2.0, gt=0, description="factor for the critic's penalties")
    reward_share: float = Field(0.5, ge=0, le=1, description="factor for 1 - gan_weight")
    most: int = Field(3, ge=0, description="cures before training stops")


class PolicySettings(Settings):
    """How a generator with `rows` follows the reward: by its own likelihood, with no reward network between."""

    scale: float = Field(25.0, gt=0, description="nats by which a reward of 1 outweighs one of 0")
    prior: float = Field(0.4, ge=0, le=1, description="power of the density it starts with; below 1 it leaves the data")
    invalid: float = Field(15.0, ge=0, description="nats that no molecule loses, or one in a strange order of atoms")
    enough: float = Field(1.0, gt=0, le=1, description="reward above which more counts for nothing")
    ceiling: float | None = Field(None, lt=0, description="log-probability above which a molecule is drawn too often")


class OneShotTrainingSettings(Settings):
    """The adversarial training of a one-shot generator."""

    miniature: ClassVar = {"steps": 4, "batch_size": 16, "molecules": None, "critic_warmup": 2}

    steps: int = Field(10_000, ge=1, description="updates of the generator")
    batch_size: int = Field(32, ge=1, description="molecules of each kind an update")
    molecules: int | None = Field(None, ge=1, description="of the training data, chosen at random; all by default")
    loss: Literal["minimax", "non_saturating", "wasserstein", "hinge", "relativistic"] = "wasserstein"
    critic_steps: int = Field(5, ge=1, description="updates of the critic for one of the generator (n_critic)")
    critic_warmup: int = Field(0, ge=0, description="updates of the critic before the first of the generator")
    learning_rate: float = Field(1e-3, gt=0, description="of the generator")
    critic_learning_rate: float = Field(1e-3, gt=0)
    betas: tuple[float, float] = (0.0, 0.9)
    decay: bool = Field(False, description="let both learning rates fall linearly to 0")
    gradient_penalty: float = Field(0.0, ge=0, description="WGAN-GP's weight; 10 in its paper")
    r1: float = Field(0.0, ge=0, description="weight of the penalty on real molecules")
    r2: float = Field(0.0, ge=0, description="weight of the penalty on generated ones")
    penalty_every: int = Field(1, ge=1, description="critic updates for one with the penalties, times as many then")
    clip: float = Field(0.0, ge=0, description="largest norm of a gradient; 0 does not clip")
    ema: float = Field(0.0, ge=0, lt=1, description="decay of the average of the generator's weights; 0 takes the last")
    anchor: float = Field(0.0, ge=0, description="weight of the data's likelihood, with `rows`")
    curriculum: CurriculumSettings | None = None
    gan_weight: float = Field(1.0, ge=0, le=1, description="MolGAN's lambda: 1 is the critic alone")
    policy: PolicySettings | None = Field(None, description="how `rows` follow the reward, without a reward network")
    reward_from: float = Field(0.5, ge=0, le=1, description="share of the steps without the reward")
    balance: bool = Field(True, description="scale the reward's term to the size of the critic's, as in MolGAN's code")
    repeat_penalty: float = Field(0.0, ge=0, le=1, description="reward that a repeat in its batch loses")
    diversity: DiversityMemorySettings | None = None
    entropy: float = Field(0.0, ge=0, description="weight of the draws' entropy, or without `rows` of the batch's")
    collapse: CollapseSettings | None = Field(None, description="the watch for mode collapse; null trains without")
    watch_from: float = Field(0.1, ge=0, le=1, description="share of the steps before the watch opens its eyes")
    watch_every: int = Field(10, ge=1, description="updates between two draws for it")
    watch_batch: int = Field(64, ge=1, description="molecules of such a draw")
    cure: CureSettings = CureSettings()
    bf16: bool = Field(False, description="draw in bfloat16 where the processor has it")
    checkpoint_every: int = Field(200, ge=1, description="updates between two checkpoints")
    report_every: int = Field(20, ge=1, description="updates between two reports")

    @model_validator(mode="after")
    def _has_a_penalty(self) -> "OneShotTrainingSettings":
        if self.loss == "wasserstein" and not self.gradient_penalty:
            raise ValueError("loss wasserstein needs gradient_penalty (10 in its paper)")
        return self
