"""Filters a stream of molecules and writes the library, the rejected molecules with reasons, and the counts."""

import json
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import numpy as np

from molgan.base.content import digest, hash_files
from molgan.base.errors import ConfigError
from molgan.base.files import write_files
from molgan.base.progress import Progress, Silent
from molgan.base.version import __version__
from molgan.bulk.filtered_files import REJECTED, RankedLibrary, format_rejected
from molgan.bulk.input_columns import ColumnNames, title_columns
from molgan.bulk.judge import Judge, StoredChunk, join_tables
from molgan.bulk.streams import PARETO, Crew, Parts, guarded_crew, local_crew
from molgan.chem.columns import distinct_names
from molgan.chem.molecule import parse
from molgan.chem.reading import Record
from molgan.chem.standardise import Standardised
from molgan.chem.writing import sdf_text, write_blocks
from molgan.config import CampaignConfig
from molgan.filters.funnel_result import StageCount
from molgan.filters.settling import Originals, count_stages, settle
from molgan.filters.stages.novelty import open_secret_lists


def filter_records(
    chunks: Iterable[Sequence[Record]],
    config: CampaignConfig,
    folder: Path,
    progress: Progress | None = None,
    *,
    processes: int = 1,
) -> list[StageCount]:
    """Pass records through the filters of a campaign, and write library.csv, .smi, .sdf and .parquet, rejected.csv (id,
    smiles, stage, reason, line) and funnel.json.

    The columns of library and rejected.csv (id, smiles, stage, reason, line, and duplicate_of, the line of the molecule
    that a duplicate equals) are followed by the line and all other columns of the file; a column of the file with the
    name of one of theirs gets the suffix `_input`. Where the campaign has the section `standardize`, molecules are
    taken in that form, and the library has the columns `original`, the text as given, and `changes`. Filters on scores
    use the objective of the campaign; filters on `realism` are skipped, since only a run has a critic. The files are
    the same, byte for byte, for any number of processes or, where the campaign asks for them, Ray workers. Results of
    finished chunks are kept in `folder`/.parts until the end, so that the same call continues after an interruption.

    Args:
        chunks: The records, some at a time.
        config: The campaign.
        folder: Where the files are written.
        progress: Shows the progress.
        processes: Processes on this machine.

    Returns:
        The counts of the stages, in order.

    Raises:
        ConfigError: The objective has a Pareto rank, or a secret list lacks its key.
        RunError: `folder` cannot be written, or workers die.
    """
    progress = progress or Silent()
    filters, skipped = config.drop_critic()
    for name in skipped:
        progress.message(f"filter {name!r} is skipped: only a run has a critic that tells how real a molecule is")
    if config.objective.aggregation == "pareto":
        raise ConfigError(PARETO)
    if config.stereo is not None:
        progress.message("stereo: only a run enumerates isomers; molecules are filtered as they are")
    judge = Judge(filters, config.objective, config.standardize)
    open_secret_lists(judge.funnel.filters)
    parts = Parts(folder / ".parts", _make_key(config))
    columns = ColumnNames(progress)
    crew = partial(_open_crew, judge, config, processes, progress)
    judged = _judge(columns.watch(chunks), parts, crew, progress)
    progress.message("comparing all molecules: duplicates, and filters of the whole set")
    names = judge.funnel.names
    outcomes, _ = settle(judged, judge.funnel.filters)
    like = judge.make_table([Standardised(parse("CCO"))], judge.objective(["CCO"]).to_frame()).iloc[:0]
    (line,) = distinct_names(["line"], like.columns, "_input")
    like = like.assign(**{line: np.zeros(0, np.int64)})
    titles = title_columns(columns, [*like.columns, *REJECTED], progress)
    ranked = RankedLibrary(outcomes, len(names), parts.folder / "ranked.csv", like, titles)
    counts = count_stages(outcomes, names, [0.0] * len(names))  # seconds mean little with several processes
    with local_crew(sdf_text, processes) as writers:
        write_blocks(ranked.read_blocks, folder, sdf=writers.map)
    summary = [{k: v for k, v in count.as_dict().items() if k != "seconds"} for count in counts]
    write_files(
        folder,
        {
            "rejected.csv": format_rejected(outcomes, names, Originals(outcomes, judge.funnel.filters, "line"), titles),
            "funnel.json": [json.dumps(summary, indent=2).encode()],
        },
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
    with crew() as workers:
        for path, count in parts.work_through(chunks, workers):
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
    return guarded_crew(judge, processes)


def _make_key(config: CampaignConfig) -> str:
    """A digest of everything that decides the result for a molecule."""
    optional = {"standardize"} if config.standardize is not None else set()
    sections = config.model_dump(mode="json", include={"objective", "filters"} | optional)
    return digest([__version__, sections, hash_files(sections)])
