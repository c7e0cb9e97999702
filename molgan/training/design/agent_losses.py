"""The losses by which the agent learns from the elite; each registers under its name."""

from __future__ import annotations

from torch import Tensor

from molgan.training import losses
from molgan.training.registry import AGENT_LOSSES as AGENT_LOSSES
from molgan.training.registry import agent_loss as agent_loss


@agent_loss
def augmented_likelihood(agent: Tensor, anchor: Tensor, energy: Tensor, log_normaliser: Tensor) -> Tensor:
    """Mean of (log p_anchor + energy - log p_agent)² over molecules (Olivecrona et al. 2017, eq. 4).

    `log_variance` with a log normaliser of 0: where energies are large it pulls all rewarded molecules up.
    """
    return (anchor.detach() + energy.detach() - agent).square().mean()


@agent_loss
def log_variance(agent: Tensor, anchor: Tensor, energy: Tensor, log_normaliser: Tensor) -> Tensor:
    """`losses.log_variance`, which needs no normaliser."""
    return losses.log_variance(agent, anchor, energy)


@agent_loss
def trajectory_balance(agent: Tensor, anchor: Tensor, energy: Tensor, log_normaliser: Tensor) -> Tensor:
    """Mean of (log Z + log p_agent - log p_anchor - energy)² (Malkin et al. 2022, equation 14, for sequences, whose
    backward policy is 1; anchored as in Kim et al. 2024, "Genetic-guided GFlowNets").
    """
    return (log_normaliser + agent - anchor.detach() - energy.detach()).square().mean()
