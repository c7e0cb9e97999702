"""Settings of the training of one-shot generators."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from molgan.base.settings import Settings
from molgan.evaluation.settings import CollapseSettings
from molgan.training.registry import GAN_LOSSES, OrRegistered
from molgan.training.settings import DiversityMemorySettings


class LikelihoodSettings(Settings):
    """Training of a generator with `rows` to make the data likely: AdamW with warm-up and linear decay."""

    miniature: ClassVar = {"steps": 4, "batch_size": 16}

    steps: int = Field(8000, ge=1, description="Updates of the generator")
    batch_size: int = Field(256, ge=1, description="Molecules per step")
    learning_rate: float = Field(3e-3, gt=0, description="Learning rate after the warm-up; falls linearly to 0")
    warmup: int = Field(200, ge=0, description="Steps over which the learning rate rises")
    weight_decay: float = Field(0.01, ge=0, description="Weight decay of AdamW")
    clip: float = Field(1.0, gt=0, description="Largest norm of a gradient")
    ema: float = Field(
        0.99, ge=0, lt=1, description="Decay of the moving average of the weights, which becomes the result"
    )
    bf16: bool = Field(True, description="Compute in bfloat16 where the processor has it")
    checkpoint_every: int = Field(500, ge=1, description="Steps between two checkpoints")
    report_every: int = Field(50, ge=1, description="Steps between two reports")


class CurriculumSettings(Settings):
    """Progressive growing: real molecules of few atoms first."""

    start: int = Field(4, ge=1, description="Heavy atoms of the largest molecules at first")
    until: float = Field(0.5, gt=0, le=1, description="Share of the steps after which molecules of all sizes are used")


class RollbackSettings(Settings):
    """Changes after a collapse or a divergence, in addition to going back to the last good checkpoint."""

    action: Literal["rollback", "stop"] = Field("rollback", description="Go back to the last good checkpoint, or stop")
    learning_rate: float = Field(0.5, gt=0, description="Factor for both learning rates")
    penalty: float = Field(2.0, gt=0, description="Factor for the critic's penalties")
    reward_share: float = Field(0.5, ge=0, le=1, description="Factor for 1 - gan_weight")
    most: int = Field(3, ge=0, description="Rollbacks before training stops")


class PolicySettings(Settings):
    """How a generator with `rows` follows the reward: by its own likelihood, without a reward network."""

    scale: float = Field(25.0, gt=0, description="Nats by which a reward of 1 outweighs one of 0")
    prior: float = Field(
        0.4, ge=0, le=1, description="Power of the density that the generator starts with; below 1 it leaves the data"
    )
    invalid: float = Field(
        15.0, ge=0, description="Nats that a graph loses if it is invalid, or if its atoms are in an unusual order"
    )
    enough: float = Field(1.0, gt=0, le=1, description="Reward above which more makes no difference")
    ceiling: float | None = Field(
        None, lt=0, description="Log-probability above which a molecule counts as drawn too often; none by default"
    )


class OneShotTrainingSettings(Settings):
    """The adversarial training of a one-shot generator."""

    miniature: ClassVar = {"steps": 4, "batch_size": 16, "molecules": None, "critic_warmup": 2}

    steps: int = Field(10_000, ge=1, description="Updates of the generator")
    batch_size: int = Field(32, ge=1, description="Real molecules, and generated ones, per update")
    molecules: int | None = Field(
        None, ge=1, description="Molecules of the training data to learn from, chosen at random; all by default"
    )
    loss: Annotated[
        Literal["minimax", "non_saturating", "wasserstein", "hinge", "relativistic"], OrRegistered(GAN_LOSSES)
    ] = Field("wasserstein", description="Adversarial loss")
    critic_steps: int = Field(5, ge=1, description="Updates of the critic per update of the generator (n_critic)")
    critic_warmup: int = Field(0, ge=0, description="Updates of the critic before the first of the generator")
    learning_rate: float = Field(1e-3, gt=0, description="Learning rate of the generator")
    critic_learning_rate: float = Field(1e-3, gt=0, description="Learning rate of the critic")
    betas: tuple[float, float] = Field((0.0, 0.9), description="Betas of Adam")
    decay: bool = Field(False, description="Let both learning rates fall linearly to 0")
    gradient_penalty: float = Field(0.0, ge=0, description="Weight of WGAN-GP's penalty, 10 in its paper")
    r1: float = Field(0.0, ge=0, description="Weight of the penalty on real molecules")
    r2: float = Field(0.0, ge=0, description="Weight of the penalty on generated ones")
    penalty_every: int = Field(
        1, ge=1, description="Updates of the critic per update with the penalties, whose weights are multiplied by it"
    )
    clip: float = Field(0.0, ge=0, description="Largest norm of a gradient; 0 does not clip")
    ema: float = Field(
        0.0, ge=0, lt=1, description="Decay of the moving average of the generator's weights; 0 takes the last"
    )
    anchor: float = Field(0.0, ge=0, description="Weight of the data's likelihood, with `rows`")
    curriculum: CurriculumSettings | None = Field(None, description="Small molecules first; all sizes by default")
    gan_weight: float = Field(
        1.0, ge=0, le=1, description="MolGAN's lambda: 1 follows the critic alone, 0 the reward alone"
    )
    policy: PolicySettings | None = Field(
        None, description="How a network with `rows` follows the reward without a reward network"
    )
    reward_from: float = Field(0.5, ge=0, le=1, description="Share of the steps without the reward")
    balance: bool = Field(True, description="Scale the reward's term to the size of the critic's, as in MolGAN's code")
    repeat_penalty: float = Field(
        0.0, ge=0, le=1, description="Reward that a molecule loses when its batch has it already"
    )
    diversity: DiversityMemorySettings | None = Field(
        None, description="Memory of scaffolds that keeps samples diverse; none by default"
    )
    entropy: float = Field(
        0.0, ge=0, description="Weight of the entropy of the draws with `rows`, of the batch without"
    )
    collapse: CollapseSettings | None = Field(None, description="Watch for mode collapse; none by default")
    watch_from: float = Field(0.1, ge=0, le=1, description="Share of the steps before the watch begins")
    watch_every: int = Field(10, ge=1, description="Updates between two draws for the watch")
    watch_batch: int = Field(64, ge=1, description="Molecules per draw for the watch")
    cure: RollbackSettings = Field(RollbackSettings(), description="What changes after a mode collapse")
    bf16: bool = Field(False, description="Draw in bfloat16 where the processor has it")
    checkpoint_every: int = Field(200, ge=1, description="Updates between two checkpoints")
    report_every: int = Field(20, ge=1, description="Updates between two reports")

    @model_validator(mode="after")
    def _check_penalty(self) -> "OneShotTrainingSettings":
        if self.loss == "wasserstein" and not self.gradient_penalty:
            raise ValueError("loss wasserstein needs gradient_penalty (10 in its paper)")
        return self
