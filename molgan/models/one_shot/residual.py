"""Residual layers on vectors."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F


class ResidualBlock(nn.Module):
    """h + W₂ silu(W₁ norm(h) + W₃ condition); starts as the identity (W₂ is 0)."""

    def __init__(self, width: int, condition: int = 0, *, norm: bool = True) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width) if norm else nn.Identity()
        self.first, self.second = nn.Linear(width, width), nn.Linear(width, width)
        self.condition = nn.Linear(condition, width, bias=False) if condition else None
        nn.init.zeros_(self.second.weight)
        nn.init.zeros_(self.second.bias)

    def forward(self, h: Tensor, condition: Tensor | None = None) -> Tensor:
        """h [B, width], condition [B, condition] to [B, width]."""
        inner: Tensor = self.first(self.norm(h))
        if self.condition is not None and condition is not None:
            inner = inner + self.condition(condition)
        change: Tensor = self.second(F.silu(inner))
        return h + change


class ResidualNetwork(nn.Module):
    """[B, inputs] to [B, outputs] by `blocks` residual blocks of a width, each of which sees the condition."""

    def __init__(self, inputs: int, width: int, blocks: int, outputs: int, condition: int = 0) -> None:
        super().__init__()
        self.first = nn.Linear(inputs, width)
        self.blocks = nn.ModuleList(ResidualBlock(width, condition) for _ in range(blocks))
        self.norm = nn.LayerNorm(width)
        self.last = nn.Linear(width, outputs)

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        h = self.first(x)
        for block in self.blocks:
            h = block(h, condition)
        outputs: Tensor = self.last(self.norm(h))
        return outputs
