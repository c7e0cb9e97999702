"""Train the character LSTM on a machine that has PyTorch and little else, such as a rented GPU.

    PYTHONPATH=scripts python scripts/benchmarks/lstm_packed.py pack lstm.xz
    PYTHONPATH=scripts python scripts/benchmarks/lstm_packed.py train lstm.xz lstm.pt --seconds 300
    python scripts/benchmarks/medchem.py lstm --weights medchem --state lstm.pt --seconds 0

`train` takes the seconds of the device's time, loading aside, and writes the weights in half precision.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from lstm_training import Corpus, load_state, train
from packed import read_packed, write_packed
from smiles_lstm import Alphabet

from molgan.base.progress import Silent


class _Printed(Silent):
    """Prints the loss now and then."""

    def __init__(self) -> None:
        self._done = 0

    def advance(self, task: str, by: int = 1, **figures: object) -> None:
        self._done += by
        if by and self._done % 20 == 0:
            print(f"{self._done:6} s  {figures}", flush=True)


def pack(output: Path) -> None:
    from medchem_sets import TRAIN, read_set

    known = read_set(TRAIN)
    alphabet = Alphabet.of(known)
    corpus = Corpus.of(known, alphabet)
    write_packed(
        output, {"tokens": alphabet.tokens}, flat=corpus.flat, lengths=np.diff(corpus.offsets).astype(np.uint16)
    )


def train_packed(packed: Path, output: Path, seconds: float, device: str) -> None:
    torch.set_float32_matmul_precision("high")
    about, stored = read_packed(packed, [])
    alphabet = Alphabet(tuple(about["tokens"]))
    corpus = Corpus(stored["flat"], np.concatenate([[0], np.cumsum(stored["lengths"], dtype=np.int64)]))
    train(output, alphabet, corpus, seconds, checkpoint_every=seconds, device=device, progress=_Printed())
    state = load_state(output)
    assert state is not None
    del state["optimizer"]
    print(f"{state['step']:,} steps of {len(corpus):,} molecules", flush=True)
    state["model"] = {name: tensor.cpu().half() for name, tensor in state["model"].items()}
    torch.save(state, output)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("pack").add_argument("output", type=Path)
    verb = verbs.add_parser("train")
    verb.add_argument("packed", type=Path)
    verb.add_argument("output", type=Path)
    verb.add_argument("--seconds", type=float, default=300)
    verb.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    a = parser.parse_args()
    if a.verb == "pack":
        pack(a.output)
    else:
        train_packed(a.packed, a.output, a.seconds, a.device)


if __name__ == "__main__":
    main()
