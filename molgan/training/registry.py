"""Losses by the names that settings choose them by; without PyTorch, so that settings can be read without it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

if TYPE_CHECKING:
    from torch import Tensor

    Side: TypeAlias = Callable[[Tensor, Tensor], Tensor]
    AgentLoss: TypeAlias = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]
    """Of log p_agent, log p_anchor and energies, each [B] in nats, and a learned scalar, the log normaliser."""


class GanLoss(NamedTuple):
    """Both take the critic's logits of real and of fake samples, each [B], and give a scalar to be minimised."""

    critic: Side
    generator: Side


GAN_LOSSES: dict[str, GanLoss] = {}
AGENT_LOSSES: dict[str, AgentLoss] = {}


def gan_loss(name: str, *, critic: Side) -> Callable[[Side], Side]:
    """Let `oneshot.loss` choose by `name`: the decorated function is the generator's side, `critic` the other."""

    def register(generator: Side) -> Side:
        GAN_LOSSES[name] = GanLoss(critic, generator)
        return generator

    return register


def agent_loss(loss: AgentLoss) -> AgentLoss:
    """Let `optimize.loss` choose a loss by the name of its function; a decorator."""
    AGENT_LOSSES[loss.__name__] = loss
    return loss


@dataclass(frozen=True)
class OrRegistered:
    """Annotates a setting: beside what its type allows, the names that a program has put into `table`."""

    table: Mapping[str, object]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_wrap_validator_function(
            lambda name, check: name if name in self.table else check(name),
            handler(source),
            serialization=core_schema.to_string_ser_schema(),
        )
