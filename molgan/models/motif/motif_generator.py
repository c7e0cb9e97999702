"""The motif-tree generator: a recurrent network over grammar-masked actions; every sample is a valid molecule."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from molgan.base.errors import ConfigError, InputError, WeightsError
from molgan.chem.motifs import write
from molgan.graphs.motif.actions import Vocabulary, decode
from molgan.graphs.motif.forcing import Forced, Walk, force, join, pad, walk
from molgan.graphs.motif.tree_graphs import TreeGraphs
from molgan.graphs.motif.walked_data import WalkedRows
from molgan.models.aiming import check_targets
from molgan.models.motif.motif_network import NO_AIM, Aim, MotifNetwork
from molgan.models.motif.rollout import roll_out
from molgan.models.motif.source_memory import SourceMemory
from molgan.models.precision import autocast
from molgan.models.protocols import Sample
from molgan.models.registry import register
from molgan.models.settings import BATCH, MotifNetworkSettings, SourceSettings
from molgan.models.threads import map_in_threads
from molgan.models.weights import load_module, read_description, save_weights

if TYPE_CHECKING:
    from torch_geometric.data import Data

_MOST_ATOMS = 1000  # as `parse` takes
_LIKE_LENGTH = 96  # sequences of similar length in one pass
_MANY = 2048  # the same on an accelerator
_CUTS = (0.5, 0.9)  # shares of so many at which they are cut there, since the longest are much longer than the others


@register
class MotifGenerator(MotifNetwork):
    """Draws molecules, and computes the likelihood of given ones, by its network."""

    kind: ClassVar[str] = "motif generator"

    def check_targets(self, targets: Mapping[str, float]) -> None:
        """Raises InputError for a property that the generator was not trained for, or a value that is not finite."""
        check_targets(targets, self.settings.condition)

    def make_aim(self, targets: Mapping[str, float], guidance: float = 1.0) -> Aim:
        """What `aim` may be set to. Raises as `check_targets`."""
        self.check_targets(targets)
        return Aim(self.conditions.read(targets), guidance) if self.conditions is not None and targets else NO_AIM

    def aim_at(self, targets: Mapping[str, float], guidance: float = 1.0) -> None:
        """Set what all samples and likelihoods aim at by default; nothing for no targets. Raises as `check_targets`."""
        self.aim = self.make_aim(targets, guidance)

    @property
    def scales(self) -> dict[str, float]:
        """Standard deviation in the training data of each property that the generator can aim at."""
        return (
            {}
            if self.conditions is None
            else dict(zip(self.conditions.names, self.conditions.scale.tolist(), strict=True))
        )

    @property
    def identity(self) -> str:
        """All that decides which molecules are drawn apart from the tensors."""
        aim = self._describe_aim()
        return f"{self.max_atoms} {self.vocabulary.to_json()}" + ("" if aim is None else f" {json.dumps(aim)}")

    def _describe_aim(self) -> dict[str, Any] | None:
        """The generator's own aim as JSON values, None without one. Raises ValueError where each row has its own."""
        if self.aim.values is None or self.conditions is None:
            return None
        return {"targets": self.conditions.write(self.aim.values), "guidance": self.aim.guidance}

    def read_sources(
        self, actions: Sequence[Sequence[int] | np.ndarray | None] | Data, asked: np.ndarray | None = None
    ) -> SourceMemory:
        """What `Aim.source` may be: source molecules as canonical actions, None where a sequence has no source.

        The graphs of the sources, as `TreeGraphs` makes them, may stand in place of the actions. `asked` [S, names of
        `source.names`] are the similarity (0..1) and the changes of properties that are asked for, in their units, NaN
        where nothing is. Raises ConfigError where the generator was not trained with sources.
        """
        if self.source is None:
            raise ConfigError("the weights were not trained with source molecules; train configs/analogues.yaml")
        graphs = self._graphs.batch(actions) if isinstance(actions, Sequence) else actions
        told = None if asked is None else torch.from_numpy(asked).to(self.device, self.head.weight.dtype)
        memory: SourceMemory = self.source(graphs.to(self.device), told, self.head.weight)
        return memory

    @cached_property
    def _graphs(self) -> TreeGraphs:
        return TreeGraphs(self.vocabulary)

    def log_likelihood(
        self,
        actions: Sequence[Sequence[int]],
        *,
        max_atoms: int | None = None,
        values: np.ndarray | None = None,
        aim: Aim | None = None,
        temperature: float = 1.0,
    ) -> Tensor:
        """Log-likelihood of molecules given as action sequences, in nats, [B].

        -inf where a sequence breaks the grammar, the atom budget included, or is not complete. `values` [B, names] are
        properties that the molecules aim at, NaN where nothing is said, in place of an `aim`; by default those of the
        generator's own aim. The logits are divided by `temperature`.
        """
        walks = self.walk(actions, max_atoms=max_atoms)
        return self.log_likelihood_of(walks, values, aim=aim, temperature=temperature, max_atoms=max_atoms)

    def walk(self, actions: Sequence[Sequence[int] | np.ndarray], *, max_atoms: int | None = None) -> list[Walk]:
        """Sequences walked through the grammar, in order, for `log_likelihood_of`."""
        if self.device.type != "cpu":
            # A step takes the same time for any number of rows there, and cutting walks apart longer than walking.
            return [Walk(torch.tensor(sequence), ()) for sequence in actions]
        return walk(self.grammar, actions, max_atoms or self.max_atoms)

    def log_likelihood_of(
        self,
        walks: Sequence[Walk] | WalkedRows,
        values: np.ndarray | None = None,
        *,
        aim: Aim | None = None,
        temperature: float = 1.0,
        max_atoms: int | None = None,
    ) -> Tensor:
        """As `log_likelihood`, of sequences that `walk` has been through, or of rows of walked data."""
        aim = (self.aim if aim is None else aim) if values is None else Aim(torch.from_numpy(values))
        aim = aim.to(self.device)
        # In groups of similar length, since a batch padded to the longest sequence would be mostly padding.
        lengths = walks.lengths if isinstance(walks, WalkedRows) else np.array([len(walk.actions) for walk in walks])
        order = np.argsort(lengths, kind="stable")
        parts = []
        for rows in _group(order, self.device):
            if not lengths[rows[-1]]:
                parts.append(torch.full((len(rows),), -torch.inf, device=self.device))
                continue
            forced = self._force(walks, rows, max_atoms or self.max_atoms)
            log_probs = self.log_probs(forced, aim.of_rows(rows), temperature=temperature)
            parts.append(torch.where(forced.legal, log_probs.sum(1), -torch.inf))
        back = np.argsort(order, kind="stable")
        return torch.cat(parts)[torch.from_numpy(back).to(self.device)]

    def _force(self, walks: Sequence[Walk] | WalkedRows, rows: np.ndarray, max_atoms: int) -> Forced:
        if isinstance(walks, WalkedRows):
            return walks.join(rows)
        group = [walks[i] for i in rows]
        if group[-1].seen:
            return join(self.grammar, group)
        return force(self.grammar, pad([walk.actions.tolist() for walk in group], self.device), max_atoms)

    @torch.no_grad()
    def sample(
        self,
        n: int,
        *,
        seed: int,
        max_atoms: int | None = None,
        prefix: Sequence[int] = (),
        prefixes: Sequence[Sequence[int]] | None = None,
        temperature: float = 1.0,
        targets: Mapping[str, float] | None = None,
        guidance: float = 1.0,
        aim: Aim | None = None,
        counted: Sequence[int] = (),
        batch_size: int = BATCH,
        bf16: bool = True,
        only: Sequence[int] | np.ndarray | None = None,
        on_batch: Callable[[int], None] = lambda done: None,
    ) -> list[Sample]:
        """Draw molecules. The same seed and batch size give the same molecules.

        Args:
            n: Number of molecules.
            seed: Seed of all random numbers.
            max_atoms: Most heavy atoms of a molecule; by default those that the generator was trained for.
            prefix: Actions that every molecule starts with. FREE stands for a subtree that grows there; the atoms of
                the actions behind it are reserved. Behind the prefix any action may come.
            prefixes: A prefix for each of the n molecules, instead of `prefix`.
            temperature: The logits are divided by it.
            targets: Properties to aim at, in their units, in place of those of `aim`.
            guidance: Strength of classifier-free guidance towards the targets, see `Aim`.
            aim: What to aim at where there are no targets; by default the generator's own aim.
            counted: Actions of a part that is bound later. Its atoms and properties count from the start.
            batch_size: Molecules drawn together; another size gives other molecules.
            bf16: Whether to compute in bfloat16 where the device has it.
            only: Ascending indices of the molecules to draw, all by default. Each has its own random numbers, so that
                it is the same molecule as among all n, up to rounding.
            on_batch: Called with the number of molecules just drawn.

        Raises:
            ValueError: A prefix breaks the grammar.
            InputError: The generator was not trained for a target.
        """
        aim = self.make_aim(targets, guidance) if targets else self.aim if aim is None else aim
        samples: list[Sample] = []
        wanted = np.arange(n) if only is None else np.asarray(only, dtype=np.int64)

        def draw(batch: int) -> tuple[np.ndarray, Tensor, Tensor]:
            start, size = batch * batch_size, min(batch_size, n - batch * batch_size)
            chosen = wanted[(wanted >= start) & (wanted < start + size)] - start
            with torch.no_grad(), autocast(self.device, enabled=bf16):  # a thread has its own grad mode
                return roll_out(
                    self,
                    chosen,
                    size,
                    torch.Generator().manual_seed(_batch_seed(seed, batch)),
                    max_atoms=max_atoms or self.max_atoms,
                    prefixes=[prefix] if prefixes is None else [prefixes[start + i] for i in chosen],
                    temperature=temperature,
                    aim=aim.of_rows(start + chosen),
                    counted=counted,
                )

        batches = np.unique(wanted[wanted < n] // batch_size).tolist()
        for actions, *log_probs in map_in_threads(draw, batches, self.device):
            for row, *values in zip(actions, *(each.tolist() for each in log_probs), strict=True):
                drawn = tuple(row[row >= 0].tolist())
                samples.append(Sample(write(decode(drawn, self.vocabulary)), drawn, *values))
            on_batch(len(actions))
        return samples

    @torch.no_grad()
    def divide_logits(self, temperature: float) -> None:
        """Change the network so that sampling at temperature 1 equals sampling at `temperature` before."""
        self.head.weight.div_(temperature)
        self.head.bias.div_(temperature)

    def save(self, path: str | Path, *, dtype: torch.dtype | None = None, **about: object) -> None:
        """Write `path`.safetensors and `path`.json; `about` adds facts on the training to the description.

        `dtype` is the type of the stored parameters, float32 by default. The generator's own aim is kept, too.
        """
        aim = self._describe_aim()
        description = {
            "kind": self.kind,
            "network": self.settings.model_dump(),
            "max_atoms": self.max_atoms,
            "vocabulary": self.vocabulary.description(),
            "about": about,
            **({} if aim is None else {"aim": aim}),
            **({} if self.source is None else {"source": self.source.settings.model_dump()}),
        }
        save_weights(path, self, description, dtype=dtype)

    @classmethod
    def load(cls, path: str | Path) -> MotifGenerator:
        """Read what `save` wrote. Raises WeightsError where the files are missing, damaged, or of another architecture
        or vocabulary."""
        description = read_description(path, cls.kind)
        try:
            settings = MotifNetworkSettings(**description["network"])
            vocabulary = Vocabulary.from_description(description["vocabulary"])
            max_atoms = int(description["max_atoms"])
            if not 0 < max_atoms <= _MOST_ATOMS:
                raise ValueError(f"max_atoms: {max_atoms} is not from 1 to {_MOST_ATOMS}")
            source = None if (given := description.get("source")) is None else SourceSettings(**given)
            generator = load_module(path, lambda: cls(vocabulary, settings, max_atoms=max_atoms, source=source))
            aim = description.get("aim")
            targets = {} if aim is None else {str(name): float(value) for name, value in aim["targets"].items()}
            generator.aim_at(targets, 1.0 if aim is None else float(aim["guidance"]))
        except InputError as error:
            raise WeightsError(f"{path}.json: aim: {error}") from None
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            lines = str(error).splitlines() or [type(error).__name__]
            raise WeightsError(f"{path}.json: {lines[0]}") from error
        return generator.eval()


def _batch_seed(seed: int, batch: int) -> int:
    return int(np.random.SeedSequence([seed, batch]).generate_state(1, np.uint64)[0] >> 1)


def _group(order: np.ndarray, device: torch.device) -> list[np.ndarray]:
    """Rows in ascending order of length, in groups that pass together."""
    together = _LIKE_LENGTH if device.type == "cpu" else _MANY
    groups = [order[start : start + together] for start in range(0, len(order), together)]
    if device.type == "cpu":
        return groups
    cut = [np.split(group, [round(share * len(group)) for share in _CUTS]) for group in groups]
    return [part for parts in cut for part in parts if len(part)]
