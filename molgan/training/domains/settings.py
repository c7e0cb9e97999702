"""Settings of adaptation to a few molecules, and of translation between two sets of molecules."""

from typing import ClassVar, Literal

from pydantic import Field

from molgan.base.settings import Settings
from molgan.models.settings import CriticKind
from molgan.training.prior.settings import LessonSettings
from molgan.training.settings import AdversarialCriticSettings


class AdaptationSettings(Settings):
    """Fine-tuning of a generator on a few molecules of another domain, such as the known actives of a target."""

    miniature: ClassVar = {"epochs": 1, "folds": 2, "drawn": 200, "shown": 100}

    method: Literal["likelihood", "adversarial", "both"] = Field(
        "likelihood",
        description="What is learned: the molecules themselves, or those of the prior's own samples that a critic "
        "takes for molecules of the domain, or both",
    )
    epochs: int = Field(60, ge=1, description="Most passes over what is learned")
    patience: int = Field(5, ge=1, description="Epochs without a gain on held-out molecules before training stops")
    folds: int = Field(
        4,
        ge=2,
        le=20,
        description="Parts, each held out once, by which the number of epochs is found; whole scaffolds where there "
        "are enough of them. Then all molecules are learned",
    )
    batch_size: int | None = Field(
        None, ge=1, description="Molecules per update; an eighth of those learned, from 4 to 32, by default"
    )
    learning_rate: float = Field(1e-4, gt=0, description="Learning rate of AdamW")
    weight_decay: float = Field(0.01, ge=0, description="Weight decay of AdamW")
    clip: float = Field(1.0, gt=0, description="Largest norm of a gradient")
    shown: int = Field(2_000, ge=40, description="Samples of the prior that the critic learns from")
    drawn: int = Field(10_000, ge=40, description="Other samples of the prior, among which the critic chooses")
    cap_quantile: float = Field(
        0.98, gt=0, le=1, description="Quantile of the samples' logits from which on a molecule is always chosen"
    )
    bf16: bool = Field(True, description="Compute in bfloat16 where the processor has it")
    checkpoint_every: int = Field(5, ge=1, description="Epochs between two checkpoints")


class DomainCriticSettings(AdversarialCriticSettings):
    """The critic of the domain that molecules are translated to, and its training."""

    kind: CriticKind = Field(
        "graph",
        description="What the critic sees: the molecule's graph, or its descriptors and how often its fragments occur "
        "in `data.to`, or both",
    )


class TranslationSettings(Settings):
    """Training of a generator that reads a molecule to write one of another domain that is like it.

    A round trains a critic on molecules of `data.to` against translations of molecules of `data.from`, draws
    translations of others, chooses among those of each molecule by critic, similarity and prior, and fits the generator
    to the chosen.
    """

    miniature: ClassVar = {
        "rounds": 1,
        "real": 100,
        "fake": 100,
        "sources": 20,
        "draws": 8,
        "similarity": 0.0,
        "critic": {"epochs": 1, "batch_size": 32, "reference": 100},
        "fit": LessonSettings.miniature,
    }

    rounds: int = Field(3, ge=1, description="Rounds, each with a new training of the critic and other molecules")
    real: int = Field(20_000, ge=40, description="Molecules of `data.to` that the critic sees per round")
    fake: int = Field(20_000, ge=40, description="Translations that are drawn for the critic per round")
    critic: DomainCriticSettings = Field(DomainCriticSettings(), description="The critic, and its training")
    sources: int = Field(5_000, ge=1, description="Molecules of `data.from` that are translated per round")
    draws: int = Field(20, ge=1, le=1000, description="Translations of each that are drawn to choose from")
    kept: int = Field(4, ge=1, description="Translations of each that are learned, at most")
    similarity: float = Field(
        0.4, ge=0, lt=1, description="Least Tanimoto similarity (ECFP4) of a translation to its molecule"
    )
    similarity_weight: float = Field(
        4.0, ge=0, description="Nats that a similarity of 1 is worth more than one of 0, among the others"
    )
    scaffold: bool = Field(False, description="Whether a translation must have the Murcko scaffold of its molecule")
    anchor: float = Field(
        0.3,
        ge=0,
        le=1,
        description="How strongly translations stay likely under the weights at the start: 1 is the prior's density "
        "times what critic and similarity say, 0 forgets it",
    )
    logit_clip: float = Field(4.0, gt=0, description="Nats by which the critic may move a translation's probability")
    fit: LessonSettings = Field(
        LessonSettings(steps=300, batch_size=256, learning_rate=2e-4, reader_learning_rate=5e-4, warmup=20),
        description="Likelihood training on the chosen translations",
    )
    bf16: bool = Field(True, description="Draw in bfloat16 where the processor has it")
