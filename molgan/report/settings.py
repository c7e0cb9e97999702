"""What the report of a campaign shows."""

from typing import ClassVar

from pydantic import Field

from molgan.base.settings import Settings


class ReportSettings(Settings):
    """`reference` is how many molecules of the training data have their properties drawn behind the library's."""

    miniature: ClassVar = {"reference": 100}

    reference: int = Field(default=2000, ge=0, le=100_000)
