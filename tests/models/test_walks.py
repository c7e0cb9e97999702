"""Likelihoods are the same whether sequences have walked through the grammar before or not."""

import numpy as np
import torch

from molgan.graphs.motif.actions import Vocabulary
from molgan.graphs.motif.forcing import Walk
from molgan.graphs.motif.motif_data import ActionData
from molgan.graphs.motif.walked_data import WalkedData
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


def test_walked_data_tell_the_same() -> None:
    torch.manual_seed(0)
    generator = MotifGenerator(Vocabulary(("C", "O", "N", "c1ccccc1"), stereo=True), TINY, max_atoms=12).eval()
    sequences: list[tuple[int, ...]] = [sample.actions for sample in generator.sample(40, seed=0, bf16=False)]
    sequences.insert(3, (1, 2, 3))
    offsets = np.cumsum([0, *map(len, sequences)])
    data = ActionData(generator.vocabulary, np.array(sum(sequences, ()), dtype=np.uint16), offsets, {})
    walked = WalkedData.of(generator.grammar, data, generator.max_atoms)
    rows = np.random.default_rng(0).permutation(len(sequences))[:30]
    rows = np.append(rows[rows != 3], 3)
    found = generator.log_likelihood_of(walked.of_rows(rows))
    torch.testing.assert_close(found, generator.log_likelihood([sequences[i] for i in rows]))
    assert found[-1] == -torch.inf and torch.isfinite(found[:-1]).all()
