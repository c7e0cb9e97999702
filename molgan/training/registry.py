"""The registered losses by name; without PyTorch, so that settings can be read without it."""

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
    """A function of log p_agent, log p_anchor and energies, each [B] in nats, and the log normaliser, a scalar."""


class GanLoss(NamedTuple):
    """The losses of critic and generator: functions of the logits of real and fake samples, each [B], to a scalar."""

    critic: Side
    generator: Side


GAN_LOSSES: dict[str, GanLoss] = {}
AGENT_LOSSES: dict[str, AgentLoss] = {}


def gan_loss(name: str, *, critic: Side) -> Callable[[Side], Side]:
    """Register the decorated loss of the generator and the loss `critic`, so that `oneshot.loss` can choose `name`."""

    def register(generator: Side) -> Side:
        GAN_LOSSES[name] = GanLoss(critic, generator)
        return generator

    return register


def agent_loss(loss: AgentLoss) -> AgentLoss:
    """Register a loss, so that `optimize.loss` can choose it by the name of its function; a decorator."""
    AGENT_LOSSES[loss.__name__] = loss
    return loss


@dataclass(frozen=True)
class OrRegistered:
    """Annotates a setting that also allows the names registered in `table`."""

    table: Mapping[str, object]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_wrap_validator_function(
            lambda name, check: name if name in self.table else check(name),
            handler(source),
            serialization=core_schema.to_string_ser_schema(),
        )
