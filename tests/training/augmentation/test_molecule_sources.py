"""Each source draws a molecule for each that it is given, the same for the same seed."""

from pathlib import Path

import pytest
import torch
from rdkit import Chem

from molgan.base.errors import ConfigError, InputError
from molgan.graphs.motif.actions import Vocabulary
from molgan.models.motif.motif_generator import MotifGenerator
from molgan.models.settings import MotifNetworkSettings, SourceSettings
from molgan.training.augmentation import molecule_sources
from molgan.training.augmentation.molecule_sources import choose_source, open_source
from molgan.training.augmentation.settings import AugmentSettings
from molgan.training.augmentation.synthesiser import Synthesiser
from molgan.training.domains.settings import AdaptationSettings

MOTIFS = ("C", "O", "N", "C=O", "c1ccccc1", "c1ccncc1", "F")
FAMILY = [Chem.MolFromSmiles(f"CNC(=O)c1ccc({end})cc1") for end in ("C", "O", "N", "F", "OC", "NC", "CC")]


@pytest.fixture
def weights(tmp_path: Path) -> str:
    torch.manual_seed(0)
    network = MotifNetworkSettings(embedding=8, hidden=8, layers=1, condition=("logp", "mw"))
    reader = SourceSettings(width=8, layers=1, heads=2, query=4)
    MotifGenerator(Vocabulary(MOTIFS, stereo=True), network, max_atoms=14, source=reader).save(tmp_path / "weights")
    return str(tmp_path)


@pytest.mark.parametrize("name", ["genetic", "samples", "tuned", "analogues"])
def test_a_molecule_for_each_that_is_given(weights: str, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(
        molecule_sources, "AdaptationSettings", lambda: AdaptationSettings(epochs=1, folds=2, bf16=False)
    )
    source = open_source(AugmentSettings(source=name, weights=weights, similarity=0.01))  # type: ignore[arg-type]
    source.study(FAMILY, 5)
    mols, numbers = [FAMILY[0], FAMILY[1], FAMILY[0]], [0, 0, 1]
    drawn = source.draw(mols, numbers, seed=5, turn=0)
    assert source.name == name and len(drawn) == 3 and any(drawn)
    assert all(Chem.MolFromSmiles(text) is not None for text in drawn if text is not None)
    assert drawn == source.draw(mols, numbers, seed=5, turn=0)
    if name == "analogues":  # the likeliest first, each once
        assert drawn[0] != drawn[2]
    else:
        assert drawn != source.draw(mols, numbers, seed=6, turn=0)
    assert source.draw([], [], seed=5, turn=0) == []


def test_auto_takes_weights_that_read_a_molecule(weights: str) -> None:
    assert choose_source(AugmentSettings(weights=weights)) == "analogues"
    assert choose_source(AugmentSettings(weights="moses")) == "genetic"
    assert choose_source(AugmentSettings(weights=weights, source="samples")) == "samples"
    with pytest.raises(ConfigError, match="no weights at nowhere"):
        choose_source(AugmentSettings(weights="nowhere"))


def test_weights_that_cannot_aim_are_refused_and_too_few_molecules_are_a_cause(weights: str, toys) -> None:
    with pytest.raises(ConfigError, match="cannot aim at properties"):
        open_source(AugmentSettings(source="samples", weights="moses"))
    tuned = open_source(AugmentSettings(source="tuned", weights=weights))
    with pytest.raises(InputError, match="at least 5"):
        tuned.study(FAMILY[:2], 0)
    measured = toys.measure_classes([0, 10, 20])
    found = Synthesiser(tuned, toys.FAST)(measured, 5, 0)
    assert found.molecules == [] and "at least 5" in next(iter(found.dropped))
