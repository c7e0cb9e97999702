"""REINVENT's reinforcement learning, reproduced: a character LSTM as prior and agent, the loss "difference between
augmented and posterior" (DAP), a memory of the best molecules (inception) and one of Murcko scaffolds.

M. Olivecrona et al., J. Cheminform. 9, 48 (2017); H. Loeffler et al., J. Cheminform. 16, 20 (2024). The settings are
those of the file `staged_learning.toml` among its examples (github.com/MolecularAI/REINVENT4, Apache 2.0); the code is
not. Departures: the LSTM is that of `smiles_lstm`, trained on other data than REINVENT's; a molecule is scored
once, whatever its spelling.
"""

import copy
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from smiles_lstm import SmilesLSTM, find_seed

from molgan.chem.molecule import parse
from molgan.training.diversity_memory import DiversityMemory
from molgan.training.settings import DiversityMemorySettings

SIGMA, RATE, BATCH = 128.0, 1e-4, 64
MEMORY, REPLAYED = 100, 10
SCAFFOLDS = DiversityMemorySettings(by="murcko", bucket=25, minimum_score=0.4, penalty="step")


@dataclass
class Inception:
    """The best molecules so far, each with what REINVENT learns from: text as drawn, score, log-likelihood by the
    prior."""

    rows: list[tuple[str, float, float]] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)

    def add(self, rows: Sequence[tuple[str, float, float]]) -> None:
        new = [row for row in rows if row[0] not in self.seen]
        self.seen.update(text for text, _, _ in new)
        self.rows = sorted([*self.rows, *new], key=lambda row: -row[1])[:MEMORY]

    def draw(self, rng: random.Random) -> list[tuple[str, float, float]]:
        return rng.sample(self.rows, min(REPLAYED, len(self.rows)))


def learn(
    prior: SmilesLSTM,
    score: Callable[[list[str]], np.ndarray],
    *,
    seed: int,
    going: Callable[[], bool],
    note: Callable[[float], None] = lambda mean: None,
) -> SmilesLSTM:
    """Train a copy of the prior while `going` says so; `note` takes the mean score of each batch.

    `score` takes the canonical SMILES of a batch's valid molecules, each once, and returns numbers of 0 to 1.
    """
    agent = copy.deepcopy(prior)
    optimizer = torch.optim.Adam(agent.parameters(), RATE)
    inception, scaffolds, rng = Inception(), DiversityMemory(SCAFFOLDS), random.Random(seed)
    step = 0
    while going():
        step += 1
        texts = list(dict.fromkeys(agent.sample(BATCH, seed=find_seed(seed, step))))
        texts = [text for text in texts if text]
        rewards = _judge(texts, score, scaffolds)
        with torch.no_grad():
            likely = _find_likelihoods(prior, texts)
        replayed = inception.draw(rng)
        wanted = likely + SIGMA * torch.tensor(rewards)
        wanted = torch.cat([wanted, torch.tensor([known + SIGMA * reward for _, reward, known in replayed])])
        loss = (wanted - _find_likelihoods(agent, [*texts, *(text for text, _, _ in replayed)])).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        rows = zip(texts, rewards.tolist(), likely.tolist(), strict=True)
        inception.add([row for row in rows if parse(row[0]).valid])
        note(float(rewards.mean()))
    return agent


def _judge(texts: list[str], score: Callable[[list[str]], np.ndarray], scaffolds: DiversityMemory) -> np.ndarray:
    """The rewards of a batch: 0 for an invalid text, and less where a scaffold has come often."""
    names = [molecule.smiles if (molecule := parse(text)).valid else None for text in texts]
    asked = list(dict.fromkeys(name for name in names if name is not None))
    found = np.nan_to_num(score(asked)) if asked else np.zeros(0)
    allowed = dict(zip(asked, scaffolds.penalise(asked, found).tolist(), strict=True))
    return np.array([0.0 if name is None else allowed[name] for name in names], dtype=np.float32)


def _find_likelihoods(model: SmilesLSTM, texts: Sequence[str]) -> torch.Tensor:
    """ln p of texts, [n]."""
    encoded = [model.alphabet.encode(text) for text in texts]
    return -model.find_nats([np.array(numbers, dtype=np.uint16) for numbers in encoded if numbers is not None])
