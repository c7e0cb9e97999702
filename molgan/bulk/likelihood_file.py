"""Likelihoods of molecules under a generator as a table: a list, or a file of any length."""

import multiprocessing
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from molgan.base.content import hash_file
from molgan.base.progress import Progress
from molgan.bulk.text_table import TextTable, parse_pieces, stream_table
from molgan.chem.reading import Record
from molgan.scoring.batch import chunks
from molgan.scoring.inputs import as_list, get_row_labels, get_text, set_row_labels

if TYPE_CHECKING:
    import pandas

    from molgan.models.nll import NllMeter

_COLUMNS = ("nll", "nll_per_atom", "rank")


def likelihood_table(smiles: Iterable[Any], meter: "NllMeter") -> "pandas.DataFrame":
    """The likelihoods of molecules: a table with one row for each input, in order, with the row labels of the input.

    Columns: `smiles` as given; `nll`, the negative log-likelihood in nats; `nll_per_atom`, per heavy atom; `rank`, the
    share of molecules of the training data that are less likely per atom; `error`, the reason where these are missing.
    Raises InputError for a single string and for a frame without a SMILES column.
    """
    import pandas

    items = as_list(smiles)
    found = [nll for batch in chunks(items) for nll in meter(batch.molecules)]
    table = pandas.DataFrame({"smiles": pandas.Series([get_text(item) for item in items], dtype=object)})
    for name in _COLUMNS:
        table[name] = pandas.Series([getattr(nll, name) for nll in found], dtype=float)
    table["error"] = pandas.Series([nll.error for nll in found], dtype=object)
    return set_row_labels(table, get_row_labels(smiles))


def likelihood_records(
    records: Iterable[Sequence[Record]],
    weights: str | Path,
    targets: Mapping[str, float] | None = None,
    folder: Path | None = None,
    progress: Progress | None = None,
    *,
    processes: int = 1,
) -> Iterator[str]:
    """The likelihoods of records as a CSV table, which is given in pieces: one row for each record, in order.

    The columns are those of `likelihood_table`, with the other columns of the file (those of its first rows) after
    `smiles`, and `line`. A column of the file with the name of a result column gets the suffix `_input`. The text is
    the same for any number of processes. Finished chunks are kept in `folder` until the end, so that the same call
    continues after an interruption.

    Args:
        records: The records, some at a time.
        weights: Shipped weights by their name, or the folder that a training wrote.
        targets: Properties that the molecules aim at.
        folder: Where finished chunks are kept; a temporary folder by default.
        progress: Shows the progress.
        processes: Processes on this machine.

    Raises:
        ConfigError: The generator has no likelihoods.
        InputError: The generator was not trained for a target.
        RunError: `folder` cannot be written, or a process dies.
        WeightsError: The weights are missing or damaged.
    """
    from molgan.models.nll import NllMeter
    from molgan.models.weights import find_weights

    path, targets = find_weights(weights), dict(targets or {})
    NllMeter.load(path, targets)  # what is wrong is said before any work starts

    def open_table(titles: Mapping[str, str]) -> TextTable:
        return LikelihoodText(path, targets, titles)

    key = [hash_file(path.with_name(f"{path.name}{suffix}")) for suffix in (".safetensors", ".json")], targets
    yield from stream_table(
        records, open_table, key, title="likelihood", folder=folder, progress=progress, processes=processes
    )


def likelihood_tables(
    records: Iterable[Sequence[Record]],
    weights: str | Path,
    targets: Mapping[str, float] | None = None,
    folder: Path | None = None,
    progress: Progress | None = None,
    *,
    processes: int = 1,
) -> "Iterator[pandas.DataFrame]":
    """Like `likelihood_records`, with the same arguments, as tables; the first is empty."""
    from molgan.models.weights import find_weights

    pieces = likelihood_records(records, weights, targets, folder, progress, processes=processes)
    yield from parse_pieces(pieces, LikelihoodText(find_weights(weights), dict(targets or {})).make_table([]))


class LikelihoodText(TextTable):
    """Likelihoods of records as lines of CSV."""

    def __init__(self, path: Path, targets: Mapping[str, float], titles: Mapping[str, str] | None = None) -> None:
        super().__init__(titles)
        self._path = path
        self._targets = dict(targets)

    def __reduce__(self) -> tuple[type["LikelihoodText"], tuple[Any, ...]]:
        return LikelihoodText, (self._path, self._targets, self.titles)

    def compute(self, smiles: Sequence[str | None]) -> "pandas.DataFrame":
        return likelihood_table(list(smiles), self._meter)

    def show_unusable(self, table: "pandas.DataFrame", records: Sequence[Record]) -> None:
        import pandas

        table["smiles"] = pandas.Series([record.smiles for record in records], dtype=object)

    @cached_property
    def _meter(self) -> "NllMeter":
        import torch

        from molgan.models.nll import NllMeter

        if multiprocessing.parent_process() is not None:
            torch.set_num_threads(1)  # the processes share the cores
        return NllMeter.load(self._path, self._targets)
