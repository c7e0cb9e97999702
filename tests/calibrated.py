"""Small weights that tell realism, untrained: a generator, a critic, and percentiles of the generator's own samples."""

from pathlib import Path

import torch

from molgan.chem.familiarity import Familiarity
from molgan.graphs.motif.actions import Vocabulary
from molgan.models.critics.descriptor_critic import DescriptorCritic
from molgan.models.motif.motif_generator import MotifGenerator
from molgan.models.motif.refined import RefinedGenerator
from molgan.models.realism.realism_meter import RealismMeter
from molgan.models.settings import MotifNetworkSettings

MOTIFS = ("C", "O", "N", "C=O", "c1ccccc1", "F")


def save_uncalibrated(folder: Path) -> MotifGenerator:
    """Write the weights with their critic into a folder."""
    torch.manual_seed(0)
    network = MotifNetworkSettings(embedding=8, hidden=16, layers=1)
    generator = MotifGenerator(Vocabulary(MOTIFS), network, max_atoms=12).eval()
    generator.save(folder / "weights")
    critic = DescriptorCritic(Familiarity.of([]))
    drawn = [sample.smiles for sample in generator.sample(200, seed=5)]
    critic.fit_scale(critic.describe(drawn))
    RefinedGenerator(generator, critic, cap=0.0).save(folder / "weights")
    return generator


def save_calibrated(folder: Path) -> list[str]:
    """The same, calibrated by 200 samples, which are given."""
    generator = save_uncalibrated(folder)
    drawn = [sample.smiles for sample in generator.sample(200, seed=1)]
    calibration, count = RealismMeter.load(folder, calibrated=False).calibrate(drawn)
    calibration.save(folder / "weights", molecules=count)
    return drawn
