"""The critic for sampling by rejection."""

import pytest
import torch

from molgan.base.errors import InputError
from molgan.graphs.motif.actions import Vocabulary
from molgan.models.motif.motif_generator import MotifGenerator
from molgan.models.settings import MotifNetworkSettings
from molgan.training.prior.rejection import train_rejection
from molgan.training.settings import RejectionSettings


def test_too_large_a_reference_for_the_data_is_named() -> None:
    torch.manual_seed(0)
    generator = MotifGenerator(
        Vocabulary(("C", "O")), MotifNetworkSettings(embedding=8, hidden=8, layers=1), max_atoms=3
    )
    with pytest.raises(InputError, match="none of 3 molecules is left for the critic; lower `reference`"):
        train_rejection(generator, ["C", "CO", "CC"], RejectionSettings(real=40, reference=400_000), seed=0)
