"""The motif-tree generator: a recurrent network over grammar-masked actions; every sample is a valid molecule."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from molgan.base.errors import WeightsError
from molgan.chem.motifs import write
from molgan.graphs.motif.actions import MOST_SITES, Vocabulary, decode
from molgan.graphs.motif.forcing import Forced, force, pad
from molgan.graphs.motif.grammar import Grammar
from molgan.models.motif.motif_head import NEVER
from molgan.models.motif.rollout import roll_out
from molgan.models.precision import autocast
from molgan.models.settings import BATCH, MotifNetworkSettings
from molgan.models.threads import side_by_side
from molgan.models.weights import load_weights, read_description, save_weights

KIND = "motif generator"
_SHIPPED = files("molgan") / "data" / "weights"
_MOST_COUNTED = 64  # heavy atoms that the network tells apart
_MOST_DALTONS = 768
_LIKE_LENGTH = 96  # sequences of like length that share a pass


@dataclass(frozen=True, slots=True)
class Sample:
    """A generated molecule: its SMILES (valid, not canonical), the actions that made it and their log-probability."""

    smiles: str
    actions: tuple[int, ...]
    log_prob: float


class MotifGenerator(nn.Module):
    """Embeddings of the last action, of the motif and site on top of the stack and of the size, a GRU, a linear head.

    Feeding in the top of the stack makes a plain sequence model aware of the tree. The size, in heavy atoms and in
    whole daltons, saves it adding up: data sets of drug-like molecules have sharp limits there.
    `max_atoms` is the budget of heavy atoms a molecule that the generator was trained for; sampling may ask for
    another.
    """

    def __init__(self, vocabulary: Vocabulary, settings: MotifNetworkSettings | None = None, *, max_atoms: int = 27):
        super().__init__()
        self.vocabulary = vocabulary
        self.settings = settings or MotifNetworkSettings()
        self.max_atoms = max_atoms
        width, actions = self.settings.embedding, len(vocabulary)
        self.last = nn.Embedding(actions + 1, width)
        self.top = nn.Embedding(actions + 1, width)
        self.site = nn.Embedding(MOST_SITES, width)
        self.atoms = nn.Embedding(_MOST_COUNTED, width)
        nn.init.zeros_(self.atoms.weight)
        self.weight = nn.Embedding(_MOST_DALTONS, width)
        nn.init.zeros_(self.weight.weight)
        self.recurrent = nn.GRU(width, self.settings.hidden, self.settings.layers, batch_first=True)
        self.head = nn.Linear(self.settings.hidden, actions)
        self._grammar: Grammar | None = None

    @property
    def device(self) -> torch.device:
        return self.head.weight.device

    @property
    def grammar(self) -> Grammar:
        if self._grammar is None or self._grammar.device != self.device:
            self._grammar = Grammar(self.vocabulary, self.device)
        return self._grammar

    def embed(self, last: Tensor, top: Tensor, site: Tensor, atoms: Tensor, weight: Tensor) -> Tensor:
        """The network's input for actions of any shape [...]: [..., embedding]."""
        size = self.atoms(atoms.clamp(max=_MOST_COUNTED - 1)) + self.weight(weight.long().clamp(0, _MOST_DALTONS - 1))
        embedded = self.last(last) + self.top(top) + self.site(site) + size
        # The GRU is not among the operations that autocast converts the input of.
        return embedded.to(torch.get_autocast_dtype(embedded.device.type)) if _autocasting(embedded) else embedded

    def log_probs(self, forced: Forced) -> Tensor:
        """Log-probability of each action of given sequences under the grammar's mask, [B, T], 0 behind their end."""
        hidden, _ = self.recurrent(self.embed(forced.last, forced.top, forced.site, forced.atoms, forced.weight))
        found = hidden.new_zeros(forced.target.shape, dtype=torch.float32)
        for due in (False, True):
            # Only where a motif may come is the long part of the head computed: half of the positions.
            at = forced.live & (forced.motif_due == due)
            logits = self._masked_logits(hidden[at], forced.structural[at], forced.motif_mask(at) if due else None)
            # Not by logsumexp: its exponential is six times slower where actions are masked out.
            found[at] = -functional.cross_entropy(logits, forced.target[at], reduction="none")
        return found

    def log_likelihood(self, actions: Sequence[Sequence[int]], *, max_atoms: int | None = None) -> Tensor:
        """Log-likelihood of molecules given as action sequences, in nats, [B].

        -inf where a sequence breaks the grammar, the atom budget included, or is not complete.
        """
        # In groups of like length: padded to the longest of them all, a batch would be mostly padding.
        order = np.argsort([len(a) for a in actions], kind="stable")
        parts = []
        for start in range(0, len(order), _LIKE_LENGTH):
            group = pad([actions[i] for i in order[start : start + _LIKE_LENGTH]], self.device)
            forced = force(self.grammar, group, max_atoms or self.max_atoms)
            parts.append(torch.where(forced.legal, self.log_probs(forced).sum(1), -torch.inf))
        back = np.argsort(order, kind="stable")
        return torch.cat(parts)[torch.from_numpy(back).to(self.device)]

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
        batch_size: int = BATCH,
        bf16: bool = True,
        only: Sequence[int] | np.ndarray | None = None,
        on_batch: Callable[[int], None] = lambda done: None,
    ) -> list[Sample]:
        """Draw n molecules, each of at most `max_atoms` heavy atoms and starting with the actions of `prefix`, or of
        its own one of n `prefixes`.

        FREE in a prefix stands for a subtree that grows there; the atoms of what comes behind it are reserved. Behind
        the prefix all is free. The same seed and batch size give the same molecules. With `only` some of the n are
        drawn, by ascending index: each has random numbers of its own, so that it is the molecule that it would be among
        all n, but for rounding.
        Raises ValueError where a prefix breaks the grammar.
        """
        samples: list[Sample] = []
        wanted = np.arange(n) if only is None else np.asarray(only, dtype=np.int64)

        def draw(batch: int) -> tuple[np.ndarray, Tensor]:
            start, size = batch * batch_size, min(batch_size, n - batch * batch_size)
            chosen = wanted[(wanted >= start) & (wanted < start + size)] - start
            with autocast(self.device, enabled=bf16):
                return roll_out(
                    self,
                    chosen,
                    size,
                    torch.Generator().manual_seed(_batch_seed(seed, batch)),
                    max_atoms=max_atoms or self.max_atoms,
                    prefixes=[prefix] if prefixes is None else [prefixes[start + i] for i in chosen],
                    temperature=temperature,
                )

        batches = np.unique(wanted[wanted < n] // batch_size).tolist()
        for actions, log_prob in side_by_side(draw, batches, self.device):
            for row, value in zip(actions, log_prob.tolist(), strict=True):
                drawn = tuple(row[row >= 0].tolist())
                samples.append(Sample(write(decode(drawn, self.vocabulary)), drawn, value))
            on_batch(len(actions))
        return samples

    def _masked_logits(self, hidden: Tensor, structural: Tensor, motifs: Tensor | None) -> Tensor:
        allowed = structural if motifs is None else torch.cat([structural, motifs], dim=1)
        width = allowed.shape[1]
        logits = functional.linear(hidden, self.head.weight[:width], self.head.bias[:width])
        return logits.float().masked_fill(~allowed, NEVER)

    @torch.no_grad()
    def divide_logits(self, temperature: float) -> None:
        """Make sampling at temperature 1 what sampling at `temperature` was."""
        self.head.weight.div_(temperature)
        self.head.bias.div_(temperature)

    def save(self, path: str | Path, *, dtype: torch.dtype | None = None, **about: object) -> None:
        """Write `path`.safetensors and `path`.json; `about` adds facts on the training to the description.

        `dtype` is what the tensors are stored as, float32 by default.
        """
        description = {
            "kind": KIND,
            "network": self.settings.model_dump(),
            "max_atoms": self.max_atoms,
            "vocabulary": self.vocabulary.description(),
            "about": about,
        }
        save_weights(path, self, description, dtype=dtype)

    @classmethod
    def load(cls, path: str | Path) -> MotifGenerator:
        """Raises WeightsError where the files are missing, damaged, or of another architecture or vocabulary."""
        description = read_description(path, KIND)
        try:
            settings = MotifNetworkSettings(**description["network"])
            vocabulary = Vocabulary.from_description(description["vocabulary"])
            generator = cls(vocabulary, settings, max_atoms=int(description["max_atoms"]))
        except (KeyError, TypeError, ValueError) as error:
            raise WeightsError(f"{path}.json: {str(error).splitlines()[0]}") from error
        load_weights(path, generator)
        return generator.eval()


def _batch_seed(seed: int, batch: int) -> int:
    return int(np.random.SeedSequence([seed, batch]).generate_state(1, np.uint64)[0] >> 1)


def _autocasting(tensor: Tensor) -> bool:
    return torch.is_autocast_enabled(tensor.device.type)


def load_generator(weights: str | Path = "moses") -> MotifGenerator:
    """The generator with the weights of that name that molgan ships, or from a path (without its suffix) or folder.

    Raises WeightsError where there are none, or they are damaged or of another architecture.
    """
    path = located(weights)
    if not path.with_name(path.name + ".json").exists():
        names = ", ".join(_shipped_names(_SHIPPED)) or "none"
        raise WeightsError(f"no weights at {path}: give a folder of `molgan train`, or a shipped name ({names})")
    return MotifGenerator.load(path)


def located(weights: str | Path) -> Path:
    """The path, without suffix, of weights given by a shipped name, a folder of `molgan train`, or a path."""
    if str(weights) in _shipped_names(_SHIPPED):
        return Path(str(_SHIPPED / str(weights)))
    path = Path(weights)
    return path / "weights" if path.is_dir() else path


def _shipped_names(shipped: Traversable) -> list[str]:
    if not shipped.is_dir():
        return []
    names = [file.name for file in shipped.iterdir()]
    stems = (name.removesuffix(".safetensors") for name in names if name.endswith(".safetensors"))
    return sorted(stem for stem in stems if not stem.endswith("_critic"))
