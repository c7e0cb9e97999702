"""The critics of molecules by what they see: made for a training, and loaded whatever their kind."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from molgan.base.errors import WeightsError
from molgan.graphs.features.descriptions import count_fragments
from molgan.models.critics.descriptor_critic import DescriptorCritic
from molgan.models.critics.discriminator import Discriminator
from molgan.models.critics.joint_critic import JointCritic
from molgan.models.protocols import Critic
from molgan.models.settings import CriticKind, DescriptorCriticSettings
from molgan.models.weights import read_kind

_CRITICS = {critic.kind: critic for critic in (Discriminator, DescriptorCritic, JointCritic)}


def make_critic(
    kind: CriticKind,
    reference: Sequence[str],
    network: DescriptorCriticSettings | None = None,
    *,
    seed: int,
    processes: int = 1,
) -> Critic:
    """An untrained critic.

    Args:
        kind: What it sees.
        reference: SMILES of real molecules whose fragments are familiar to a critic of descriptors; it must not be
            trained on them, nor judge them.
        network: The network of a critic of descriptors.
        seed: Seed of the weights.
        processes: Processes that count fragments.
    """
    if kind == "graph":
        return Discriminator(seed=seed)
    descriptors = DescriptorCritic(count_fragments(reference, workers=processes), network, seed=seed)
    return descriptors if kind == "descriptors" else JointCritic(Discriminator(seed=seed), descriptors)


def load_critic(path: str | Path) -> Critic:
    """The critic saved at `path` (without suffix). Raises WeightsError for missing or damaged weights, weights of
    something else, or another architecture."""
    kind = read_kind(path)
    if kind not in _CRITICS:
        raise WeightsError(f"{path}.json: the weights belong to a {kind}, which is not a critic of molecules")
    return _CRITICS[kind].load(path)
