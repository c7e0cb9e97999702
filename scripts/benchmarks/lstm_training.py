"""Likelihood training of the character LSTM for a given processor time, from which it goes on where it stopped."""

import math
import time
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from smiles_lstm import ALIKE, Alphabet, SmilesLSTM, find_seed, group_alike

from molgan.base.errors import WeightsError
from molgan.base.files import write_whole
from molgan.base.progress import Progress
from molgan.models.precision import autocast
from molgan.models.threads import map_in_threads

BATCH = 512
LEARNING_RATE = 1e-3
CONSTANT = 0.5  # the share of the time after which the learning rate falls
MANY_ALIKE = 256  # as ALIKE, on a GPU
CLIP = 3.0  # the largest norm of the gradient
_TASK = "LSTM, processor seconds"


@dataclass(frozen=True)
class Corpus:
    """Molecules as token numbers: molecule i is `flat[offsets[i]:offsets[i + 1]]`, END included. Those with
    a token that the alphabet lacks are left out."""

    flat: np.ndarray
    offsets: np.ndarray

    @classmethod
    def of(cls, smiles: Sequence[str], alphabet: Alphabet) -> "Corpus":
        flat, lengths = array("H"), array("L")
        for text in smiles:
            numbers = alphabet.encode(text)
            if numbers is not None:
                flat.extend(numbers)
                lengths.append(len(numbers))
        offsets = np.concatenate([[0], np.cumsum(np.array(lengths, dtype=np.int64))])
        return cls(np.array(flat, dtype=np.uint16), offsets)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, i: int) -> np.ndarray:
        return self.flat[self.offsets[i] : self.offsets[i + 1]]


def train(
    path: Path,
    alphabet: Alphabet,
    corpus: Corpus,
    seconds: float,
    *,
    embedding: int = 256,
    seed: int = 0,
    checkpoint_every: float = 300.0,
    device: str = "cpu",
    progress: Progress,
) -> SmilesLSTM:
    """Train for `seconds` of processor time in all, on another device of its time; the model in evaluation mode.

    Adam, batches of 512 at random, a learning rate that falls linearly to 0 over the second half of the time. The state
    is kept in the file `path`, every `checkpoint_every` seconds: weights, optimiser, steps and the time used, on which
    alone the rest depends. A finished training is loaded. Raises WeightsError where the file belongs to another
    training.
    """
    torch.manual_seed(seed)
    saved = load_state(path)
    if saved is not None and saved["seconds"] >= seconds:
        return restore(saved)
    longest = int(np.diff(corpus.offsets).max())
    model = SmilesLSTM(alphabet, embedding=embedding, longest=longest) if saved is None else restore(saved)
    model.to(device)
    identity = {"molecules": len(corpus), "embedding": embedding, "seed": seed, "longest": longest}
    if saved is not None and saved["identity"] != identity:
        raise WeightsError(f"{path}: a state of another training; give another --state, or delete it")
    model.train()
    optimizer = torch.optim.Adam(model.parameters(), LEARNING_RATE)
    if saved is not None:
        optimizer.load_state_dict(saved["optimizer"])
    step, used = (0, 0.0) if saved is None else (saved["step"], saved["seconds"])

    progress.start(_TASK, round(seconds))
    progress.advance(_TASK, round(used))
    shown, kept = round(used), used
    clock = time.process_time if device == "cpu" else time.monotonic
    last = clock()
    for rows in iterate_batches(len(corpus), seed, step):
        loss = update(model, optimizer, [corpus[i] for i in rows], find_rate(used, seconds), find_seed(seed, step, 1))
        step += 1
        now = clock()
        used, last = used + now - last, now
        done = used >= seconds
        if done or used - kept >= checkpoint_every:
            save_state(path, model, optimizer, {"step": step, "seconds": used, "identity": identity})
            kept = used
            last = clock()
        progress.advance(_TASK, min(round(used), round(seconds)) - shown, loss=loss, epochs=step * BATCH / len(corpus))
        shown = min(round(used), round(seconds))
        if done:
            break
    progress.finish(_TASK)
    return model.eval()


def find_rate(used: float, seconds: float) -> float:
    """The learning rate after `used` of the `seconds`."""
    return LEARNING_RATE * min(1.0, max(0.0, 1 - used / seconds) / (1 - CONSTANT))


def iterate_batches(molecules: int, seed: int, done: int) -> Iterator[np.ndarray]:
    """Rows of the batches after step `done`, without end, shuffled in each epoch; an incomplete last one is dropped."""
    size = min(BATCH, molecules)
    an_epoch = molecules // size
    step = done
    while True:
        rows = np.random.default_rng([seed, step // an_epoch]).permutation(molecules)
        for start in range(step % an_epoch * size, an_epoch * size, size):
            yield rows[start : start + size]
            step += 1


def update(
    model: SmilesLSTM, optimizer: torch.optim.Optimizer, batch: Sequence[np.ndarray], rate: float, seed: int
) -> float:
    """One step of the optimiser; the nats a molecule before it. Groups of similar length are worked on in threads, and
    their gradients added in order, so that the result does not depend on the threads."""
    parameters = list(model.parameters())
    device = parameters[0].device
    on_cpu = device.type == "cpu"
    groups = group_alike([len(sequence) for sequence in batch], ALIKE if on_cpu else MANY_ALIKE)
    tokens = sum(len(sequence) for sequence in batch)

    def work(i: int) -> tuple[torch.Tensor, tuple[torch.Tensor, ...]]:
        random = torch.Generator(device).manual_seed(seed + i)
        # On a GPU cuDNN rounds to TF32, and autocast would have it compute in float16.
        with autocast(enabled=on_cpu):
            nats = model.find_nats([batch[k] for k in groups[i]], dropout=random).sum()
        return nats.detach(), torch.autograd.grad(nats / tokens, parameters)

    total = torch.zeros((), device=device)
    optimizer.zero_grad()
    for nats, gradients in map_in_threads(work, range(len(groups)), device):
        total += nats
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.grad = gradient if parameter.grad is None else parameter.grad.add_(gradient)
    torch.nn.utils.clip_grad_norm_(parameters, CLIP)
    for group in optimizer.param_groups:
        group["lr"] = rate
    optimizer.step()
    return total.item() / len(batch)


@torch.no_grad()
def find_mean_nats(model: SmilesLSTM, smiles: Sequence[str]) -> tuple[float, int]:
    """-ln p a molecule in float32, of the SMILES as they are written, and how many have no unknown token."""
    corpus = Corpus.of(smiles, model.alphabet)
    groups = group_alike(np.diff(corpus.offsets).tolist())

    def work(rows: np.ndarray) -> float:
        with torch.no_grad():
            return float(model.find_nats([corpus[i] for i in rows]).sum())

    total = sum(map_in_threads(work, groups))
    return (total / len(corpus) if len(corpus) else math.nan), len(corpus)


def save_state(path: Path, model: SmilesLSTM, optimizer: torch.optim.Optimizer, state: dict[str, Any]) -> None:
    """Replace the file of a state."""
    path.parent.mkdir(parents=True, exist_ok=True)
    about = {"tokens": list(model.alphabet.tokens), "model": model.state_dict(), "optimizer": optimizer.state_dict()}
    with write_whole(path) as file:
        torch.save(about | state, file)


def load_state(path: Path) -> dict[str, Any] | None:
    """What `save_state` wrote, None where there is no file."""
    return torch.load(path, weights_only=True) if path.exists() else None


def restore(state: dict[str, Any]) -> SmilesLSTM:
    """The model of a state, in evaluation mode."""
    identity = state["identity"]
    alphabet = Alphabet(tuple(state["tokens"]))
    model = SmilesLSTM(alphabet, embedding=identity["embedding"], longest=identity["longest"])
    model.load_state_dict(state["model"])
    return model.eval()
