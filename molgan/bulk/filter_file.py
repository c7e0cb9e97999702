"""Filter a stream of molecules into a folder: the library, the rejected ones with reasons, the counts."""

import json
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from molgan.base.content import digest, files_in
from molgan.base.errors import ConfigError
from molgan.base.files import write_files
from molgan.base.progress import Progress, Silent
from molgan.base.version import __version__
from molgan.bulk.filtered_files import RankedLibrary, format_rejected
from molgan.bulk.judge import Judge, StoredChunk, join_tables
from molgan.bulk.streams import Crew, Parts, local_crew
from molgan.chem.molecule import parse
from molgan.chem.reading import Record
from molgan.chem.standardise import Standardised
from molgan.chem.writing import sdf_text, write_blocks
from molgan.config import CampaignConfig
from molgan.filters.funnel_result import StageCount
from molgan.filters.settling import count_stages, settle
from molgan.filters.stages.score_filters import REALISM


def filter_records(
    chunks: Iterable[Sequence[Record]],
    config: CampaignConfig,
    folder: Path,
    progress: Progress | None = None,
    *,
    processes: int = 1,
) -> list[StageCount]:
    """Pass records through a campaign's filters; those that read scores read its objective's, and those that read
    `realism` are skipped, since only a run has a critic.

    Where the campaign has the section `standardize`, molecules are taken in that form, and the library has the columns
    `original`, the text as given, and `changes`.

    Writes library.csv, .smi, .sdf and .parquet, rejected.csv (id, smiles, stage, reason, line) and funnel.json: the
    same bytes from the same chunks however many processes or, where the campaign says so, Ray workers there are. What
    is known of a chunk is kept in `folder`/.parts until the end: after an interruption, the same
    again goes on there. Returns the counts of the stages, in order. Raises RunError when `folder` cannot be written or
    workers die.
    """
    progress = progress or Silent()
    filters, skipped = config.filters.without(REALISM)
    for name in skipped:
        progress.message(f"filter {name!r} is skipped: only a run has a critic that tells how real a molecule is")
    if config.objective.aggregation == "pareto":
        raise ConfigError("objective.aggregation: a Pareto rank is among the molecules of a run, not of a long file")
    if config.stereo is not None:
        progress.message("stereo: isomers are enumerated by a run alone; molecules are filtered as they come")
    judge = Judge(filters, config.objective, config.standardize)
    parts = Parts(folder / ".parts", _make_key(config))
    judged = _judge(chunks, parts, lambda: _open_crew(judge, config, processes, progress), progress)
    progress.message("looking for equal molecules and at the whole set")
    names = judge.funnel.names
    outcomes, _ = settle(judged, judge.funnel.filters)
    like = judge.make_table([Standardised(parse("CCO"))], judge.objective(["CCO"]).to_frame()).iloc[:0]
    ranked = RankedLibrary(outcomes, len(names), parts.folder / "ranked.csv", like)
    counts = count_stages(outcomes, names, [0.0] * len(names))  # in several processes, seconds would say little
    with local_crew(sdf_text, processes) as writers:
        write_blocks(ranked.read_blocks, folder, sdf=writers.map)
    summary = [{k: v for k, v in count.as_dict().items() if k != "seconds"} for count in counts]
    write_files(
        folder,
        {"rejected.csv": format_rejected(outcomes, names), "funnel.json": [json.dumps(summary, indent=2).encode()]},
    )
    parts.remove()
    return counts


def _judge(
    chunks: Iterable[Sequence[Record]],
    parts: Parts,
    crew: Callable[[], AbstractContextManager[Crew]],
    progress: Progress,
) -> list[StoredChunk]:
    progress.start("filter")
    judged = []
    rows = ([(record.line, record.smiles) for record in chunk] for chunk in chunks)
    with crew() as workers:
        for path, count in parts.finished(rows, workers):
            judged.append(StoredChunk(path))
            progress.advance("filter", count)
    progress.finish("filter")
    return judged


def _open_crew(
    judge: Judge, config: CampaignConfig, processes: int, progress: Progress
) -> AbstractContextManager[Crew]:
    if config.compute.workers:
        from molgan.distributed.chunk_actors import RayCrew

        return RayCrew(judge, config.compute, join_tables, progress)
    if processes > 1:
        judge.prepare()
    return local_crew(judge, processes)


def _make_key(config: CampaignConfig) -> str:
    """Stands for all that decides what is said of a molecule."""
    optional = {"standardize"} if config.standardize is not None else set()
    sections = config.model_dump(mode="json", include={"objective", "filters"} | optional)
    return digest([__version__, sections, files_in(sections)])
