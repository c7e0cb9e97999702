"""The figures of a campaign that a sweep compares, from the files in its run folder."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from molgan.base.content import flatten
from molgan.base.errors import ConfigError, InputError
from molgan.base.nearest import suggest
from molgan.base.run_files import RunFiles
from molgan.campaign.pipeline import PIPELINES
from molgan.config import CampaignConfig
from molgan.distributed.trial_task import Curve

LIBRARY = ("kept", "yield", "mean_score", "best_score")
"""Figures of the library: molecules in it, their share of those drawn (or of their stereoisomers), their mean and best
score."""


def check_metric(metric: str, config: CampaignConfig, key: str = "metric") -> None:
    """Raises ConfigError for a figure that no campaign has, or of a stage that this one does not have; `key` has named
    it."""
    if metric in LIBRARY:
        return
    stage, dot, figure = metric.partition(".")
    stages = _list_stages(config)
    if not dot or not figure:
        near = suggest(metric, LIBRARY)
        raise ConfigError(f"{key}: no figure {metric!r}, {near}; figures of a stage are written as reinforce.score")
    if stage not in stages:
        raise ConfigError(f"{key}: {metric!r}: the campaign has no stage {stage!r}, {suggest(stage, sorted(stages))}")


def check_curve(metric: str, config: CampaignConfig) -> None:
    """Raises ConfigError where a figure does not come step by step, so that nothing can be stopped early by it."""
    check_metric(metric, config, "scheduler.metric")
    stages = sorted(title for title, is_trained in _list_stages(config).items() if is_trained)
    if metric.partition(".")[0] not in stages:
        raise ConfigError(
            f"scheduler.metric: {metric!r} is known at the end alone; name a figure that a training stage reports at "
            f"each step, of {', '.join(stages) or 'none of this campaign'}, such as reinforce.score"
        )


def read_figure(run: Path, metric: str) -> float:
    """A figure of a run folder as it is now, NaN where the run does not have it yet. Raises InputError for one that
    its stage does not report."""
    files = RunFiles(run)
    if metric in LIBRARY:
        return _read_library(run, files.stage("library").done.get("counts") or {}, metric)
    stage, _, figure = metric.partition(".")
    found = {**flatten(files.stage(stage).done.get("counts") or {}), **_last_row(files, stage)}
    if not found:
        return math.nan
    return _as_number(found, stage, figure)


def read_curve(run: Path, metric: str) -> Curve:
    """The steps of a training stage so far with the figure at each, without those where it has no value; a step that
    was repeated counts once. Raises InputError for a figure that the stage does not report."""
    stage, _, figure = metric.partition(".")
    rows = {row["step"]: row for row in RunFiles(run).metrics()[0] if row.get("stage") == stage and "step" in row}
    pairs = [(step, _as_number(row, stage, figure)) for step, row in sorted(rows.items())]
    return [(step, value) for step, value in pairs if not math.isnan(value)]


def _list_stages(config: CampaignConfig) -> dict[str, bool]:
    """The names that figures of this campaign may begin with, and whether rows of metrics.jsonl have them."""
    kinds = [kind for kind in PIPELINES[CampaignConfig] if kind.is_part_of(dict(config))]
    return {kind.name: False for kind in kinds} | {title: True for kind in kinds for title in kind.titles}


def _last_row(files: RunFiles, stage: str) -> dict[str, Any]:
    return next((row for row in reversed(files.metrics()[0]) if row.get("stage") == stage), {})


def _as_number(found: Mapping[str, Any], stage: str, figure: str) -> float:
    value = found.get(figure, "")
    if value is None:
        return math.nan
    if isinstance(value, bool) or not isinstance(value, int | float):
        known = [name for name, each in found.items() if isinstance(each, int | float) and not isinstance(each, bool)]
        raise InputError(f"the stage {stage!r} has no figure {figure!r}, {suggest(figure, known)}")
    return float(value)


def _read_library(run: Path, counts: Mapping[str, Any], metric: str) -> float:
    if "library" not in counts:
        return math.nan
    if metric == "kept":
        return float(counts["library"])
    if metric == "yield":
        entered = counts.get("stereoisomers", counts["drawn"])
        return counts["library"] / entered if entered else math.nan
    import pandas

    scores = pandas.read_parquet(run / "library.parquet", columns=["score"])["score"]
    return float(scores.mean() if metric == "mean_score" else scores.max())
