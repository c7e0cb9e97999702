"""Settings of the report of a campaign."""

from typing import ClassVar

from pydantic import Field

from molgan.base.settings import Settings


class ReportSettings(Settings):
    """The report of a campaign."""

    miniature: ClassVar = {"reference": 100, "samples": 30}

    reference: int = Field(
        default=2000,
        ge=0,
        le=100_000,
        description="Molecules of the training data whose properties are drawn behind the library's",
    )
    samples: int | None = Field(
        default=None,
        ge=0,
        le=100_000,
        description="Molecules drawn before and after each stage that trains the generator, to show what the stage has "
        "bought; by default 1,000, or none where scoring runs code of your own, a command, a server or docking",
    )
