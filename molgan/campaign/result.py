"""The result of a campaign."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True)
class CampaignResult:
    """`kept` molecules of `drawn` passed every filter; `target` is what was asked for, None where nothing was.

    `starved_by`: where the library is short of its target, the filter that rejects the largest share of what enters
    it. `seconds`: how long each stage took in the run that finished it. `stereoisomers`: how many the molecules drawn
    became, None where stereo is not enumerated.
    """

    folder: Path
    kept: int
    drawn: int
    target: int | None
    starved_by: str | None
    seconds: dict[str, float]
    stereoisomers: int | None = None

    @cached_property
    def library(self) -> "pandas.DataFrame":
        """The library as a table, the best first: what library.parquet has when it is first asked for."""
        import pandas

        return pandas.read_parquet(self.folder / "library.parquet")

    @property
    def short(self) -> bool:
        """Whether the budget was spent before the target was met."""
        return self.target is not None and self.kept < self.target

    @property
    def summary(self) -> str:
        """One line for the user."""
        entered = self.drawn if self.stereoisomers is None else self.stereoisomers
        share = f"{self.kept / entered:.1%}" if entered else "none"
        isomers = "" if self.stereoisomers is None else f"{entered:,} stereoisomers of "
        text = f"{self.kept:,} molecules in {self.folder / 'library.csv'}: {share} of {isomers}{self.drawn:,} drawn"
        if not self.short:
            return text
        mend = f"the filter {self.starved_by!r} rejects most" if self.starved_by else "raise sample.budget"
        return f"{text}; short of the {self.target:,} asked for: {mend}"
