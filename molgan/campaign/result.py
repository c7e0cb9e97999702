"""What a campaign came to."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class CampaignResult:
    """`library` molecules of `drawn` passed every filter; `target` is what was asked for, None where nothing was.

    `starved_by`: where the library is short of its target, the filter that rejects the largest share of what enters
    it. `seconds`: how long each stage took in the run that finished it. `stereoisomers`: how many the molecules drawn
    became, None where stereo is not enumerated.
    """

    folder: Path
    library: int
    drawn: int
    target: int | None
    starved_by: str | None
    seconds: dict[str, float]
    stereoisomers: int | None = None

    @property
    def short(self) -> bool:
        """Whether the budget was spent before the target was met."""
        return self.target is not None and self.library < self.target

    @property
    def summary(self) -> str:
        """One line for the user."""
        entered = self.drawn if self.stereoisomers is None else self.stereoisomers
        share = f"{self.library / entered:.1%}" if entered else "none"
        isomers = "" if self.stereoisomers is None else f"{entered:,} stereoisomers of "
        text = f"{self.library:,} molecules in {self.folder / 'library.csv'}: {share} of {isomers}{self.drawn:,} drawn"
        if not self.short:
            return text
        mend = f"the filter {self.starved_by!r} rejects most" if self.starved_by else "raise sample.budget"
        return f"{text}; short of the {self.target:,} asked for: {mend}"
