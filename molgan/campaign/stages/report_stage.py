"""The last stage: writes the manifest and the report."""

import json
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from molgan.base.content import digest, hash_file
from molgan.base.files import write_files
from molgan.base.remote_files import restore_urls
from molgan.base.version import __version__
from molgan.campaign.run_folder.stage_record import Counts
from molgan.campaign.stages.stage import Stage
from molgan.campaign.work import Work
from molgan.report import write_report

_PACKAGES = ("torch", "torch-geometric", "rdkit", "numpy", "pandas", "pyarrow", "pydantic", "safetensors")


class Report(Stage):
    """Leaves manifest.json and report.html."""

    name = "report"
    section = "report"
    is_optional = False

    def inputs(self) -> Mapping[str, object]:
        return {}

    @property
    def after(self) -> Sequence[Stage]:
        return self.before

    @property
    def outputs(self) -> dict[str, Path]:
        return {name: self.work.folder / name for name in ("manifest.json", "report.html")}

    def perform(self) -> Counts:
        manifest = json.dumps(_make_manifest(self.work, self.before), indent=2)
        write_files(self.work.folder, {"manifest.json": [manifest.encode()]})
        titles = {name: title for stage in self.before for name, title in stage.titles.items()}
        write_report(self.work.folder, titles=titles)
        return {}


def _make_manifest(work: Work, stages: Sequence[Stage]) -> dict[str, object]:
    config = work.config
    records = [stage.record for stage in stages]
    return {
        "name": config.name,
        "started": work.started.isoformat(timespec="seconds"),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "seed": config.seed,
        "config": digest(config.model_dump(mode="json")),
        "data": {"train": restore_urls(str(config.data.train)), "sha256": hash_file(config.data.train)},
        "weights": {"name": config.generator.weights, "sha256": work.start, **_read_promise(config.generator.weights)},
        "misuse": {"filter": config.misuse, "lists": list(config.misuse_lists)},
        "device": work.device,
        "versions": {"python": platform.python_version(), "molgan": __version__, **_find_versions()},
        "scores": _count_scores(work),
        "stages": {record.name: {"key": record.key, "seconds": record.seconds, **record.counts} for record in records},
    }


def _read_promise(weights: str) -> dict[str, object]:
    """What differentially private training of the weights has spent, if they were trained so."""
    from molgan.models.weights import find_weights, read_facts

    about = read_facts(find_weights(weights)).get("about")
    return {"private": about["private"]} if isinstance(about, dict) and "private" in about else {}


def _count_scores(work: Work) -> dict[str, dict[str, float | None]]:
    """By component: how many distinct molecules this command scored, found in a cache, failed to score, and did not ask
    about; and how many seconds a molecule took, None where it was not timed."""
    return {
        name: {
            "scored": counts.scored,
            "cached": counts.cached,
            "failed": counts.failed,
            "not_asked": counts.not_asked,
            "seconds_each": _time_each(work.objective.seconds.get(name), counts.scored + counts.failed),
        }
        for name, counts in work.objective.tally.items()
    }


def _time_each(seconds: float | None, calls: int) -> float | None:
    return round(seconds / calls, 6) if seconds is not None and calls else None


def _find_versions() -> dict[str, str]:
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
