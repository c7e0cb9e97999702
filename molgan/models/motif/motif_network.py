"""The network of the motif-tree generator: the probability of each action, given the actions before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from molgan.base.errors import WeightsError
from molgan.graphs.motif.actions import MOST_SITES, Vocabulary
from molgan.graphs.motif.forcing import Forced
from molgan.graphs.motif.grammar import Grammar
from molgan.models.motif.conditions import Conditions
from molgan.models.motif.source_memory import SourceMemory
from molgan.models.settings import MotifNetworkSettings, SourceSettings

if TYPE_CHECKING:
    from molgan.models.motif.source_reader import SourceReader


@dataclass(frozen=True)
class Aim:
    """What the network is told to aim at.

    `values` [B or 1, names], NaN where nothing is said; None where nothing is said at all. `guidance` is the strength
    of classifier-free guidance (Ho & Salimans 2022): logits are moved from those without an aim to this many times as
    far as those with it, 1 being plain conditioning. `source` is what was read of the molecules whose analogues are
    drawn, one for each of the B or one for all; guidance leaves it in place, and moves what is asked for besides.
    """

    values: Tensor | None = None
    guidance: float = 1.0
    source: SourceMemory | None = None

    def guide(self, hidden: Tensor, plain: Tensor | None) -> Tensor:
        """Features that give the guided logits, of those with and without the aim; the last layer is linear."""
        return hidden if plain is None else plain + self.guidance * (hidden - plain)

    def of_rows(self, rows: np.ndarray) -> Aim:
        """The aim of some rows of a batch, where each has one of its own."""
        index, values = torch.from_numpy(rows), self.values
        if values is not None and len(values) > 1:
            values = values[index.to(values.device)]
        return Aim(values, self.guidance, None if self.source is None else self.source.of_rows(index))

    def to(self, device: torch.device) -> Aim:
        values = None if self.values is None else self.values.to(device)
        return Aim(values, self.guidance, None if self.source is None else self.source.to(device))


NO_AIM = Aim()
NEVER = -1e9  # a logit that no action takes; finite, so that its gradient is 0 and not NaN
_MOST_COUNTED = 64  # heavy atoms; larger numbers look the same to the network


class MotifNetwork(nn.Module):
    """Embeddings of the last action, of the motif and site on top of the stack and of the size, a GRU, a linear head,
    between them a layer with `settings.readout`.

    The top of the stack as input makes a plain sequence model aware of the tree. The size, in heavy atoms and in whole
    daltons, is an input since data sets of drug-like molecules have sharp limits there. `max_atoms` is the number of
    heavy atoms per molecule that the generator was trained for; sampling may use another.

    With `settings.condition` the input also tells properties to aim at (`Conditions`). `aim` is what it tells where a
    call does not say. With `source` it can read a molecule whose analogues are drawn (`SourceReader`).
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        settings: MotifNetworkSettings | None = None,
        *,
        max_atoms: int = 27,
        source: SourceSettings | None = None,
    ):
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
        self.weight = nn.Embedding(self.settings.most_daltons, width)
        nn.init.zeros_(self.weight.weight)
        condition = self.settings.condition
        self.conditions = Conditions(condition, actions, width) if condition else None
        self._aim = NO_AIM
        self.recurrent = nn.GRU(width, self.settings.hidden, self.settings.layers, batch_first=True)
        readout = self.settings.readout
        self.readout = nn.Linear(self.settings.hidden, readout) if readout else None
        self.head = nn.Linear(readout or self.settings.hidden, actions)
        self._grammar: Grammar | None = None
        self.source = None if source is None else self._make_reader(source)

    def _make_reader(self, source: SourceSettings) -> SourceReader:
        from molgan.models.motif.source_reader import SourceReader  # PyTorch Geometric takes a second to import

        return SourceReader(
            source,
            self.settings.condition,
            embedding=self.settings.embedding,
            hidden=self.settings.hidden,
            layers=self.settings.layers,
            out=self.head.in_features,
        )

    @property
    def device(self) -> torch.device:
        return self.head.weight.device

    @property
    def aim(self) -> Aim:
        """What molecules aim at where a call does not say."""
        return self._aim.to(self.device)

    @aim.setter
    def aim(self, aim: Aim) -> None:
        self._aim = aim

    @property
    def grammar(self) -> Grammar:
        # `forbid_stereo` changes the vocabulary, maybe after a grammar was made.
        made = self._grammar
        if made is None or (made.device, made.stereo) != (self.device, self.vocabulary.stereo):
            try:
                made = Grammar(self.vocabulary, self.device, None if made is None else made.tables)
            except (ValueError, IndexError, RuntimeError) as error:  # of weights that another program wrote
                raise WeightsError(f"the vocabulary cannot be used: {str(error).splitlines()[0]:.100}") from error
            self._grammar = made
        return made

    def embed(self, last: Tensor, top: Tensor, site: Tensor, atoms: Tensor, weight: Tensor) -> Tensor:
        """The network's input, [..., embedding].

        Args:
            last: Last actions, [...].
            top: Actions of the motifs on top of the stack, [...].
            site: Sites of these motifs that were bound last, [...].
            atoms: Heavy atoms so far, [...].
            weight: Molecular weights so far in daltons, [...].
        """
        daltons = weight.long().clamp(0, self.settings.most_daltons - 1)
        size = self.atoms(atoms.clamp(max=_MOST_COUNTED - 1)) + self.weight(daltons)
        embedded: Tensor = self.last(last) + self.top(top) + self.site(site) + size
        # The GRU is not among the operations that autocast converts the input of.
        return embedded.to(torch.get_autocast_dtype(embedded.device.type)) if _autocasting(embedded) else embedded

    def add_aim(self, inputs: Tensor, values: Tensor, so_far: Tensor, weight: Tensor) -> Tensor:
        """The network's input with what it is told to aim at, [..., embedding].

        Args:
            inputs: The result of `embed`, [..., embedding].
            values: Values of the properties, NaN where nothing is said, broadcastable to [..., names].
            so_far: Sums of `conditions.parts` over the actions so far, [..., names].
            weight: Molecular weights so far in daltons, [...].
        """
        assert self.conditions is not None
        told: Tensor = self.conditions(values, so_far, weight)
        return inputs + told.to(inputs.dtype)

    def read(
        self, inputs: Tensor, memory: Tensor | None = None, source: SourceMemory | None = None
    ) -> tuple[Tensor, Tensor]:
        """What the head sees at each step [B, T, features], and the GRU's last state [layers, B, hidden].

        Without a `memory` the sequences start, at the state that their `source` says, where they have one.
        """
        if source is not None and self.source is not None:
            inputs = self.source.tell(inputs, source)
            if memory is None:
                memory = source.state.expand(-1, len(inputs), -1).contiguous().to(inputs.dtype)
        hidden, memory = self._recur(inputs, memory)
        features = hidden if self.readout is None else functional.silu(self.readout(hidden))
        if source is not None and self.source is not None:
            features = features + self.source.recall(hidden, source).to(features.dtype)
        return features, memory

    def _recur(self, inputs: Tensor, memory: Tensor | None) -> tuple[Tensor, Tensor]:
        """The states of the GRU at each step, and the last one; in float32 on an accelerator."""
        found: tuple[Tensor, Tensor]
        if inputs.device.type == "cpu":
            found = self.recurrent(inputs, memory)
        else:
            # Autocast would have cuDNN compute the GRU in float16, where its gradients are lost.
            with torch.autocast(inputs.device.type, enabled=False):
                found = self.recurrent(inputs.float(), None if memory is None else memory.float())
        return found

    def log_probs(self, forced: Forced, aim: Aim | None = None, *, temperature: float = 1.0) -> Tensor:
        """Log-probability of each action of given sequences under the grammar's mask, [B, T], 0 behind their end.

        `aim` is what they aim at, by default the network's own aim; the logits are divided by `temperature`.
        """
        inputs = self.embed(forced.last, forced.top, forced.site, forced.atoms, forced.weight)
        aim = self.aim if aim is None else aim
        source, plain = aim.source, None
        if aim.guidance != 1 and (source is not None or (aim.values is not None and self.conditions is not None)):
            plain, _ = self.read(inputs, None, None if source is None else source.without_aim())
        if aim.values is not None and self.conditions is not None:
            so_far = self.conditions.parts[forced.last].cumsum(1)
            inputs = self.add_aim(inputs, aim.values[:, None], so_far, forced.weight)
        hidden, _ = self.read(inputs, None, source)
        hidden = aim.guide(hidden, plain)
        found: Tensor = hidden.new_zeros(forced.target.shape, dtype=torch.float32)
        for due in (False, True):
            # Only where a motif may come is the long part of the head computed: half of the positions.
            at = forced.live & (forced.motif_due == due)
            logits = self._masked_logits(hidden[at], forced.structural[at], forced.motif_mask(at) if due else None)
            logits = logits if temperature == 1 else logits / temperature
            # Not by logsumexp: its exponential is six times slower where actions are masked out.
            found[at] = -functional.cross_entropy(logits, forced.target[at], reduction="none")
        return found

    def _masked_logits(self, hidden: Tensor, structural: Tensor, motifs: Tensor | None) -> Tensor:
        allowed = structural if motifs is None else torch.cat([structural, motifs], dim=1)
        width = allowed.shape[1]
        logits = functional.linear(hidden, self.head.weight[:width], self.head.bias[:width])
        return logits.float().masked_fill(~allowed, NEVER)


def _autocasting(tensor: Tensor) -> bool:
    return torch.is_autocast_enabled(tensor.device.type)
