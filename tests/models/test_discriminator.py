import json

import numpy as np
import pytest
import torch
from torch_geometric.data import Batch
from torch_geometric.nn import RGCNConv

from molgan.base.errors import WeightsError
from molgan.graphs.features.featurizer import featurize, featurize_all
from molgan.graphs.features.graph_arrays import RELATIONS
from molgan.models.critics.discriminator import Discriminator
from molgan.models.critics.relational import RelationalLayer, neighbours
from molgan.models.precision import has_bfloat16
from molgan.models.settings import DiscriminatorSettings

SMILES = ["CC(=O)Oc1ccccc1C(=O)O", "C", "C[N+](C)(C)CC(=O)[O-]", "N#Cc1ccc2[nH]ccc2c1", "[NH4+].[Cl-]", "CCO"]
SMALL = DiscriminatorSettings(width=16, layers=3, readout=16)


@pytest.fixture
def critic() -> Discriminator:
    return Discriminator(SMALL, seed=1).eval()


def test_the_order_of_atoms_and_bonds_does_not_matter(critic):
    batch = featurize(SMILES[0])
    logit = critic(batch)
    order = torch.randperm(len(batch.x), generator=torch.Generator().manual_seed(0))
    shuffled = batch.clone()
    shuffled.x = batch.x[order]
    edges = torch.randperm(len(batch.edge_type), generator=torch.Generator().manual_seed(1))
    shuffled.edge_index = order.argsort()[batch.edge_index][:, edges]
    shuffled.edge_type = batch.edge_type[edges]
    assert torch.allclose(critic(shuffled), logit, atol=1e-6)
    shuffled.edge_type = batch.edge_type.flip(0)[edges]
    assert not torch.allclose(critic(shuffled), logit, atol=1e-4)


def test_a_score_does_not_depend_on_the_batch(critic):
    together = critic.score(SMILES, bf16=False)
    alone = [critic.score([smiles], bf16=False)[0] for smiles in SMILES]
    assert np.allclose(together, alone, atol=1e-6)
    assert np.allclose(together, critic.score(SMILES, bf16=False, batch_size=2), atol=1e-6)
    assert len(set(np.round(together, 6))) == len(SMILES)


def test_scores_come_in_order_with_nan_for_what_is_no_molecule(critic):
    mixed = critic.score(["C1CC", SMILES[0], None, SMILES[1]], bf16=False)
    assert np.isnan(mixed).tolist() == [True, False, True, False]
    assert np.allclose(mixed[[1, 3]], critic.score(SMILES[:2], bf16=False), atol=1e-6)
    assert critic.score([]).shape == (0,)


def test_a_batch_of_pyg_is_as_good_as_ours(critic):
    ours = critic(featurize_all(SMILES).batch())
    assert torch.allclose(critic(Batch.from_data_list([featurize(smiles) for smiles in SMILES])), ours, atol=1e-6)


def test_the_relational_sums_and_their_gradient_are_those_of_pyg():
    batch = featurize_all(SMILES).batch()
    layer = RelationalLayer(8)
    reference = RGCNConv(8, 8, len(RELATIONS), aggr="add", bias=True)
    parts = layer.relations.weight.detach().split(8, dim=1)
    reference.root.data = parts[0].T
    reference.weight.data = torch.stack([part.T for part in parts[1:]])
    reference.bias.data = layer.relations.bias.detach()
    layer.norm = layer.out = torch.nn.Identity()
    h = torch.randn(len(batch.x), 8, generator=torch.Generator().manual_seed(0), requires_grad=True)
    results = [
        layer(h, neighbours(batch.edge_index, batch.edge_type, len(h))),
        h + torch.nn.functional.silu(reference(h, batch.edge_index, batch.edge_type)),
    ]
    gradients = [torch.autograd.grad(result.square().sum(), h)[0] for result in results]
    assert torch.allclose(*results, atol=1e-5)
    assert torch.allclose(*gradients, atol=1e-4)


@pytest.mark.skipif(not has_bfloat16(), reason="the processor has no bfloat16")
def test_bfloat16_scores_are_near_those_of_float32(critic):
    wide, half = critic.score(SMILES, bf16=False), critic.score(SMILES)
    assert np.abs(wide - half).max() < 0.02 and not np.array_equal(wide, half)


def test_the_same_seed_makes_the_same_network_and_leaves_the_global_generator_alone():
    state = torch.get_rng_state()
    one, two, other = (Discriminator(SMALL, seed=seed).score(SMILES) for seed in (1, 1, 2))
    assert np.array_equal(one, two) and not np.array_equal(one, other)
    assert torch.equal(torch.get_rng_state(), state)


def test_saved_weights_score_as_before(tmp_path):
    before = Discriminator(SMALL, seed=3)
    before.temperature.fill_(1.5)
    before.save(tmp_path / "sub" / "weights")
    assert sorted(file.name for file in (tmp_path / "sub").iterdir()) == ["weights.json", "weights.safetensors"]
    after = Discriminator.load(tmp_path / "sub" / "weights")
    assert np.array_equal(before.score(SMILES), after.score(SMILES))


def test_weights_that_do_not_fit_are_refused_in_one_line(tmp_path, critic):
    path = tmp_path / "critic"
    critic.save(path)
    description = json.loads((tmp_path / "critic.json").read_text())

    def refusal(**changes: object) -> str:
        (tmp_path / "critic.json").write_text(json.dumps({**description, **changes}))
        with pytest.raises(WeightsError) as caught:
            Discriminator.load(path)
        assert "\n" not in str(caught.value) and str(path) in str(caught.value)
        return str(caught.value)

    assert "has shape (16, 35), not (32, 35); the weights belong to another architecture" in refusal(
        settings={**description["settings"], "width": 32}
    )
    assert "encoder.layers.3.norm.weight is missing" in refusal(settings={**description["settings"], "layers": 4})
    assert "encoder.layers.2.norm.bias is not part of the model" in refusal(
        settings={**description["settings"], "layers": 2}
    )
    assert "settings are not those of a discriminator" in refusal(settings={"depth": 3})
    assert "to a reward network, not to a discriminator" in refusal(kind="reward network")
    assert "other atom and bond features" in refusal(graph={})
    (tmp_path / "critic.safetensors").write_bytes(b"torn")
    assert "safetensors: " in refusal()
    (tmp_path / "critic.json").write_text("{")
    with pytest.raises(WeightsError, match="does not describe weights"):
        Discriminator.load(path)
    with pytest.raises(WeightsError, match="No such file"):
        Discriminator.load(tmp_path / "missing")
