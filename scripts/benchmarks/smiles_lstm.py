"""A character LSTM over SMILES, the usual baseline: 3 layers of 512, dropout .2 between them (M. Segler et al., ACS
Cent. Sci. 4, 120 (2018); N. Brown et al. 2019), in plain torch.

Tokens are characters, but Br, Cl, what stands in brackets and ring closures of two digits are one token each. Token 0
is both start and end of a molecule.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from molgan.models.precision import autocast
from molgan.models.threads import map_in_threads

END = 0
HIDDEN, LAYERS, DROPOUT = 512, 3, 0.2
BATCH = 1024  # drawn together
ALIKE = 64  # sequences of similar length in one pass: a batch padded to the longest would be mostly padding
_TOKEN = re.compile(r"\[[^\]]*\]|Br|Cl|%\d\d|.")
_DENSE = 0.75  # below this share of unfinished rows the finished ones are dropped


def tokenise(smiles: str) -> list[str]:
    """The tokens of a SMILES; joined they are the SMILES again."""
    return _TOKEN.findall(smiles)


@dataclass(frozen=True)
class Alphabet:
    """The tokens but for END, most frequent first; token i + 1 is `tokens[i]`."""

    tokens: tuple[str, ...]

    @classmethod
    def of(cls, smiles: Iterable[str]) -> "Alphabet":
        count: Counter[str] = Counter()
        for text in smiles:
            count.update(tokenise(text))
        return cls(tuple(sorted(count, key=lambda token: (-count[token], token))))

    @cached_property
    def index(self) -> dict[str, int]:
        return {token: i for i, token in enumerate(self.tokens, start=1)}

    def encode(self, smiles: str) -> list[int] | None:
        """The numbers of the tokens with END behind them; None where a token is unknown."""
        numbers = [self.index.get(token, END) for token in tokenise(smiles)]
        return None if END in numbers else [*numbers, END]

    def decode(self, numbers: Sequence[int]) -> str:
        """The SMILES before the first END."""
        end = numbers.index(END) if END in numbers else len(numbers)
        return "".join(self.tokens[number - 1] for number in numbers[:end])

    def __len__(self) -> int:
        """Number of tokens, END included."""
        return len(self.tokens) + 1


State = list[tuple[Tensor, Tensor]]
"""Hidden and cell state of each layer, [1, B, HIDDEN]."""


class SmilesLSTM(nn.Module):
    """Draws SMILES, and computes the likelihood of given ones. A drawn SMILES has at most `longest` tokens."""

    def __init__(self, alphabet: Alphabet, *, embedding: int = 256, longest: int = 200) -> None:
        super().__init__()
        self.alphabet = alphabet
        self.longest = longest
        self.embedding = nn.Embedding(len(alphabet), embedding)
        widths = [embedding, *[HIDDEN] * (LAYERS - 1)]
        self.layers = nn.ModuleList(nn.LSTM(width, HIDDEN, batch_first=True) for width in widths)
        self.head = nn.Linear(HIDDEN, len(alphabet))

    def find_nats(self, sequences: Sequence[np.ndarray], *, dropout: torch.Generator | None = None) -> Tensor:
        """-ln p of sequences of token numbers that end with END, [B]. Best of similar lengths, see `group_alike`.

        `dropout` is the source of its random numbers; without one nothing is dropped.
        """
        device, lengths = self.head.weight.device, np.array([len(sequence) for sequence in sequences])
        table = np.full((len(sequences), int(lengths.max())), END, dtype=np.int64)
        for row, sequence in zip(table, sequences, strict=True):
            row[: len(sequence)] = sequence
        tokens = torch.from_numpy(table).to(device)
        live = torch.from_numpy(np.arange(table.shape[1]) < lengths[:, None]).to(device)
        hidden, _ = self._read(functional.pad(tokens[:, :-1], (1, 0), value=END), dropout=dropout)
        nats = functional.cross_entropy(self.head(hidden[live]).float(), tokens[live], reduction="none")
        return torch.zeros(tokens.shape, device=device).masked_scatter(live, nats).sum(1)

    @torch.no_grad()
    def sample(
        self, n: int, *, seed: int, bf16: bool = True, on_batch: Callable[[int], None] = lambda done: None
    ) -> list[str]:
        """`n` SMILES at temperature 1, as they come; the same seed gives the same."""

        def draw(batch: int) -> list[str]:
            random = torch.Generator().manual_seed(find_seed(seed, batch))
            with torch.no_grad(), autocast(enabled=bf16):
                return self._draw(min(BATCH, n - batch * BATCH), random)

        texts: list[str] = []
        for drawn in map_in_threads(draw, range(-(-n // BATCH))):
            texts += drawn
            on_batch(len(drawn))
        return texts

    def _draw(self, size: int, random: torch.Generator) -> list[str]:
        drawn = torch.full((size, self.longest), END)
        rows, last, state = torch.arange(size), torch.full((size,), END), None
        going = torch.ones(size, dtype=torch.bool)
        for step in range(self.longest):
            hidden, state = self._read(last[:, None], state)
            chances = self.head(hidden[:, 0]).float().softmax(1)
            last = torch.multinomial(chances, 1, generator=random)[:, 0]
            drawn[rows, step] = last
            going &= last != END
            if not going.any():
                break
            if going.float().mean() < _DENSE:
                rows, last = rows[going], last[going]
                state = [(hidden[:, going], cell[:, going]) for hidden, cell in state]
                going = going[going]
        return [self.alphabet.decode(row) for row in drawn.tolist()]

    def _read(
        self, last: Tensor, state: State | None = None, *, dropout: torch.Generator | None = None
    ) -> tuple[Tensor, State]:
        """What the head sees, [B, T, HIDDEN], and the state behind, given the tokens before each, [B, T]."""
        features = self.embedding(last)
        if torch.is_autocast_enabled("cpu"):
            # The LSTM is not among the operations that autocast converts the input of.
            features = features.to(torch.get_autocast_dtype("cpu"))
        behind: State = []
        for i, layer in enumerate(self.layers):
            if i and dropout is not None:
                kept = torch.empty_like(features).bernoulli_(1 - DROPOUT, generator=dropout)
                features = features * kept / (1 - DROPOUT)
            features, after = layer(features, None if state is None else state[i])
            behind.append(after)
        return features, behind


def group_alike(lengths: Sequence[int], size: int = ALIKE) -> list[np.ndarray]:
    """Indices of sequences in groups of similar length."""
    order = np.argsort(lengths, kind="stable")
    return [order[start : start + size] for start in range(0, len(order), size)]


def find_seed(*where: int) -> int:
    """A seed for one place in a run."""
    return int(np.random.SeedSequence(where).generate_state(1, np.uint64)[0] >> 1)
