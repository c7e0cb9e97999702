"""The last stage: what the run was, what the training data are like, and the report."""

import json
import platform
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version

from molgan.base.content import content_of, digest, with_contents
from molgan.base.files import write_files
from molgan.base.version import __version__
from molgan.campaign.stages.refining import training_molecules
from molgan.campaign.stages.stage import Counts, Stage
from molgan.campaign.work import Work
from molgan.report import write_report

_PACKAGES = ("torch", "torch-geometric", "rdkit", "numpy", "pandas", "pyarrow", "pydantic", "safetensors")


def reference(work: Work, inputs: Mapping[str, object]) -> Stage:
    """Score some of the training data, for the report; leaves reference.csv."""
    config, path = work.config, work.folder / "reference.csv"

    def perform(_: bool) -> Counts:
        smiles = training_molecules(config.data, config.report.reference, config.seed)
        table = work.objective(smiles).to_frame()
        table = table[table["error"].isna()].drop(columns="error")
        write_files(work.folder, {path.name: [table.to_csv(index=False, lineterminator="\n").encode()]})
        return {"molecules": len(table)}

    sections = with_contents(config.model_dump(mode="json", include={"report", "objective", "seed"}))
    stage = Stage(work.folder, "reference", {**sections, **inputs}, outputs={path.name: path})
    stage.perform(perform, work.progress)
    return stage


def report(work: Work, stages: Iterable[Stage], weights: str, started: datetime) -> Stage:
    """Leaves manifest.json and report.html. `weights` is the SHA-256 of what the campaign started from."""
    finished = list(stages)

    def perform(_: bool) -> Counts:
        manifest = json.dumps(_manifest(work, finished, weights, started), indent=2)
        write_files(work.folder, {"manifest.json": [manifest.encode()]})
        write_report(work.folder)
        return {}

    outputs = {name: work.folder / name for name in ("manifest.json", "report.html")}
    stage = Stage(work.folder, "report", {}, after=finished, outputs=outputs)
    stage.perform(perform, work.progress)
    return stage


def _manifest(work: Work, stages: list[Stage], weights: str, started: datetime) -> dict[str, object]:
    config = work.config
    return {
        "name": config.name,
        "started": started.isoformat(timespec="seconds"),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "seed": config.seed,
        "config": digest(config.model_dump(mode="json")),
        "data": {"train": str(config.data.train), "sha256": content_of(config.data.train)},
        "weights": {"name": config.generator.weights, "sha256": weights},
        "device": work.device,
        "versions": {"python": platform.python_version(), "molgan": __version__, **_versions()},
        "scores": _scores(work),
        "stages": {one.name: {"key": one.key, "seconds": one.seconds, **one.record["counts"]} for one in stages},
    }


def _scores(work: Work) -> dict[str, dict[str, int]]:
    """By component: distinct molecules that this command scored, found in a cache, and could not score."""
    return {
        name: {"scored": counts.scored, "cached": counts.cached, "failed": counts.failed}
        for name, counts in work.objective.tally.items()
    }


def _versions() -> dict[str, str]:
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
