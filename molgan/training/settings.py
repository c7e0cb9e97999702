"""Settings of the training loops."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from molgan.base.settings import Settings
from molgan.chem.plausibility.plausible import PlausibilitySwitch, SearchPlausibilitySettings
from molgan.models.settings import CriticKind, DescriptorCriticSettings
from molgan.scoring.settings import ObjectiveSettings
from molgan.training.registry import AGENT_LOSSES, OrRegistered

Kinship = Literal["murcko", "topological", "similarity", "molecule"]
"""What the molecules of a family have in common; see `molgan.training.families`."""


class PretrainSettings(Settings):
    """Likelihood training of the motif generator."""

    miniature: ClassVar = {"epochs": 0.5, "batch_size": 32}

    epochs: float = Field(1.0, gt=0, description="Passes over the molecules")
    batch_size: int = Field(256, ge=1, description="Molecules per step")
    learning_rate: float = Field(2e-3, gt=0, description="Learning rate after the warm-up")
    warmup: int = Field(200, ge=0, description="Steps over which the learning rate rises")
    decay: float = Field(
        1.0,
        gt=0,
        le=1,
        description="Share of the steps, the last ones, over which the rate falls linearly to 0",
    )
    weight_decay: float = Field(0.01, ge=0, description="Weight decay of AdamW")
    clip: float = Field(1.0, gt=0, description="Largest norm of a gradient")
    temperature: float = Field(
        1.0, gt=0, description="Temperature that the logits are divided by once training is done"
    )
    least_count: int = Field(
        20, ge=1, description="Occurrences in the data from which a motif gets an action of its own"
    )
    untold: float = Field(
        1 / 3, ge=0, le=1, description="Share of the molecules with no property told, with `network.condition`"
    )
    bf16: bool = Field(True, description="Compute in bfloat16 where the processor has it")
    checkpoint_every: int = Field(500, ge=1, description="Steps between two checkpoints")
    report_every: int = Field(20, ge=1, description="Steps between two reports")


class CriticSettings(Settings):
    """Training of a critic on real against generated molecules."""

    epochs: float = Field(10, gt=0, description="Most passes over the larger of the two sides")
    batch_size: int = Field(256, ge=2, description="Molecules per step, half of them real")
    learning_rate: float = Field(1e-3, gt=0, description="Learning rate of AdamW")
    weight_decay: float = Field(0.01, ge=0, description="Weight decay of AdamW")
    clip: float = Field(1.0, gt=0, description="Largest norm of a gradient")
    held_out: float = Field(0.1, gt=0, lt=1, description="Share of each side that is not trained on")
    evaluate_every: int = Field(400, ge=1, description="Steps between two looks at the held-out molecules")
    patience: int = Field(5, ge=1, description="Looks without a gain before training stops")
    bf16: bool = Field(True, description="Compute in bfloat16 where the processor has it")


class AdversarialCriticSettings(CriticSettings):
    """The critic of the adversarial stage, and its training."""

    epochs: float = Field(4, gt=0, description="Most passes over the larger of the two sides")
    kind: CriticKind = Field(
        "descriptors",
        description="What the critic sees: the molecule's graph, or its descriptors and how often its fragments occur "
        "in the data, or both",
    )
    reference: int = Field(
        60_000, ge=1, description="Molecules of the data, not shown to the critic, whose fragments count as familiar"
    )
    network: DescriptorCriticSettings = Field(
        DescriptorCriticSettings(), description="Network of a critic that sees descriptors"
    )


class AdversarialSettings(Settings):
    """Refinement of the generator against a critic.

    A round draws fakes, trains the critic on real against them, and moves the generator towards the density that the
    critic's logit and the property reward ask for, anchored to the generator of the round's start.
    """

    miniature: ClassVar = {
        "rounds": 1,
        "real": 200,
        "fake": 200,
        "critic": {"epochs": 1, "batch_size": 64, "reference": 200},
        "steps": 2,
        "batch_size": 16,
    }

    rounds: int = Field(1, ge=1, description="Rounds, each with a new training of the critic")
    real: int = Field(20_000, ge=40, description="Molecules of the training data that the critic sees per round")
    fake: int = Field(20_000, ge=40, description="Molecules that the generator draws for the critic per round")
    critic: AdversarialCriticSettings = Field(AdversarialCriticSettings(), description="The critic, and its training")
    steps: int = Field(60, ge=0, description="Updates of the generator per round")
    batch_size: int = Field(256, ge=2, description="Molecules drawn for an update")
    learning_rate: float = Field(2e-4, gt=0, description="Learning rate of the generator")
    gan_weight: float = Field(
        1.0, ge=0, le=1, description="MolGAN's lambda: 1 follows the critic alone, 0 the reward alone"
    )
    reward_scale: float = Field(20.0, gt=0, description="Nats by which the best reward may outweigh the anchor")
    logit_clip: float = Field(4.0, gt=0, description="Nats by which the critic may move a molecule's probability")
    clip: float = Field(1.0, gt=0, description="Largest norm of a gradient")
    bf16: bool = Field(True, description="Compute in bfloat16 where the processor has it")
    checkpoint_every: int = Field(20, ge=1, description="Updates between two checkpoints")


class DistilSettings(Settings):
    """Training on those of the generator's own molecules that the critic takes for real."""

    miniature: ClassVar = {
        "real": 100,
        "fake": 100,
        "candidates": 200,
        "critic": {"epochs": 1, "batch_size": 32},
        "fit": {"epochs": 1, "batch_size": 32},
    }

    rounds: int = Field(1, ge=1, description="Rounds, each with a new training of the critic")
    real: int = Field(100_000, ge=40, description="Molecules of the training data that the critic sees per round")
    fake: int = Field(100_000, ge=40, description="Molecules that the generator draws for the critic per round")
    critic: CriticSettings = Field(CriticSettings(epochs=4), description="Training of the critic")
    candidates: int = Field(300_000, ge=40, description="Molecules drawn to choose from, which the critic has not seen")
    cap_quantile: float = Field(
        0.98, gt=0, le=1, description="Quantile of the candidates' logits from which on a molecule is always accepted"
    )
    novel: bool = Field(False, description="Learn only from molecules that are not in the training data")
    fit: PretrainSettings = Field(
        PretrainSettings(epochs=2, batch_size=512, learning_rate=2e-4, warmup=20),
        description="Likelihood training on the accepted molecules",
    )
    bf16: bool = Field(True, description="Draw in bfloat16 where the processor has it")


class RejectionSettings(Settings):
    """Training of a critic for rejection sampling, which accepts molecules by how real they look to the critic."""

    miniature: ClassVar = {
        "reference": 100,
        "real": 100,
        "fake": 100,
        "candidates": 100,
        "critic": {"epochs": 1, "batch_size": 32},
    }

    reference: int = Field(400_000, ge=1, description="Molecules of the data whose fragments count as familiar")
    real: int = Field(200_000, ge=40, description="Other molecules of the data that the critic sees")
    fake: int = Field(200_000, ge=40, description="Molecules that the generator draws for the critic")
    critic: CriticSettings = Field(
        CriticSettings(epochs=8, batch_size=512, learning_rate=3e-3), description="Training of the critic"
    )
    network: DescriptorCriticSettings = Field(DescriptorCriticSettings(), description="Network of the critic")
    candidates: int = Field(
        10_000, ge=40, description="Molecules drawn to determine the cap, which the critic has not seen"
    )
    cap_quantile: float = Field(
        0.95, gt=0, le=1, description="Quantile of the candidates' logits from which on a molecule is always accepted"
    )
    novel: bool = Field(True, description="Leave out molecules of the training data, too")
    bf16: bool = Field(True, description="Draw in bfloat16 where the processor has it")


class CurriculumStageSettings(Settings):
    """A stage of a curriculum, before the campaign's own objective."""

    objective: ObjectiveSettings = Field(description="What a good molecule is in this stage")
    carry: int = Field(64, ge=0, description="Best molecules that the next stage starts from; 0 forgets them")


class DiversityMemorySettings(Settings):
    """The reward of a family of molecules that has been seen often falls (REINVENT, Blaschke et al. 2020)."""

    by: Kinship = Field(
        "murcko",
        description="What makes a family: the Murcko scaffold, the same with all atoms carbon and all bonds single "
        "(topological), a similar molecule that was remembered, or the molecule itself",
    )
    bucket: int = Field(25, ge=1, description="Molecules of a family that are rewarded, or over which the reward falls")
    minimum_score: float = Field(0.4, ge=0, le=1, description="Reward from which on a molecule counts, 0 to 1")
    penalty: Literal["step", "linear", "sigmoid", "tanh", "erf"] = Field(
        "step",
        description="How the reward falls as a family grows: to 0 once the bucket is full, or gradually by one of the "
        "curves of REINVENT4",
    )
    similarity: float = Field(
        0.5,
        gt=0,
        le=1,
        description="With `by: similarity`, Tanimoto similarity (ECFP4) to the first molecule of a family from which "
        "on another belongs to it",
    )


class SampleSettings(Settings):
    """How many molecules a campaign draws.

    Either `n` molecules, or as many as it takes until `target` pass the filters, `budget` at most.
    """

    miniature: ClassVar = {"n": 200, "target": None}

    n: int | None = Field(None, ge=1, description="Molecules to draw")
    target: int | None = Field(None, ge=1, description="Molecules that must pass the filters")
    budget: int = Field(100_000, ge=1, description="Most molecules to draw for the target")
    round: int = Field(2048, ge=1, description="Molecules drawn between two looks at how many pass")
    max_atoms: int | None = Field(
        None, ge=1, le=200, description="Most heavy atoms of a molecule; the generator's limit by default"
    )
    temperature: float = Field(1.0, gt=0, le=10, description="Temperature of the draws; above 1 they vary more")

    @model_validator(mode="after")
    def _check_aim(self) -> "SampleSettings":
        if (self.n is None) == (self.target is None):
            raise ValueError("give either n (molecules to draw) or target (molecules that must pass)")
        return self


MOST_START_ATOMS = 200
"""Most heavy atoms of a molecule that goal-directed design starts from: trees of motifs are walked by recursion."""


class OptimizeSettings(Settings):
    """Goal-directed design in few calls of an oracle. The defaults suit all tasks.

    A round makes candidates by the agent and by genetic moves, scores the most promising ones by the oracle, and trains
    the agent on the best of all rounds.
    """

    first: int = Field(64, ge=1, description="Molecules of the prior that are scored first")
    batch: int = Field(96, ge=1, description="Most molecules scored per round")
    least_batch: int = Field(16, ge=1, description="Fewest molecules scored per round")
    growth: float = Field(0.05, gt=0, le=1, description="Molecules scored per round, as a share of those scored so far")
    policy: int = Field(32, ge=0, description="Candidates per round that the agent draws")
    regrowth: int = Field(48, ge=0, description="Candidates per round whose last actions the agent draws again")
    crossover: int = Field(192, ge=0, description="Candidates per round with subtrees of two parents")
    edit: int = Field(128, ge=0, description="Candidates per round with one motif changed")
    mutation: int = Field(96, ge=0, description="Candidates per round with one atom or bond changed")
    exchange: int = Field(
        64,
        ge=0,
        description="Candidates per round with one ring system exchanged for another of the prior of like shape; three "
        "times as many are tried",
    )
    generations: int = Field(
        2, ge=0, description="Generations of children of promising candidates before any is scored"
    )
    promising: int = Field(32, ge=1, description="Candidates that have children, per generation")
    brood: int = Field(
        192,
        ge=0,
        description="Children per generation, in the proportions of `crossover`, `edit`, `mutation` and `exchange`",
    )
    screened: float = Field(0.9, ge=0, le=1, description="Share of a batch that the surrogate chooses")
    boldness: float = Field(
        1.0, ge=0, description="Factor of the surrogate's uncertainty in its draws: 0 takes the mean, 1 the full spread"
    )
    surrogate: int = Field(800, ge=0, description="Molecules that the surrogate learns from, half of them the best")
    memory: int = Field(128, ge=2, description="Best molecules that are parents and that the agent learns from")
    per_scaffold: int | None = Field(
        None, ge=1, description="Best molecules of one scaffold that the memory keeps; all by default"
    )
    scaffold: Literal["murcko", "topological", "similarity"] = Field(
        "murcko",
        description="What counts as one scaffold there: the Murcko scaffold, the same with all atoms carbon and all "
        "bonds single, or a better molecule that is similar",
    )
    scaffold_similarity: float = Field(
        0.5, gt=0, le=1, description="Tanimoto similarity (ECFP4) from which on two molecules count as similar there"
    )
    greed: float = Field(0.01, gt=0, description="Weight of the k-th best molecule is 1 / (k + greed * memory)")
    updates: int = Field(2, ge=0, description="Updates of the agent per round")
    update_size: int = Field(64, ge=1, description="Molecules per update")
    roots: int = Field(
        1, ge=0, description="Encodings of a molecule from random roots, in addition to the canonical one"
    )
    loss: Annotated[
        Literal["augmented_likelihood", "log_variance", "trajectory_balance"], OrRegistered(AGENT_LOSSES)
    ] = Field("augmented_likelihood", description="Loss of the agent")
    reward_scale: float = Field(500.0, gt=0, description="Nats by which the best molecule may outweigh the prior")
    learning_rate: float = Field(2e-4, gt=0, description="Learning rate of the generator")
    clip: float = Field(1.0, gt=0, description="Largest norm of a gradient")
    temperature: float = Field(1.0, gt=0, le=10, description="Temperature of the agent's draws")
    max_atoms: int = Field(50, ge=1, le=MOST_START_ATOMS, description="Most heavy atoms of a molecule")
    stereo: bool = Field(False, description="Draw stereo marks, where the prior knows them")
    plausible: PlausibilitySwitch = Field(
        SearchPlausibilitySettings(),
        description="Refuse candidates that the filter `plausible` with these counts rejects, before they are scored; "
        "what the core and the start molecules have is never refused. `false` refuses nothing",
    )
    restart: int | None = Field(
        2_000,
        ge=1,
        description="Molecules scored without a gain of 0.5% after which a new search starts beside the old one; the "
        "calls go to both by what they gain, until they join; null never does",
    )
    target: float | None = Field(None, description="Mean of the ten best scores at which to stop; none by default")
    patience: int | None = Field(
        None, ge=1, description="Molecules scored without a gain in the ten best after which to stop"
    )
    bf16: bool = Field(True, description="Compute in bfloat16 where the processor has it")
    checkpoint_every: int = Field(10, ge=1, description="Rounds between two checkpoints")


class MlflowSettings(Settings):
    """Figures and settings of the run for MLflow."""

    uri: str | None = Field(
        None,
        description="Folder of a file store, or http:// or https:// of a server; MLFLOW_TRACKING_URI of the "
        "environment, else the folder `mlruns`, by default",
    )
    experiment: str = Field("molgan", min_length=1, description="Experiment that the run belongs to")

    @field_validator("uri")
    @classmethod
    def _check_uri(cls, uri: str | None) -> str | None:
        kind, found, rest = (uri or "").partition("://")
        if found and kind not in ("http", "https", "file"):
            raise ValueError(f"uri: {kind}:// is none of a folder, http:// and https://")
        if "@" in rest.partition("/")[0]:
            raise ValueError("uri: remove the credentials; MLFLOW_TRACKING_USERNAME and _PASSWORD have them")
        return uri


class WandbSettings(Settings):
    """Figures and settings of the run for Weights & Biases."""

    project: str = Field("molgan", min_length=1, description="Project that the run belongs to")
    entity: str | None = Field(None, description="User or team; the one who is logged in by default")
    mode: Literal["offline", "online"] = Field(
        "offline", description="Online sends them as they come; offline keeps them in the run folder for `wandb sync`"
    )


class TrackingSettings(Settings):
    """Trackers that get the figures of the run beside TensorBoard: numbers and settings, no drawn molecules."""

    mlflow: MlflowSettings | None = Field(None, description="MLflow; `{}` for the defaults, left out for none")
    wandb: WandbSettings | None = Field(None, description="Weights & Biases; `{}` for the defaults, left out for none")
