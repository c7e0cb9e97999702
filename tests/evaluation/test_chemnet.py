import numpy as np
import pytest

from molgan.base.errors import WeightsError
from molgan.evaluation import chemnet

SMILES = ["CCO", "Clc1ccc(Br)cc1", "C[Si](C)C", "[Na+].[Cl-]", "C" * 400, "[Li]C", "CC1CCCCCCCCC1"]


def test_activations_equal_those_of_fcd_torch():
    utils = pytest.importorskip("fcd_torch.utils")
    torch = pytest.importorskip("torch")
    network = utils.load_imported_model(torch.load(chemnet._weights_path(), weights_only=True)).eval()
    inputs = np.stack([utils.get_one_hot(smiles, 350) / 35 for smiles in SMILES])
    with torch.inference_mode():
        expected = network(torch.from_numpy(inputs).float().transpose(1, 2)).numpy()
    np.testing.assert_allclose(chemnet.activations(SMILES), expected, atol=1e-6)


def test_no_molecules_have_no_activations():
    assert chemnet.activations([]).shape == (0, 512)


def test_missing_weights_are_named(monkeypatch):
    monkeypatch.setattr(chemnet, "find_spec", lambda name: None)
    with pytest.raises(WeightsError, match="pip install fcd_torch"):
        chemnet._weights_path()
