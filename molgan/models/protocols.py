"""Protocols of generators and critics: loops, campaigns and `molgan.sample` depend on these, not on classes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self, runtime_checkable

import numpy as np
import torch
from torch import Tensor, nn

from molgan.base.progress import Progress
from molgan.graphs.motif.actions import Vocabulary
from molgan.graphs.motif.forcing import Forced, Walk
from molgan.graphs.motif.grammar import Grammar
from molgan.graphs.motif.walked_data import WalkedRows


class Drawn(Protocol):
    """A generated molecule."""

    @property
    def smiles(self) -> str | None:
        """The SMILES, None where the drawn graph is not a valid molecule."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A generated molecule: its SMILES (valid, not canonical), the actions that made it and their log-probability, and
    that of the actions that were not prescribed, which are all where there was no prefix."""

    smiles: str
    actions: tuple[int, ...]
    log_prob: float
    log_drawn: float


class Network(Protocol):
    """The methods of `torch.nn.Module` that the loops use."""

    training: bool

    def parameters(self) -> Iterator[nn.Parameter]: ...

    def state_dict(self) -> dict[str, Tensor]: ...

    def load_state_dict(self, state_dict: Mapping[str, Tensor]) -> object: ...

    def to(self, device: torch.device | str) -> Self: ...

    def cpu(self) -> Self: ...

    def train(self, mode: bool = True) -> Self: ...

    def eval(self) -> Self: ...

    def requires_grad_(self, requires_grad: bool = True) -> Self: ...


@runtime_checkable
class Generator(Protocol):
    """Draws molecules."""

    def sample(self, n: int, *, seed: int, on_batch: Callable[[int], None] = lambda drawn: None) -> Sequence[Drawn]:
        """`n` molecules, the same for the same seed; `on_batch` gets the number of molecules just drawn."""

    def save(self, path: Path, **about: Any) -> None:
        """Write the weights at `path` (without suffix) and a description, with facts `about` the training."""


class StoredGenerator(Generator, Protocol):
    """A generator with a format of weights of its own; see `molgan.models.registry`."""

    kind: ClassVar[str]  # the name of the format in the description of the weights

    @property
    def identity(self) -> str:
        """What besides the tensors decides which molecules are drawn."""

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote at `path`. Raises WeightsError for missing, damaged or foreign weights."""


@runtime_checkable
class ConditionalGenerator(Generator, Protocol):
    """Draws molecules that aim at properties."""

    def check_targets(self, targets: Mapping[str, float]) -> None:
        """Raises InputError for a property that the generator was not trained for, or a value that is not finite."""

    def sample(
        self,
        n: int,
        *,
        seed: int,
        targets: Mapping[str, float] | None = None,
        on_batch: Callable[[int], None] = lambda drawn: None,
    ) -> Sequence[Drawn]:
        """`targets` are values by property, each in the property's unit."""


@runtime_checkable
class AimingGenerator(ConditionalGenerator, Protocol):
    """Draws molecules that aim at properties, more or less strongly, or by default at its own."""

    def aim_at(self, targets: Mapping[str, float], guidance: float = 1.0) -> None:
        """Set what all samples and likelihoods aim at by default; nothing for no targets. Raises as `check_targets`."""

    def sample(
        self,
        n: int,
        *,
        seed: int,
        targets: Mapping[str, float] | None = None,
        guidance: float = 1.0,
        on_batch: Callable[[int], None] = lambda drawn: None,
    ) -> Sequence[Drawn]:
        """`guidance`: 1 as the training data, more for nearer to the targets."""


class Sampler(Protocol):
    """Draws the samples that a critic chooses from."""

    @property
    def device(self) -> torch.device: ...

    def sample(
        self, n: int, *, seed: int, bf16: bool = True, on_batch: Callable[[int], None] = lambda drawn: None
    ) -> list[Sample]:
        """Draw molecules, the same for the same seed; a generator may take further options."""


@runtime_checkable
class LikelihoodGenerator(Generator, Network, Protocol):
    """Draws molecules as sequences of actions and knows how likely each is: enough for reinforcement learning."""

    max_atoms: int  # heavy atoms of the largest molecule by default

    @property
    def device(self) -> torch.device: ...

    @property
    def identity(self) -> str:
        """What besides the tensors decides which molecules are drawn."""

    def sample(
        self,
        n: int,
        *,
        seed: int,
        max_atoms: int | None = None,
        temperature: float = 1.0,
        bf16: bool = True,
        only: Sequence[int] | np.ndarray | None = None,
        on_batch: Callable[[int], None] = lambda drawn: None,
    ) -> list[Sample]:
        """Draw molecules, the same for the same seed.

        Args:
            n: Number of molecules.
            seed: Seed of all random numbers.
            max_atoms: Most heavy atoms of a molecule; by default those of the generator.
            temperature: The logits are divided by it.
            bf16: Whether to compute in bfloat16 where the device has it.
            only: Ascending indices of the molecules among the `n` that are drawn; all by default.
            on_batch: Called with the number of molecules just drawn.
        """

    def log_likelihood(
        self,
        actions: Sequence[Sequence[int]],
        *,
        max_atoms: int | None = None,
        values: np.ndarray | None = None,
    ) -> Tensor:
        """Log-probabilities of molecules given by their actions, in nats, [B]; -inf for a molecule it cannot draw.

        `values` [B, names] are properties that they aim at, NaN where nothing is said.
        """

    @property
    def grammar(self) -> Grammar: ...

    def walk(self, actions: Sequence[Sequence[int] | np.ndarray]) -> list[Walk]:
        """Sequences walked through the grammar, in order, for `log_likelihood_of`."""

    def log_likelihood_of(self, walks: Sequence[Walk] | WalkedRows, values: np.ndarray | None = None) -> Tensor:
        """As `log_likelihood`, of sequences that `walk` has been through, or of rows of walked data."""


@runtime_checkable
class MotifTreeGenerator(LikelihoodGenerator, Protocol):
    """Draws molecules as trees of motifs, and completes given parts of one: enough for goal-directed design."""

    vocabulary: Vocabulary

    def sample(
        self,
        n: int,
        *,
        seed: int,
        max_atoms: int | None = None,
        prefixes: Sequence[Sequence[int]] | None = None,
        temperature: float = 1.0,
        bf16: bool = True,
        only: Sequence[int] | np.ndarray | None = None,
        on_batch: Callable[[int], None] = lambda drawn: None,
    ) -> list[Sample]:
        """Draw molecules, the same for the same seed.

        Args:
            n: Number of molecules.
            seed: Seed of all random numbers.
            max_atoms: Most heavy atoms of a molecule; by default those of the generator.
            prefixes: The actions that each of the `n` molecules begins with; none by default.
            temperature: The logits are divided by it.
            bf16: Whether to compute in bfloat16 where the device has it.
            only: Ascending indices of the molecules among the `n` that are drawn; all by default.
            on_batch: Called with the number of molecules just drawn.
        """

    def log_probs(self, forced: Forced) -> Tensor:
        """Log-probability of each action of given sequences under the grammar's mask, [B, T], 0 behind their end."""


class Critic(Network, Protocol):
    """Distinguishes real molecules from generated ones: its logit estimates the log density ratio of real to
    generated."""

    temperature: Tensor  # the logits are divided by it

    def describe(self, molecules: Any, *, workers: int = 1, progress: Progress | None = None) -> Any:
        """Molecules (SMILES) as the critic sees them, in order; `workers` processes share the work."""

    def fit_scale(self, real: Any) -> None:
        """Scale the input by real molecules, given as `describe` returns them, before training."""

    def __call__(self, batch: Any) -> Tensor:
        """A batch of B molecules as the critic sees them to logits, float32 [B]."""

    def score(self, molecules: Any, *, bf16: bool = ...) -> np.ndarray:
        """Logits in order, float64 [M]; NaN for a molecule that the critic cannot represent."""

    def save(self, path: Path) -> None:
        """Write the weights at `path` (without suffix) and a description."""
