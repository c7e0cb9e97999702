"""A campaign in miniature: an untrained generator of a few motifs, a little training data, every stage."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from molgan.campaign import run
from molgan.chem.shipped_sets import load_reference
from molgan.config import CampaignConfig, load_config
from molgan.graphs.motif.actions import SPELL, Vocabulary
from molgan.models.motif.motif_generator import MotifGenerator
from molgan.models.settings import MotifNetworkSettings

Configure = Callable[..., CampaignConfig]

MOTIFS = ("C", "O", "N", "C=O", "c1ccccc1", "n1ccccc1", "C1CCNCC1", "F", "C#N")
CAMPAIGN = """\
name: mini
seed: 3
data: {train: train.smi}
generator: {weights: WEIGHTS}
adversarial:
  real: 60
  fake: 60
  critic: {reference: 40, epochs: 2, batch_size: 40, evaluate_every: 2, bf16: false}
  steps: 3
  batch_size: 8
  gan_weight: 0.5
  checkpoint_every: 2
  bf16: false
reinforce: {steps: 4, batch_size: 8, replay: 2, checkpoint_every: 2, bf16: false}
objective:
  components:
    - scorer: qed
    - {scorer: sa, transform: {name: reverse_sigmoid, low: 2, high: 6}}
    - {scorer: mw, weight: 0}
sample: {n: 25, round: 10}
filters:
  - valid
  - distinct
  - {filter: size, min: 3}
  - novel
  - {filter: score, min: 0.05}
  - {filter: scaffolds, most: 3, column: score}
report: {reference: 10, samples: 20}
compute: {threads: 1}
"""


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the configuration, the training data and the weights."""
    folder = tmp_path_factory.mktemp("home")
    torch.manual_seed(0)
    network = MotifNetworkSettings(embedding=8, hidden=8, layers=1)
    generator = MotifGenerator(Vocabulary(MOTIFS), network, max_atoms=14)
    generator.head.bias.data[SPELL] -= 5
    generator.save(folder / "weights")
    known = load_reference("moses_reference_1000")[:100]
    (folder / "train.smi").write_text("".join(f"{record.smiles}\n" for record in known))
    (folder / "mini.yaml").write_text(CAMPAIGN.replace("WEIGHTS", str(folder)))
    return folder


@pytest.fixture(autouse=True)
def _own_cache(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOLGAN_CACHE", str(home / "cache"))


@pytest.fixture
def configure(home: Path, tmp_path: Path) -> Configure:
    """Loads the miniature with overrides; its run folder is `tmp_path`/run."""
    return lambda *overrides: load_config(home / "mini.yaml", [f"out={tmp_path / 'run'}", *overrides])


@pytest.fixture(scope="session")
def finished(home: Path) -> Path:
    """The run folder of the miniature, run undisturbed; not to be changed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MOLGAN_CACHE", str(home / "cache"))
        run(load_config(home / "mini.yaml", [f"out={home / 'run'}"]))
    return home / "run"
