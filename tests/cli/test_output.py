"""The suffix decides the format, a file is there whole or not at all, and a pipe or a link stays what it is."""

import gzip
import os
import stat
import threading
from pathlib import Path

import pytest

from molgan.base.errors import InputError, RunError
from molgan.cli.output import find_format, find_regular_file, open_output, report_bad_rows


@pytest.mark.parametrize(
    ("output", "suffix"),
    [
        ("-", ".csv"),
        ("/dev/stdout", ".csv"),
        ("a", ".csv"),
        ("a.b/scores", ".csv"),
        ("a.txt", ".csv"),
        ("a.gz", ".csv"),
        ("a.TSV", ".tsv"),
        ("a.sdf.gz", ".sdf"),
        ("a.parquet", ".parquet"),
    ],
)
def test_the_suffix_decides(output: str, suffix: str) -> None:
    assert find_format(output, ".csv") == suffix


@pytest.mark.parametrize("output", ["a.xls", "a.json", "a.parquet.gz", "a.csv.zip"])
def test_an_unknown_suffix_is_refused(output: str) -> None:
    with pytest.raises(InputError, match="unknown suffix"):
        find_format(output, ".csv")


def test_a_link_stays_and_its_target_is_replaced_with_its_permissions(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    target, link, dangling = tmp_path / "folder" / "target.csv", tmp_path / "link.csv", tmp_path / "dangling.csv"
    target.write_text("old")
    target.chmod(0o600)
    link.symlink_to(target)
    dangling.symlink_to(tmp_path / "folder" / "new.csv")
    for path in (link, dangling):
        with open_output(str(path)) as stream:
            stream.write(b"new")
            assert target.read_text() == ("old" if path == link else "new")
        assert path.is_symlink() and path.read_text() == "new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.rglob("*.csv")) == [
        "dangling.csv",
        "link.csv",
        "new.csv",
        "target.csv",
    ]
    assert not list(tmp_path.rglob(".*"))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="a system with named pipes")
def test_a_pipe_is_written_and_stays(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    received: list[bytes] = []
    reader = threading.Thread(target=lambda: received.append(pipe.read_bytes()))
    reader.start()
    with open_output(str(pipe)) as stream:
        stream.write(b"smiles\n")
    reader.join(timeout=30)
    assert received == [b"smiles\n"]
    assert stat.S_ISFIFO(pipe.stat().st_mode) and list(tmp_path.iterdir()) == [pipe]
    assert find_regular_file(str(pipe)) is None


def test_a_folder_and_an_empty_name_are_refused(tmp_path: Path) -> None:
    for output in (str(tmp_path), ""):
        with pytest.raises(RunError, match="name a file"), open_output(output):
            pass


def test_what_fails_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("old")
    with pytest.raises(KeyError), open_output(str(path)) as stream:
        stream.write(b"new")
        raise KeyError
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


def test_the_same_content_gives_the_same_gzip_file(tmp_path: Path) -> None:
    for name in ("a.csv.gz", "b.csv.gz"):
        with open_output(str(tmp_path / name)) as stream:
            stream.write(b"smiles\n")
    assert (tmp_path / "a.csv.gz").read_bytes() == (tmp_path / "b.csv.gz").read_bytes()
    assert gzip.decompress((tmp_path / "a.csv.gz").read_bytes()) == b"smiles\n"


def test_ten_bad_rows_are_told_and_then_the_number(capsys: pytest.CaptureFixture[str]) -> None:
    with report_bad_rows("a.csv", "rejected") as on_bad:
        for line in range(1, 13):
            on_bad(line, "no SMILES")
    told = capsys.readouterr().err.splitlines()
    assert told[0] == "a.csv:1: no SMILES; rejected" and len(told) == 11
    assert told[-1] == "a.csv: 12 rows in all cannot be used; rejected"
