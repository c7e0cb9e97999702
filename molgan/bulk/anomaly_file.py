"""How odd molecules look, and which part is to blame, as a table: a list, or a file of any length."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from molgan.base.content import hash_file
from molgan.base.progress import Progress
from molgan.bulk.anomaly_ranks import rank_values
from molgan.bulk.text_table import TextTable, parse_pieces, stream_table
from molgan.chem.plausibility.chemistry_index import load_chemistry
from molgan.chem.reading import Record
from molgan.scoring.batch import chunks
from molgan.scoring.inputs import as_list, get_row_labels, get_text, set_row_labels

if TYPE_CHECKING:
    import pandas

    from molgan.models.realism.realism_meter import RealismMeter

NUMBERS = ("typicality", "realism", "critic", "likelihood", "part")
"""The columns of percentiles."""


def anomaly_table(smiles: Iterable[Any], meter: RealismMeter) -> pandas.DataFrame:
    """How odd molecules look: a table with one row for each input, in order, with the row labels of the input.

    Columns: `smiles` as given; `rank`, 1 for the strangest, missing where `typicality` is; `typicality`, the share of
    real molecules that look stranger, by critic, likelihood and least likely part together; `realism`, by the first two
    alone, as of the scorer; `critic`, `likelihood`, `part`, by each alone; `blame`, `atoms` and `fragment`, the part to
    blame: why, its atoms as numbered in `smiles` from 0, and its SMARTS; `error`, why there is no typicality. Raises
    InputError for a single string and for a frame without a SMILES column.
    """
    import pandas

    items = as_list(smiles)
    table = judge_smiles(items, meter)
    ranks = pandas.Series(rank_values(table["typicality"].to_numpy()), dtype="Int64")
    table.insert(1, "rank", ranks.mask(ranks == 0))
    return set_row_labels(table, get_row_labels(smiles))


def judge_smiles(items: Sequence[Any], meter: RealismMeter) -> pandas.DataFrame:
    """The table of `anomaly_table` without ranks, which a molecule alone does not have."""
    import pandas

    from molgan.models.realism.blame import find_blame
    from molgan.models.realism.realism_meter import read_as_given

    index = load_chemistry()
    molecules = [molecule for batch in chunks(items) for molecule in batch.molecules]
    found = meter(molecules)
    mols = [read_as_given(molecule) if molecule.valid else None for molecule in molecules]
    blames = [None if mol is None else find_blame(mol, one.parts, index) for mol, one in zip(mols, found, strict=True)]
    texts = {
        "blame": [blame and blame.reason for blame in blames],
        "atoms": [blame and " ".join(map(str, blame.atoms)) for blame in blames],
        "fragment": [blame and blame.smarts for blame in blames],
        "error": [one.error for one in found],
    }
    table = pandas.DataFrame({"smiles": pandas.Series([get_text(item) for item in items], dtype=object)})
    for name in NUMBERS:
        table[name] = pandas.Series([getattr(one, name) for one in found], dtype=float)
    for name, cells in texts.items():
        table[name] = pandas.Series(cells, dtype=object)
    return table


def anomaly_records(
    records: Iterable[Sequence[Record]],
    weights: str | Path,
    folder: Path | None = None,
    progress: Progress | None = None,
    *,
    processes: int = 1,
) -> Iterator[str]:
    """Judge records into a CSV table without ranks, which is given in pieces: one row for each record, in order.

    The columns are those of `judge_smiles`, with the other columns of the file (those of its first rows) after
    `smiles`, and `line`. A column of the file with the name of a result column gets the suffix `_input`. The text is
    the same for any number of processes. Finished chunks are kept in `folder` until the end, so that the same call
    continues after an interruption.

    Args:
        records: The records, some at a time.
        weights: Shipped weights by their name, or the folder that a training wrote.
        folder: Where finished chunks are kept; a temporary folder by default.
        progress: Shows the progress.
        processes: Processes on this machine.

    Raises:
        ConfigError: The weights have no likelihoods, critic or calibration.
        RunError: `folder` cannot be written, or a process dies.
        WeightsError: The weights are missing or damaged.
    """
    from molgan.models.realism.realism_meter import RealismMeter
    from molgan.models.weights import find_weights

    path = find_weights(weights)
    RealismMeter.load(path)  # what is wrong is said before any work starts

    def open_table(titles: Mapping[str, str]) -> TextTable:
        return AnomalyText(path, titles)

    # The calibration has the hashes of the networks.
    key = hash_file(path.with_name(f"{path.name}_realism.json")), load_chemistry().identity
    yield from stream_table(
        records, open_table, key, title="anomalies", folder=folder, progress=progress, processes=processes
    )


def parse_ranked(pieces: Iterator[str], weights: str | Path) -> Iterator[pandas.DataFrame]:
    """The pieces of `AnomalyRanks.write` as tables; the first is empty."""
    import pandas

    from molgan.models.weights import find_weights

    for table in parse_pieces(pieces, AnomalyText(find_weights(weights)).make_table([]).drop(columns="rank")):
        yield table.assign(rank=pandas.to_numeric(table["rank"]).astype("Int64"))


class AnomalyText(TextTable):
    """Judges records into lines of CSV. The column `rank` is there for its title, and empty."""

    def __init__(self, path: Path, titles: Mapping[str, str] | None = None) -> None:
        super().__init__(titles)
        self._path = path

    def __reduce__(self) -> tuple[type[AnomalyText], tuple[Any, ...]]:
        return AnomalyText, (self._path, self.titles)

    def compute(self, smiles: Sequence[str | None]) -> pandas.DataFrame:
        import pandas

        table = judge_smiles(list(smiles), self._meter)
        table.insert(1, "rank", pandas.Series([pandas.NA] * len(table), dtype="Int64"))
        return table

    def show_unusable(self, table: pandas.DataFrame, records: Sequence[Record]) -> None:
        import pandas

        table["smiles"] = pandas.Series([record.smiles for record in records], dtype=object)

    @cached_property
    def _meter(self) -> RealismMeter:
        import torch

        from molgan.models.realism.realism_meter import RealismMeter

        if multiprocessing.parent_process() is not None:
            torch.set_num_threads(1)  # the processes share the cores
        return RealismMeter.load(self._path)
