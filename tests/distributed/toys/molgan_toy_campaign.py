"""A campaign in miniature: an untrained generator of a few motifs, a little training data, every stage."""

import sys
from collections.abc import Sequence
from pathlib import Path

import torch

from molgan.chem.shipped_sets import load_reference
from molgan.graphs.motif.actions import SPELL, Vocabulary
from molgan.models.motif.motif_generator import MotifGenerator
from molgan.models.settings import MotifNetworkSettings

MOTIFS = ("C", "O", "N", "C=O", "c1ccccc1", "n1ccccc1", "C1CCNCC1", "F", "C#N")
LIBRARY = ("library.csv", "library.smi", "rejected.csv", "metrics.jsonl")
CAMPAIGN = """\
name: mini
seed: 3
data: {train: train.smi}
generator: {weights: WEIGHTS}
adversarial:
  real: 60
  fake: 60
  critic: {epochs: 2, batch_size: 40, evaluate_every: 2, bf16: false}
  steps: 4
  batch_size: 8
  gan_weight: 0.5
  checkpoint_every: 2
  bf16: false
reinforce: {steps: 6, batch_size: 8, replay: 2, checkpoint_every: 2, plausible: false, bf16: false}
objective:
  components:
    - scorer: qed
    - {scorer: sa, transform: {name: reverse_sigmoid, low: 2, high: 6}}
    - {scorer: mw, weight: 0}
sample: {n: 40, round: 20}
filters:
  - valid
  - distinct
  - {filter: size, min: 3}
  - novel
  - {filter: score, min: 0.05}
  - {filter: scaffolds, most: 3, column: score}
report: {reference: 10, samples: 40}
compute: {threads: 1, scoring: {cpus: 0.5}}
"""


def make_home(folder: Path) -> Path:
    """A folder with the configuration, mini.yaml, its training data and weights."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = MotifNetworkSettings(embedding=8, hidden=8, layers=1)
        generator = MotifGenerator(Vocabulary(MOTIFS), network, max_atoms=14)
    generator.head.bias.data[SPELL] -= 5
    generator.save(folder / "weights")
    known = load_reference("moses_reference_1000")[:100]
    (folder / "train.smi").write_text("".join(f"{record.smiles}\n" for record in known))
    (folder / "mini.yaml").write_text(CAMPAIGN.replace("WEIGHTS", str(folder)))
    return folder


def drive(home: str, overrides: Sequence[str]) -> None:
    """Run the campaign; messages go to stdout."""
    import molgan_toy_scorers  # noqa: F401  registers them

    from molgan.base.progress import Silent
    from molgan.campaign import run
    from molgan.config import load_config

    class Printed(Silent):
        def message(self, text: str) -> None:
            print(text, flush=True)

    run(load_config(Path(home) / "mini.yaml", list(overrides)), progress=Printed())


def libraries_differ(one: Path, other: Path) -> list[str]:
    """The files of two run folders that are not the same byte for byte."""
    return [name for name in LIBRARY if (one / name).read_bytes() != (other / name).read_bytes()]


if __name__ == "__main__":
    from molgan.base.errors import MolganError

    try:
        drive(sys.argv[1], sys.argv[2:])
    except MolganError as error:
        sys.exit(f"molgan: {error}")
