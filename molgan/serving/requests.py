"""What clients send. None of it names a file, a program, a server or a module: those are the configuration's alone."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from molgan.base.settings import Settings

_TEXT_OR_NULL: dict[str, Any] = {"items": {"type": ["string", "null"]}}


class Molecules(Settings):
    """Molecules to score or filter."""

    smiles: list[Any] = Field(
        description="SMILES; what is none gets a row with the reason", json_schema_extra=_TEXT_OR_NULL
    )


class Samples(Settings):
    """Molecules to draw; what is left out is as the configuration has it."""

    n: int = Field(ge=1, description="Molecules")
    seed: int | None = Field(
        None, ge=0, lt=2**32, description="The same one gives the same molecules; drawn by default"
    )
    targets: dict[str, float] | None = Field(
        None, max_length=64, description="Properties to aim at, of those that the generator was trained for"
    )
    guidance: float | None = Field(None, ge=0, le=100, description="How strongly to aim")
    candidates: int = Field(1, ge=1, le=32, description="Molecules drawn for each one; the nearest is kept")
    core: str | None = Field(None, max_length=500, description="SMILES with marks * that every molecule contains")
    temperature: float = Field(1.0, gt=0, le=10, description="Above 1 molecules vary more")
    raw: bool = Field(False, description="Leave out the critic of the weights")
    max_atoms: int | None = Field(None, ge=1, le=200, description="Most heavy atoms")

    @property
    def options(self) -> Mapping[str, Any]:
        """The options of `molgan.sample` that the client has set."""
        return self.model_dump(exclude={"n", "seed"}, exclude_unset=True, exclude_none=True)
