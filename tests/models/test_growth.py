"""A generator with a larger vocabulary: what it knew it still knows, and what is new it can learn."""

import pytest
import torch
from rdkit import Chem

from molgan.graphs.motif.actions import Vocabulary, encode
from molgan.graphs.motif.motif_data import read_tree
from molgan.models.motif.growth import grow
from molgan.models.motif.motif_generator import MotifGenerator
from molgan.models.settings import MotifNetworkSettings

OLD = Vocabulary(("C", "O", "c1ccccc1"))
NEW = Vocabulary((*OLD.motifs, "F", "C1CC1"), stereo=True)


@pytest.fixture(scope="module")
def generator() -> MotifGenerator:
    torch.manual_seed(0)
    made = MotifGenerator(OLD, MotifNetworkSettings(embedding=8, hidden=8, layers=1), max_atoms=12)
    made.head.bias.data[-1] -= 6  # as trained weights do, it thinks some motifs unlikely
    return made


def test_what_it_knew_keeps_its_likelihood(generator: MotifGenerator) -> None:
    larger = grow(generator, NEW, max_atoms=20, seed=0)
    actions = [encode(read_tree(smiles), OLD) for smiles in ("CCO", "OCCO", "Oc1ccccc1", "CF")]
    before = generator.log_likelihood(actions)
    after = larger.log_likelihood([encode(read_tree(s), NEW) for s in ("CCO", "OCCO", "Oc1ccccc1")], max_atoms=12)
    assert torch.all(after < before[:3])  # the new actions take a share
    torch.testing.assert_close(after, before[:3], atol=0.5, rtol=0)


def test_it_draws_and_learns_what_is_new(generator: MotifGenerator) -> None:
    larger = grow(generator, NEW, max_atoms=20, seed=0)
    assert larger.max_atoms == 20
    assert all(Chem.MolFromSmiles(sample.smiles) for sample in larger.sample(50, seed=0))
    actions = [encode(read_tree(smiles), NEW) for smiles in ("FC1CC1", "C[C@H](O)F")]
    before = larger.log_likelihood(actions).sum()
    optimizer = torch.optim.Adam(larger.parameters(), 0.02)
    for _ in range(20):
        optimizer.zero_grad()
        (-larger.log_likelihood(actions).sum()).backward()
        optimizer.step()
    assert larger.log_likelihood(actions).sum() > before + 10


def test_another_vocabulary_is_refused(generator: MotifGenerator) -> None:
    with pytest.raises(ValueError, match="does not begin with"):
        grow(generator, Vocabulary(("O", "C")), max_atoms=12, seed=0)
