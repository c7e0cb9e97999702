"""Likelihoods are the same whether sequences have walked through the grammar before or not."""

import torch

from molgan.graphs.motif.actions import Vocabulary
from molgan.graphs.motif.forcing import Walk
from molgan.models.motif.motif_generator import MotifGenerator
from molgan.models.settings import MotifNetworkSettings

TINY = MotifNetworkSettings(embedding=8, hidden=8, layers=1, readout=4)


def test_walked_or_not() -> None:
    torch.manual_seed(0)
    generator = MotifGenerator(Vocabulary(("C", "O", "N", "c1ccccc1"), stereo=True), TINY, max_atoms=12).eval()
    actions: list[tuple[int, ...]] = [sample.actions for sample in generator.sample(40, seed=0, bf16=False)]
    actions += [(), (1, 2, 3), actions[0][:-1]]  # nothing, nonsense, not complete
    walked = generator.log_likelihood(actions)
    fresh = generator.log_likelihood_of([Walk(torch.tensor(sequence, dtype=torch.long), ()) for sequence in actions])
    torch.testing.assert_close(walked, fresh)
    assert torch.isfinite(walked[:40]).all()
    assert (walked[40:] == -torch.inf).all()


def test_a_smaller_budget_forbids() -> None:
    torch.manual_seed(0)
    generator = MotifGenerator(Vocabulary(("C", "O")), TINY, max_atoms=12).eval()
    drawn = [sample.actions for sample in generator.sample(40, seed=1, bf16=False)]
    large = [actions for actions in drawn if len(actions) > 9][:1]
    assert large and torch.isfinite(generator.log_likelihood(large)).all()
    assert (generator.log_likelihood(large, max_atoms=2) == -torch.inf).all()
