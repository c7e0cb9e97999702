"""The funnel in the report: molecules in and out of each stage, reasons, and whether the counts add up."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from molgan.report.quantities import title_of
from molgan.report.run_data import RunFolder

TOP_REASONS = 4

TITLES = {
    "valid": "Valid structure",
    "distinct": "Distinct",
    "size": "Size",
    "novel": "Novel",
    "rules": "Property rules",
    "alerts": "Structural alerts",
    "pains": "PAINS",
    "brenk": "BRENK",
    "score": "Score threshold",
    "score_threshold": "Score threshold",
    "diverse": "Diverse pick",
    "realism": "Realism (critic)",
}


@dataclass(frozen=True)
class Stage:
    """One stage of the funnel. `reasons`: the most frequent reasons with counts. `other`: the count of all others."""

    title: str
    entered: int
    kept: int
    reasons: list[tuple[str, int]]
    other_kinds: int
    other: int

    @property
    def dropped(self) -> int:
        return self.entered - self.kept

    @property
    def share_kept(self) -> float | None:
        return self.kept / self.entered if self.entered else None


def read_stages(rows: list[dict[str, Any]]) -> list[Stage]:
    """The stages of funnel.json, in order; a stage without counts is read as empty."""
    return [_read_stage(row) for row in rows]


def describe_misuse(run: RunFolder) -> tuple[bool, str] | None:
    """Whether the filter `misuse` was on, and a sentence on what it did; None for a run before there was one."""
    told = run.manifest.get("misuse")
    if not isinstance(told, dict) or not isinstance(is_on := told.get("filter"), bool):
        return None
    if not is_on:
        return False, "The filter misuse was switched off in the configuration (misuse: false)."
    counts = next((row for row in run.funnel if row.get("stage") == "misuse"), {})
    rejected = _read_count(counts.get("entered")) - _read_count(counts.get("kept"))
    lists = told.get("lists")
    named = ", ".join(str(name).replace("_", " ") for name in lists) if isinstance(lists, list) else ""
    return True, f"The filter misuse was on ({named}); it rejected {rejected:,}, which rejected.csv does not spell out."


def _read_stage(row: dict[str, Any]) -> Stage:
    counts = row.get("reasons")
    reasons = {str(reason): _read_count(count) for reason, count in counts.items()} if isinstance(counts, dict) else {}
    ordered = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    if len(ordered) == TOP_REASONS + 1:  # the line "1 other reason" would take the place of the reason itself
        top, rest = ordered, []
    else:
        top, rest = ordered[:TOP_REASONS], ordered[TOP_REASONS:]
    name = str(row["stage"])
    return Stage(
        title=TITLES.get(name, title_of(name)),
        entered=_read_count(row.get("entered")),
        kept=_read_count(row.get("kept")),
        reasons=top,
        other_kinds=len(rest),
        other=sum(count for _, count in rest),
    )


def _read_count(value: object) -> int:
    return int(value) if isinstance(value, int | float) and value == value and abs(value) < 1e15 else 0


def reconcile(stages: list[Stage], run: RunFolder) -> list[str]:
    """Contradictions between the counts of stages, reasons, rejected.csv and the library; empty when all agree."""
    faults = []
    isomers = run.library_counts.get("stereoisomers")
    if stages and isinstance(isomers, int) and isomers != stages[0].entered:
        faults.append(f"{isomers:,} stereoisomers were made but {stages[0].entered:,} entered {stages[0].title}.")
    for stage in stages:
        explained = sum(count for _, count in stage.reasons) + stage.other
        if explained != stage.dropped:
            faults.append(f"{stage.title} dropped {stage.dropped:,} molecules but gives reasons for {explained:,}.")
    for before, after in pairwise(stages):
        if after.entered != before.kept:
            faults.append(f"{before.title} kept {before.kept:,} molecules but {after.entered:,} entered {after.title}.")
    if stages and stages[-1].kept != len(run.library):
        faults.append(f"The funnel kept {stages[-1].kept:,} molecules but the library has {len(run.library):,}.")
    dropped = sum(stage.dropped for stage in stages)
    if stages and run.rejected is not None and len(run.rejected) != dropped:
        faults.append(f"The funnel dropped {dropped:,} molecules but rejected.csv has {len(run.rejected):,} rows.")
    return faults


def narrowest(stages: list[Stage]) -> Stage | None:
    """The stage that keeps the smallest share of its molecules, the one to look at when a library is small."""
    entered = [stage for stage in stages if stage.entered and stage.dropped > 0]
    return min(entered, key=lambda stage: stage.kept / stage.entered, default=None)
