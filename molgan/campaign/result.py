"""The result of a campaign."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class CampaignResult:
    """`library` of `drawn` molecules passed every filter; `target` is the number asked for, None where none was set.

    `starved_by`: where the library is short of its target, the filter that rejects the largest share of what enters
    it. `seconds`: how long each stage took in the run that finished it.
    """

    folder: Path
    library: int
    drawn: int
    target: int | None
    starved_by: str | None
    seconds: dict[str, float]

    @property
    def short(self) -> bool:
        """Whether the budget was spent before the target was met."""
        return self.target is not None and self.library < self.target

    @property
    def summary(self) -> str:
        """One line for the user."""
        share = f"{self.library / self.drawn:.1%}" if self.drawn else "none"
        text = f"{self.library:,} molecules in {self.folder / 'library.csv'}: {share} of {self.drawn:,} drawn"
        if not self.short:
            return text
        mend = f"the filter {self.starved_by!r} rejects most" if self.starved_by else "raise sample.budget"
        return f"{text}; short of the {self.target:,} asked for: {mend}"
