"""From a file of measurements to a verdict, by the verb and from Python; and what is refused, with the mend."""

import json

import pandas
import pytest
from typer.testing import CliRunner

import molgan
from molgan.base.errors import ConfigError, InputError, WeightsError
from molgan.cli import app
from molgan.training.augmentation import augment_file
from molgan.training.augmentation.augment_file import read_augmentable

SMALL = ["--trees", 10, "--seeds", 2, "--folds", 2, "-n", 8, "--similarity", 0.3, "--most-uncertain", 1]


@pytest.fixture
def write(toys, tmp_path):
    def write(values, name="data.csv", smiles=toys.SMILES):
        path = tmp_path / name
        rows = [f"{text},{value}" for text, value in zip(smiles, values, strict=False)]
        path.write_text("\n".join(["smiles,y", *rows]) + "\n")
        return path

    return write


@pytest.fixture
def molgan_augment(toys, monkeypatch):
    monkeypatch.setattr(augment_file, "open_source", lambda settings: toys.MethylSource())

    def call(*arguments):
        return CliRunner().invoke(app, ["augment", *map(str, arguments)])

    return call


def test_the_verb_leaves_molecules_with_provenance_a_table_and_a_verdict(toys, write, molgan_augment, tmp_path):
    data = write([int(i % 5 == 0) for i in range(40)])
    first = molgan_augment(data, "--target", "y", "-o", tmp_path / "a", *SMALL)
    assert first.exit_code == 0, first.output
    figures = json.loads((tmp_path / "a" / "augment.json").read_text())
    assert first.stdout.splitlines()[-1] == figures["verdict"]
    assert figures["rare"] == {"class": 1.0, "molecules": 8} and figures["synthetic"]["labelled"] == 8
    assert figures["held_out_parts"]["number"] == 4 == len(list((tmp_path / "a" / "splits").iterdir()))
    assert [way["name"] for way in figures["ways"]] == ["as it is", "synthetic", "oversampling", "weights", "SMOTE"]
    assert set(figures["ways"][1]["figures"]) == {"ROC-AUC", "PR-AUC", "Brier", "ECE"}
    table = pandas.read_csv(tmp_path / "a" / "synthetic.csv")
    lines = data.read_text().splitlines()
    for row in table.itertuples():
        assert lines[int(row.source_lines) - 1].endswith(",1") and lines[int(row.neighbour_lines) - 1].endswith(",1")
        assert (row.y, row.labelled_by, row.origin) == (1, "neighbour", "methyl") and 0 <= row.uncertainty <= 1
    # The same seed gives the same bytes; so does the command again, which computes no part anew.
    assert molgan_augment(data, "--target", "y", "-o", tmp_path / "b", *SMALL).exit_code == 0
    assert molgan_augment(data, "--target", "y", "-o", tmp_path / "a", *SMALL).exit_code == 0
    for file in ("synthetic.csv", "augment.json", "augment.md"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_numbers_are_decided_by_their_error(toys, write, molgan_augment, tmp_path):
    data = write(toys.ATOMS[:40])
    done = molgan_augment(data, "--target", "y", "-o", tmp_path / "a", *SMALL, "--most-uncertain", 10)
    assert done.exit_code == 0 and "RMSE" in done.stdout.splitlines()[-1] and "SMOTE is for classes" in done.stdout
    assert json.loads((tmp_path / "a" / "augment.json").read_text())["rare"] is None


def test_check_says_what_would_be_done_and_does_nothing(write, molgan_augment, tmp_path):
    data = write([int(i % 5 == 0) for i in range(40)])
    done = molgan_augment(data, "--target", "y", "-o", tmp_path / "a", "--check", *SMALL)
    assert done.exit_code == 0 and not (tmp_path / "a").exists()
    assert "40 molecules, 8 of class 1, which is drawn from; 8 synthetic molecules by methyl" in done.stdout
    assert "2 times 2 held-out parts by scaffold" in done.stdout


def test_bad_input_is_refused_in_one_line_with_the_mend(toys, write, molgan_augment, tmp_path):
    classes = [int(i % 5 == 0) for i in range(40)]
    bounds = [f">{value}" if i == 7 else value for i, value in enumerate(toys.ATOMS[:40])]
    rows = [
        (["1"] * 40, "every y is 1; there is nothing to learn; add rows of other values"),
        (classes[:19], "19 molecules with a y; at least 20 are needed"),
        (bounds, "data.csv:9: 1 of the values of y are bounds (< or >)"),
        ([1] + [0] * 39, "the 1 of class 1 have one scaffold"),
    ]
    for values, message in rows:
        for more in ([], ["--check"]):
            done = molgan_augment(write(values), "--target", "y", "-o", tmp_path / "a", *SMALL, *more)
            assert done.exit_code == 2 and not (tmp_path / "a").exists()
            assert message in done.stderr.splitlines()[-1], done.stderr
    done = molgan_augment(write(bounds), "--target", "y", "--check", "--drop-censored", *SMALL)
    assert done.exit_code == 0 and "39 molecules" in done.stdout
    done = molgan_augment(write(classes), "--target", "x", *SMALL)
    assert done.exit_code == 2 and "no column 'x'" in done.stderr and "other columns: y" in done.stderr


def test_wrong_settings_and_weights_are_refused_before_any_work(write):
    data = write([int(i % 5 == 0) for i in range(40)])
    with pytest.raises(ConfigError, match="did you mean 'similarity'"):
        molgan.augment(data, "y", similarty=0.5)
    with pytest.raises(ConfigError, match="similarity: Input should be less than 1"):
        molgan.augment(data, "y", similarity=1.5)
    with pytest.raises((ConfigError, WeightsError), match="no weights at nowhere"):
        molgan.augment(data, "y", weights="nowhere", folds=2)
    with pytest.raises(ConfigError, match="cannot read a source molecule"):
        molgan.augment(data, "y", source="analogues", weights="moses", folds=2)
    with pytest.raises(InputError, match=r"1 of the values of y are bounds"):
        bounds = write([">5", *range(39)], "bounds.csv")
        read_augmentable(bounds, "y", augment_file.AugmentSettings())
