"""Likelihoods of files: one row a record, the same text however many processes, and nothing of the input is lost."""

from io import StringIO
from pathlib import Path

import pandas
import pytest
import torch
from typer.testing import CliRunner

import molgan
from molgan.base.errors import InputError, WeightsError
from molgan.bulk.likelihood_file import likelihood_records, likelihood_tables
from molgan.chem.reading import Record
from molgan.cli import app
from molgan.graphs.motif.actions import Vocabulary
from molgan.models.motif.motif_generator import MotifGenerator
from molgan.models.settings import MotifNetworkSettings

SMILES = ["OCC", "C(", "CC(=O)Nc1ccccc1", "CCO", "C" * 40, "c1ccccc1", "CN", "CCF"]
ROWS = [Record(i + 2, text, {"name": f"no. {i}", "nll": "old"}) for i, text in enumerate(SMILES)]
COLUMNS = ["smiles", "name", "nll_input", "nll", "nll_per_atom", "rank", "error", "line"]


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("weights")
    torch.manual_seed(0)
    network = MotifNetworkSettings(embedding=8, hidden=16, layers=1)
    generator = MotifGenerator(Vocabulary(("C", "O", "N", "C=O", "c1ccccc1", "F")), network, max_atoms=12)
    generator.save(folder / "weights", nll_quantiles=[i / 20 for i in range(101)])
    return folder


def test_a_file_has_a_row_a_record_with_its_columns_and_reasons(weights: Path) -> None:
    rows = [*ROWS[:2], Record(99, "CC", {"name": "short"}, reason="1 cells, the header has 3"), *ROWS[2:]]
    text = "".join(likelihood_records([rows[:3], rows[3:]], weights))
    table = pandas.read_csv(StringIO(text))
    assert list(table) == COLUMNS
    expected = molgan.log_likelihood([None if row.reason else row.smiles for row in rows], weights=weights)
    for name in ("nll", "nll_per_atom", "rank"):
        assert table[name].equals(expected[name])
    assert list(table["smiles"]) == [row.smiles for row in rows]
    assert list(table["line"]) == [row.line for row in rows] and table["name"][2] == "short"
    assert list(table["error"].notna()) == [False, True, True, False, False, True, False, False, False]
    assert table["error"][2] == "1 cells, the header has 3" and "40 heavy atoms" in table["error"][5]
    assert table["nll"][0] == table["nll"][4] and table["rank"].dropna().between(0, 1).all()


def test_two_processes_and_an_interruption_give_the_same_text(weights: Path, tmp_path: Path) -> None:
    chunks = [ROWS[:3], ROWS[3:5], ROWS[5:]]

    def stopping():  # type: ignore[no-untyped-def]
        yield from chunks[:2]
        raise KeyboardInterrupt

    whole = "".join(likelihood_records(chunks, weights))
    assert "".join(likelihood_records(chunks, weights, processes=2)) == whole
    with pytest.raises(KeyboardInterrupt):
        list(likelihood_records(stopping(), weights, folder=tmp_path / "parts"))
    assert list((tmp_path / "parts").iterdir())
    assert "".join(likelihood_records(chunks, weights, folder=tmp_path / "parts")) == whole
    assert not (tmp_path / "parts").exists()
    assert "".join(likelihood_records([ROWS], weights)) == whole


def test_tables_have_the_values_of_the_text(weights: Path) -> None:
    first, *tables = likelihood_tables([ROWS[:4], ROWS[4:]], weights)
    assert len(first) == 0 and list(first) == COLUMNS
    table = pandas.concat(tables)
    assert table["nll"].dtype == float and table["line"].tolist() == list(range(2, 10))
    assert table["nll"].tolist() == pytest.approx(molgan.log_likelihood(SMILES, weights=weights)["nll"], nan_ok=True)


def test_faults_are_said_before_any_work(weights: Path, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="no weights at"):
        next(likelihood_records([ROWS], tmp_path))
    with pytest.raises(InputError, match="no target 'logp'"):
        next(likelihood_records([ROWS], weights, {"logp": 1.0}))


def test_the_command_line_writes_what_python_gives(weights: Path, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("id,smiles\na,CCO\nb,C(\nc,CN\n")
    command = ["likelihood", str(tmp_path / "in.csv"), "--weights", str(weights), "--processes", "1"]
    for suffix, read in (("csv", pandas.read_csv), ("parquet", pandas.read_parquet)):
        output = tmp_path / f"out.{suffix}"
        result = CliRunner().invoke(app, [*command, "-o", str(output)])
        assert result.exit_code == 0, result.output
        table = read(output)
        assert list(table) == ["smiles", "id", "nll", "nll_per_atom", "rank", "error", "line"]
        assert table["id"].tolist() == ["a", "b", "c"] and table["line"].tolist() == [2, 3, 4]
        expected = molgan.log_likelihood(["CCO", "C(", "CN"], weights=weights)["nll"]
        assert table["nll"].tolist() == pytest.approx(expected.tolist(), nan_ok=True)
    assert CliRunner().invoke(app, [*command, "--target", "logp=1"]).exit_code == 2
