"""Critics of every kind learn from what they see, and come back from disk as they were."""

from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import torch

from molgan.base.errors import WeightsError
from molgan.models.critics.critic_kinds import load_critic, make_critic
from molgan.models.critics.descriptor_critic import DescriptorCritic
from molgan.models.critics.discriminator import Discriminator
from molgan.models.critics.joint_critic import JointCritic
from molgan.models.motif.motif_generator import MotifGenerator
from molgan.models.settings import CriticKind, DescriptorCriticSettings
from molgan.training.critic_fitting import train_critic
from molgan.training.settings import CriticSettings

ENDS = ("F", "Cl", "Br", "S", "C#N", "C=C")  # neither O nor N, so that no molecule is in both
ALCOHOLS = [f"OCC{'C' * n}{end}" for n in range(1, 12) for end in ENDS]
AMINES = [f"NCC{'C' * n}{end}" for n in range(1, 12) for end in ENDS]
REFERENCE = ["OCCO", "CCCCCO"]
ASKED = ["OCCCCCl", "nothing", "NCCCCCl"]


def small(kind: CriticKind) -> Discriminator | DescriptorCritic | JointCritic:
    critic = make_critic(kind, REFERENCE, DescriptorCriticSettings(width=16, layers=1), seed=0)
    assert isinstance(critic, Discriminator | DescriptorCritic | JointCritic)
    return critic


@pytest.mark.parametrize("kind", get_args(CriticKind))
def test_it_learns_what_sets_molecules_apart_and_comes_back_from_disk(kind: CriticKind, tmp_path: Path) -> None:
    critic = small(kind)
    real, fake = critic.describe(ALCOHOLS), critic.describe(AMINES)
    critic.fit_scale(real)
    settings = CriticSettings(epochs=8, batch_size=16, learning_rate=1e-2, held_out=0.2, evaluate_every=20, bf16=False)
    assert train_critic(critic, real, fake, settings, seed=0).auc > 0.95
    critic.save(tmp_path / "critic")
    again = load_critic(tmp_path / "critic")
    assert type(again) is type(critic)
    logits = again.score(ASKED, bf16=False)
    assert np.array_equal(logits, critic.score(ASKED, bf16=False), equal_nan=True)
    assert np.isnan(logits[1]) and logits[0] > 0 > logits[2]


def test_the_logit_of_both_views_is_the_sum_of_theirs_over_the_temperature() -> None:
    critic = small("both").eval()
    assert isinstance(critic, JointCritic)
    critic.temperature.fill_(2.0)
    apart = critic.graph.score(ASKED, bf16=False) + critic.descriptors.score(ASKED)
    assert critic.score(ASKED, bf16=False) == pytest.approx(apart / 2, abs=1e-5, nan_ok=True)
    views = critic.describe(["CCO", "nothing", "CCN"]).concatenate(critic.describe(["no", "CCF"]))
    assert views.valid.tolist() == [True, False, True, False, True] and set(views.failures) == {1, 3}
    chosen = views.select(np.array([4, 1, 0]))
    assert chosen.valid.tolist() == [True, False, True] and set(chosen.failures) == {1}
    batch = views.batch(np.array([0, 4]))
    assert torch.equal(critic(batch.to("cpu")), critic(views.select(np.array([0, 4])).batch(np.array([0, 1]))))


def test_weights_of_something_else_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small("both").save(tmp_path / "critic")
    file = tmp_path / "critic.json"
    with pytest.raises(WeightsError, match="belong to a joint critic, not to a discriminator"):
        Discriminator.load(tmp_path / "critic")
    file.write_text(file.read_text().replace("tpsa", "psa"))
    with pytest.raises(WeightsError, match="other descriptors"):
        load_critic(tmp_path / "critic")
    file.write_text(file.read_text().replace("joint critic", MotifGenerator.kind))
    with pytest.raises(WeightsError, match="which is not a critic of molecules"):
        load_critic(tmp_path / "critic")
