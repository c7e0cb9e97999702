"""Compare variants of the prior, each trained from the start for the same processor time on the same molecules.

    python scripts/benchmarks/prior_variants.py [--seconds 300] [--molecules 100000] [--only NAME ...]

Prints for each: training steps, nats a molecule of the test set under its canonical sequence (where the variant has
one), and, of 10,000 samples, FCD to MOSES's test set and its scaffold test set, and the share that is distinct and not
among the training molecules. 10,000 molecules of the whole training set have an FCD of .1345 / .5902.
"""

import argparse
import gzip
import math
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import numpy as np
import torch
from rdkit import Chem, RDLogger
from rdkit.Chem import rdFingerprintGenerator
from torch import nn
from torch.nn.utils import parametrize
from torch.optim.lr_scheduler import LambdaLR

from molgan.chem.motifs import Motif, cut
from molgan.evaluation.chemnet import activations
from molgan.evaluation.frechet import frechet_distance
from molgan.evaluation.reference_statistics import Statistics
from molgan.graphs.motif.actions import FIRST_MOTIF, NotEncodable, Vocabulary, encode, encode_with
from molgan.graphs.motif.motif_data import prepare
from molgan.models.motif.motif_generator import MotifGenerator
from molgan.models.precision import autocast
from molgan.models.settings import MotifNetworkSettings
from molgan.training.loop import warm_up_and_decay
from molgan.training.prior import pretrain as pretrain_module
from molgan.training.prior.pretrain import pretrain
from molgan.training.settings import PretrainSettings

ROOT = Path(__file__).parents[2]
BITS = 1024


@dataclass(frozen=True)
class Variant:
    """Changes of the settings of the shipped prior."""

    network: MotifNetworkSettings = field(default_factory=MotifNetworkSettings)
    least_count: int = 5
    learning_rate: float = 2e-3
    batch_size: int = 256
    roots: int = 0  # random roots a molecule; 0 takes the canonical one
    ema: float = 0.0
    fingerprints: bool = False
    pace: Callable[[int, int, int], float] | None = None  # (step, warm-up, steps) to a share of the rate

    def schedule(self, optimizer: torch.optim.Optimizer, *, warmup: int, decay: int, steps: int, done: int) -> LambdaLR:
        """The schedule of the learning rate, in place of that of `pretrain`."""
        if self.pace is None:
            return warm_up_and_decay(optimizer, warmup=warmup, decay=decay, steps=steps, done=done)
        return LambdaLR(optimizer, lambda later: self.pace(done + 1 + later, warmup, steps))


def cosine(step: int, warmup: int, steps: int) -> float:
    return min(step / warmup, (1 + math.cos(math.pi * step / steps)) / 2)


def level(step: int, warmup: int, steps: int) -> float:
    """The full rate for 80% of the steps, then straight down."""
    return min(1.0, step / warmup, (steps - step + 1) / (0.2 * steps))


BASE = Variant()
VARIANTS = {
    "as shipped": BASE,
    "average of weights (.98 of 5 steps)": replace(BASE, ema=0.98),
    "average of weights (.8 of 5 steps)": replace(BASE, ema=0.8),
    "cosine schedule": replace(BASE, pace=cosine),
    "level for 80%, then down": replace(BASE, pace=level),
    "random roots, two a molecule": replace(BASE, roots=2),
    "motifs seen 20 times": replace(BASE, least_count=20),
    "width 384": replace(BASE, network=MotifNetworkSettings(hidden=384)),
    "width 768": replace(BASE, network=MotifNetworkSettings(hidden=768)),
    "1 layer": replace(BASE, network=MotifNetworkSettings(layers=1)),
    "3 layers": replace(BASE, network=MotifNetworkSettings(layers=3)),
    "learning rate 4e-3": replace(BASE, learning_rate=4e-3),
    "motifs' fingerprints in the embedding": replace(BASE, fingerprints=True),
}


class RandomRoots:
    """Several action sequences of each molecule, of which a random one is returned each time."""

    def __init__(self, smiles: Sequence[str], roots: int, least_count: int) -> None:
        rng = np.random.default_rng(0)
        trees = [list(_cut_at_random(text, roots, rng)) for text in smiles]
        counts = Counter(motif for several in trees for tree in several for motif in _motifs(tree))
        frequent = [motif for motif, count in counts.most_common() if count >= least_count]
        self.vocabulary = Vocabulary(tuple(frequent))
        encoded = ([_try_encode(tree, self.vocabulary) for tree in several] for several in trees)
        self.sequences = [
            kept for several in encoded if (kept := [sequence for sequence in several if sequence is not None])
        ]
        self.rng = rng

    def __len__(self) -> int:
        return len(self.sequences)

    def __getitem__(self, i: int) -> np.ndarray:
        return self.sequences[i][self.rng.integers(len(self.sequences[i]))]


class WithFingerprint(nn.Module):
    """A table of embeddings plus a linear map of the motifs' Morgan counts (radius 2)."""

    def __init__(self, vocabulary: Vocabulary, width: int) -> None:
        super().__init__()
        morgan = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=BITS)
        counts = np.zeros((len(vocabulary) + 1, BITS), dtype=np.float32)
        for motif, action in vocabulary.index.items():
            counts[action] = np.log1p(morgan.GetCountFingerprintAsNumPy(Chem.MolFromSmiles(motif)))
        self.register_buffer("counts", torch.from_numpy(counts))
        self.map = nn.Linear(BITS, width, bias=False)

    def forward(self, table: torch.Tensor) -> torch.Tensor:
        return table + self.map(self.counts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=300, help="processor time for the training of each variant")
    parser.add_argument("--molecules", type=int, default=100_000, help="random molecules to train on")
    parser.add_argument("--samples", type=int, default=10_000)
    parser.add_argument("--only", nargs="+", choices=list(VARIANTS))
    arguments = parser.parse_args()
    RDLogger.DisableLog("rdApp.*")
    train = _read_some("moses_train.csv.gz", arguments.molecules)
    test = _read_some("moses_test.csv.gz", 2000)
    references = [
        Statistics.load(ROOT / "molgan" / "data" / f"moses_{name}_statistics.npz")
        for name in ("test", "test_scaffolds")
    ]
    known = {Chem.CanonSmiles(text) for text in train}
    print(
        f"{'':40} {'actions':>7} {'steps':>6} {'nats':>6} {'FCD':>6} {'scaff.':>6} {'unique':>7} {'novel':>6}",
        flush=True,
    )
    for name in arguments.only or VARIANTS:
        generator, steps = train_variant(VARIANTS[name], train, arguments.seconds)
        nats = np.nan if VARIANTS[name].roots else _nats(generator, test)
        drawn = [Chem.CanonSmiles(sample.smiles) for sample in generator.sample(arguments.samples, seed=0)]
        seen = activations(drawn).astype(np.float64)
        mean, covariance = seen.mean(0), np.cov(seen, rowvar=False)
        fcd, scaffolds = (frechet_distance(mean, covariance, r.mean, r.covariance) for r in references)
        unique = len(set(drawn)) / len(drawn)
        novel = len(set(drawn) - known) / len(set(drawn))
        counted = f"{name:40} {len(generator.vocabulary):>7} {steps:>6} {nats:>6.2f}"
        print(f"{counted} {fcd:>6.3f} {scaffolds:>6.3f} {unique:>7.4f} {novel:>6.3f}", flush=True)


def train_variant(variant: Variant, smiles: Sequence[str], seconds: float) -> tuple[MotifGenerator, int]:
    """A generator trained for `seconds` of processor time, and the steps that these were."""
    data = _data(variant, smiles)
    torch.manual_seed(0)
    generator = MotifGenerator(data.vocabulary, variant.network)
    if variant.fingerprints:
        for table in (generator.last, generator.top):
            parametrize.register_parametrization(
                table, "weight", WithFingerprint(data.vocabulary, variant.network.embedding)
            )
    settings = PretrainSettings(
        batch_size=variant.batch_size, learning_rate=variant.learning_rate, warmup=50, checkpoint_every=10**9
    )
    trial = settings.model_copy(update={"epochs": 20 * variant.batch_size / len(data), "report_every": 5})
    paces = _Paces()
    pretrain(deepcopy(generator), data, trial, seed=1, report=paces)
    steps = int(seconds / paces.a_step)
    average = _Average(generator, variant.ema)
    settings = settings.model_copy(update={"epochs": steps * variant.batch_size / len(data), "report_every": 5})
    with patch.object(pretrain_module, "warm_up_and_decay", variant.schedule):
        pretrain(generator, data, settings, seed=0, report=average)
    if variant.fingerprints:
        for table in (generator.last, generator.top):
            parametrize.remove_parametrizations(table, "weight")
    if variant.ema:
        generator.load_state_dict(average.weights)
    return generator, steps


class _Paces:
    """Processor seconds a step, but for the first reports."""

    def __init__(self) -> None:
        self.clocks: list[tuple[float, float]] = []

    def __call__(self, metrics: dict[str, float], checkpoint: object) -> None:
        self.clocks.append((metrics["step"], time.process_time()))

    @property
    def a_step(self) -> float:
        (first, start), (last, end) = self.clocks[0], self.clocks[-1]
        return (end - start) / (last - first)


class _Average:
    """The moving average of a generator's weights, moved at each report."""

    def __init__(self, generator: MotifGenerator, keep: float) -> None:
        self.generator, self.keep = generator, keep
        self.weights = deepcopy(generator.state_dict())

    def __call__(self, metrics: dict[str, float], checkpoint: object) -> None:
        if self.keep:
            for name, value in self.generator.state_dict().items():
                self.weights[name].lerp_(value, 1 - self.keep)


def _data(variant: Variant, smiles: Sequence[str]):
    if variant.roots:
        return RandomRoots(smiles, variant.roots, variant.least_count)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "train.smi"
        path.write_text("\n".join(smiles))
        data = prepare(path, Path(folder) / "cache", least_count=variant.least_count)
        sequences = [np.array(data[i]) for i in range(len(data))]
    return _Sequences(sequences, data.vocabulary)


class _Sequences(list):
    def __init__(self, sequences: list[np.ndarray], vocabulary: Vocabulary) -> None:
        super().__init__(sequences)
        self.vocabulary = vocabulary


def _read_some(name: str, n: int) -> list[str]:
    with gzip.open(ROOT / "data" / name, "rt") as file:
        smiles = [line.split(",")[0].strip() for line in file][1:]
    return [smiles[i] for i in np.random.default_rng(0).permutation(len(smiles))[:n]]


@torch.no_grad()
def _nats(generator: MotifGenerator, smiles: Sequence[str]) -> float:
    sequences = [encode(cut(Chem.MolFromSmiles(text)), generator.vocabulary) for text in smiles]
    with autocast(generator.device):
        return -float(generator.log_likelihood(sequences).mean())


def _cut_at_random(smiles: str, roots: int, rng: np.random.Generator) -> Iterator[Motif]:
    mol = Chem.MolFromSmiles(smiles)
    for root in rng.integers(mol.GetNumAtoms(), size=roots):
        yield cut(mol, int(root))


def _motifs(tree: Motif) -> list[str]:
    found: list[str] = []
    encode_with(tree, lambda motif: found.append(motif) or FIRST_MOTIF)
    return found


def _try_encode(tree: Motif, vocabulary: Vocabulary) -> np.ndarray | None:
    try:
        return np.array(encode(tree, vocabulary), dtype=np.int32)
    except NotEncodable:
        return None


if __name__ == "__main__":
    main()
