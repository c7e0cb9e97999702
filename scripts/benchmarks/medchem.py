"""The figures of a prior of medicinal chemistry, as tables in markdown; progress goes to stderr.

    python scripts/benchmarks/medchem.py distribution --weights medchem > distribution.md
    python scripts/benchmarks/medchem.py control --weights medchem --guidance 1 1.5 2 --candidates 1 4

What each figure means: docs/medchem.md. The sets of data/ are needed. Priors without properties to aim at have no
`control`.
"""

import argparse
import sys
from pathlib import Path

import medchem_control
import medchem_distribution
import medchem_fragments
import medchem_likelihood
import medchem_lstm
import medchem_round_trip
import medchem_speed
import medchem_tiers
from rdkit import RDLogger

from molgan.base.errors import MolganError
from molgan.cli.bars import show_progress

PARTS = {
    "distribution": (medchem_distribution, 30_000, "distance to held-out molecules, novelty, stereo, rings"),
    "round_trip": (medchem_round_trip, None, "what the motif trees can say"),
    "likelihood": (medchem_likelihood, 10_000, "nats a molecule, beside the MOSES prior; overfitting"),
    "control": (medchem_control, 1_000, "distance from properties that were aimed at"),
    "lstm": (medchem_lstm, 30_000, "train a character LSTM and compare"),
    "speed": (medchem_speed, 10_000, "molecules a second, beside the character LSTM"),
    "tiers": (medchem_tiers, 20_000, "what each tier of the training data brings"),
    "fragments": (medchem_fragments, 100, "molecules around given fragments, beside GenMol"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parts = parser.add_subparsers(dest="part", required=True, metavar="PART")
    for name, (module, molecules, summary) in PARTS.items():
        add_arguments(
            parts.add_parser(
                name, help=summary, description=module.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
            ),
            name,
            molecules,
        )
    arguments = parser.parse_args()
    RDLogger.DisableLog("rdApp.*")
    try:
        with show_progress() as progress:
            PARTS[arguments.part][0].run(arguments, progress)
    except MolganError as error:
        sys.exit(f"medchem.py: {error}")


def add_arguments(part: argparse.ArgumentParser, name: str, molecules: int | None) -> None:
    """The arguments of a subcommand; `molecules` is its default number."""
    part.add_argument("--weights", default="medchem", help="shipped weights by their name, or a folder of a training")
    part.add_argument("--molecules", type=int, default=molecules, help=f"molecules of each kind (default: {molecules})")
    part.add_argument("--processes", type=int, default=1, help="processes that describe molecules")
    seeds = [0, 1, 2] if name == "distribution" else [0]
    part.add_argument("--seeds", type=int, nargs="+", default=seeds, help="seeds of the samples")
    if name in ("distribution", "lstm", "fragments"):
        part.add_argument("--raw", action="store_true", help="without the critic of the weights")
    if name in ("distribution", "lstm", "speed"):
        part.add_argument("--known", type=int, help="use this many training molecules (rings, LSTM); by default all")
    if name == "control":
        part.add_argument("--guidance", type=float, nargs="+", default=[1.0], help="1 is plain conditioning")
        part.add_argument("--candidates", type=int, nargs="+", default=[1], help="drawn for each sample that is kept")
        part.add_argument("--output", type=Path, help="CSV file for what was aimed at and reached")
    if name in ("lstm", "speed"):
        part.add_argument("--state", type=Path, default=Path("runs/medchem_lstm.pt"), help="state of the LSTM")
        part.add_argument(
            "--seconds", type=float, default=0, help="processor time to train for; 0: as it is, 60 for a new one"
        )
        part.add_argument("--embedding", type=int, default=256, help="features of a token of the LSTM")
        part.add_argument("--checkpoint-every", type=float, default=300, help="processor seconds between states")
    if name == "speed":
        part.add_argument("--rounds", type=int, default=3, help="the best counts; the samplers take turns")
    if name == "fragments":
        part.add_argument("file", type=Path, help="drugs and fragments, see above")
        part.add_argument("--target", action="append", default=[], metavar="NAME=VALUE", help="what samples aim at")


if __name__ == "__main__":
    main()
