from pathlib import Path

import numpy as np
import pytest
import torch

from molgan.base.errors import WeightsError
from molgan.chem.familiarity import FAMILIARITIES, Familiarity, fragments
from molgan.chem.molecule import parse
from molgan.graphs.features.descriptions import COLUMNS, count_fragments, describe_all
from molgan.models.critics.descriptor_critic import DescriptorCritic
from molgan.models.settings import DescriptorCriticSettings
from molgan.training.critic_fitting import train_critic
from molgan.training.settings import CriticSettings

CHAINS = [f"{'C' * n}{end}" for n in range(2, 12) for end in ("O", "N", "F", "Cl", "Br", "S", "C(=O)O", "C#N")]
RINGS = [
    f"{ring}{'C' * n}{end}" for ring in ("C1CC1", "C1CCC1") for n in range(2, 10) for end in ("O", "N", "F", "S", "Cl")
]


def test_familiarity_counts_molecules_with_a_fragment() -> None:
    reference = count_fragments(["CCO", "CCCO", "no molecule"])
    rows = describe_all(["CCO", "CCS"], reference).values[:, -len(FAMILIARITIES) :]
    seen, unseen = (dict(zip(FAMILIARITIES, row.tolist(), strict=True)) for row in rows)
    assert seen["rare 0.5"] == 0 < unseen["rare 0.5"]
    assert seen["log count of the rarest fragment"] == pytest.approx(np.log(2))
    assert unseen["log count of the rarest fragment"] == 0
    assert seen["fragments"] == len(set(fragments(parse("CCO").mol).tolist()))


def test_a_row_for_each_molecule_in_order_with_reasons() -> None:
    known = Familiarity.of([])
    described = describe_all(["CCO", "C(C", "C1CCCCCCC1", "c1ccccc1Br"], known)
    assert described.valid.tolist() == [True, False, True, True] and "parenthesis" in described.failures[1]
    column = {name: described.values[:, i] for i, name in enumerate(COLUMNS)}
    assert column["rings of 8 or more"][[0, 2, 3]].tolist() == [0, 1, 0] and column["bromine"][3] == 1
    assert np.array_equal(describe_all(["c1ccccc1Br"], known).values[0], described.values[3])


def test_learns_what_sets_molecules_apart_and_comes_back_from_disk(tmp_path: Path) -> None:
    torch.manual_seed(0)
    critic = DescriptorCritic(count_fragments(CHAINS[::2]), DescriptorCriticSettings(width=16, layers=1))
    real, fake = critic.describe(CHAINS[1::2]), critic.describe(RINGS)
    critic.fit_scale(real)
    settings = CriticSettings(epochs=20, batch_size=16, learning_rate=1e-2, held_out=0.2, evaluate_every=20)
    assert train_critic(critic, real, fake, settings, seed=0).auc > 0.95
    critic.save(tmp_path / "critic")
    again = DescriptorCritic.load(tmp_path / "critic")
    asked = ["CCCCO", "nothing", "C1CC1CCO"]
    logits = again.score(asked)
    assert np.array_equal(logits, critic.score(asked), equal_nan=True) and np.isnan(logits[1]) and logits[0] > logits[2]


def test_weights_of_other_descriptors_are_refused(tmp_path: Path) -> None:
    DescriptorCritic(Familiarity.of([])).save(tmp_path / "critic")
    file = tmp_path / "critic.json"
    file.write_text(file.read_text().replace("tpsa", "psa"))
    with pytest.raises(WeightsError, match="other descriptors"):
        DescriptorCritic.load(tmp_path / "critic")
