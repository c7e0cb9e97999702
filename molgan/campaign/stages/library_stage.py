"""The stage that makes the library: draws molecules until enough pass the filters, then writes the files."""

import csv
import io
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from itertools import chain
from pathlib import Path

from molgan.base.content import add_contents, digest
from molgan.base.files import write_files
from molgan.bulk.library import identifier, known_neighbours, library_table
from molgan.campaign.cost import Cost, Pace
from molgan.campaign.run_folder.stage_record import Counts
from molgan.campaign.stages.library_routes import write_routes
from molgan.campaign.stages.optimize_stage import CALLS, Optimize, read_calls
from molgan.campaign.stages.poses import write_poses
from molgan.campaign.stages.sampling import Samples
from molgan.campaign.stages.stage import Stage
from molgan.campaign.work import Work
from molgan.chem.molecule import Molecule
from molgan.chem.writing import write_library
from molgan.config import CampaignConfig
from molgan.filters.funnel import Funnel
from molgan.filters.funnel_result import FunnelResult, Rejection
from molgan.filters.passage import Passage
from molgan.training.settings import SampleSettings

_MOST_GROWTH = 4  # a yield estimated on few molecules is not trusted for more than so many times their number
_FILES = ("library.csv", "library.smi", "library.sdf", "library.parquet", "rejected.csv", "funnel.json")


class Library(Stage):
    """Draws, scores and filters molecules; leaves the library, rejected.csv and funnel.json.

    After the stage `optimize` the molecules that it scored are used, and none are drawn. With the section `stereo`, a
    molecule with unspecified stereo is replaced by its isomers before it is scored and filtered; after `optimize` that
    scores more than its budget.
    """

    name = "library"
    section = "sample"
    is_optional = False

    @classmethod
    def cost(cls, config: CampaignConfig, pace: Pace) -> Cost:
        isomers = 1 if config.stereo is None else config.stereo.enumerate
        if config.optimize is not None:  # no molecule is drawn, and only isomers are scored again
            scored = 0 if config.stereo is None else config.optimize.budget * isomers
            return Cost(cls.section, 0, scored, scored * pace.score + config.optimize.budget * isomers * pace.filter)
        drawn = config.sample.n or config.sample.budget
        seconds = drawn * (pace.sample + isomers * (pace.score + pace.filter))
        return Cost(cls.section, drawn, drawn * isomers, seconds)

    def inputs(self) -> Mapping[str, object]:
        optional = set() if self.work.config.stereo is None else {"stereo"}
        sections = self.work.config.model_dump(mode="json", include={"sample", "objective", "filters"} | optional)
        return {**add_contents(sections), **self.work.inputs}

    @property
    def outputs(self) -> dict[str, Path]:
        return {name: self.work.folder / name for name in _FILES}

    def perform(self) -> Counts:
        work, config = self.work, self.work.config
        calls = next((stage.folder / CALLS for stage in self.before if isinstance(stage, Optimize)), None)
        given = None if calls is None else read_calls(calls)
        settings = config.sample if given is None else config.sample.model_copy(update={"n": len(given)})
        drawing = config.sample.model_dump(mode="json", include={"temperature", "max_atoms"})
        after = next((stage.record.key for stage in self.after), None)
        stereo = [] if config.stereo is None else [config.stereo.model_dump(mode="json")]
        samples = Samples(work, digest([drawing, work.inputs, after, *stereo]), self.load_generator, self.critic, given)
        passage = Funnel(config.filters).begin_passage()
        with closing(samples):
            _fill(passage, samples, work, settings)
        result, kept = passage.collect_result(), passage.parse_passing()
        _write(work.folder, result, kept, samples, config)
        if kept and not samples.table(kept)["score"].max() > 0:
            work.progress.message(f"library: none of {len(kept):,} molecules has a score above 0")
        samples.discard_rest()
        short = config.sample.target is not None and len(kept) < config.sample.target
        narrowest = result.narrowest
        starved = narrowest.stage if short and narrowest and narrowest.kept < narrowest.entered else None
        failures = samples.failures()
        for component, reasons in failures.items():
            text = f"no value for {sum(reasons.values()):,} molecules; most frequent reason: {next(iter(reasons))}"
            work.progress.message(f"{component}: {text}")
        isomers = {} if config.stereo is None else {"stereoisomers": len(samples.parents)}
        return {
            "library": len(kept),
            "drawn": samples.drawn,
            **isomers,
            "starved_by": starved,
            "failures": failures,
        }


def _fill(passage: Passage, samples: Samples, work: Work, settings: SampleSettings) -> None:
    """Draw round after round until enough molecules pass or the budget is spent."""
    progress = work.progress
    passed = 0
    while wanted := next_round(settings, samples.drawn, passed):
        if samples.drawn:
            counts = f"{passed:,} of {samples.drawn:,} passed (target {settings.target:,})"
            progress.message(f"{counts}; drawing {wanted:,} more")
        progress.start("sample", wanted)
        while wanted > 0:
            size = min(settings.round, wanted)
            passage.add(samples.draw(size), samples.table)
            wanted -= size
        progress.finish("sample")
        passed = passage.count_passing(settings.target) if settings.target else 0
    if samples.reused:
        progress.message(f"sample: {samples.reused:,} of {samples.drawn:,} molecules come from an earlier run")


def next_round(settings: SampleSettings, drawn: int, passed: int) -> int:
    """How many molecules to draw next, 0 at the end: a multiple of `round`, unless `n` or `budget` ends the drawing.

    For a target the number follows from the yield so far. Parts are whole, so that a larger target begins with the same
    molecules.
    """
    if settings.target is None:
        return (settings.n or 0) - drawn
    if passed >= settings.target:
        return 0
    wanted = settings.round
    if drawn:
        needed = (settings.target - passed) * drawn / passed if passed else math.inf
        wanted = math.ceil(min(needed, _MOST_GROWTH * drawn) / settings.round) * settings.round
    return min(wanted, settings.budget - drawn)


def _write(folder: Path, result: FunnelResult, kept: list[Molecule], samples: Samples, config: CampaignConfig) -> None:
    scores = samples.table(kept)
    if samples.parents:
        scores = scores.assign(parent=[samples.parents[i] for i in result.kept])
    table = library_table(kept, scores, known_neighbours())
    write_library(table, folder)
    write_poses(table, config.objective, folder)
    write_routes(table, config, folder)
    counts = json.dumps([count.as_dict() for count in result.counts], indent=2)
    write_files(
        folder, {"rejected.csv": _format_rejected(result.rejected, samples.parents), "funnel.json": [counts.encode()]}
    )


def _format_rejected(rejections: Sequence[Rejection], parents: Sequence[str]) -> Iterator[bytes]:
    columns = ["id", "smiles", "stage", "reason", *(["parent"] if parents else [])]
    rows = (
        [identifier(item.smiles), item.smiles, item.stage, item.reason, *([parents[item.index]] if parents else [])]
        for item in rejections
    )
    for row in chain([columns], rows):
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerow(row)
        yield text.getvalue().encode()
