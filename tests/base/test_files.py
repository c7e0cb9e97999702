"""Files and folders are there whole, or what was there before stays."""

import fcntl
import os
import threading
from pathlib import Path

import pytest

from molgan.base.errors import RunError
from molgan.base.files import open_to_append, remove_abandoned, write_files, write_folder, write_whole


def test_a_file_takes_the_place_of_the_old_one_at_the_end_only(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")
    with write_whole(path) as file:
        file.write(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["a.bin"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, OSError])
def test_an_error_leaves_what_was_there(tmp_path: Path, error: type[BaseException]) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")
    with pytest.raises(error), write_whole(path) as file:
        file.write(b"half")
        raise error
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.bin"]


def test_a_file_can_be_read_by_whom_the_umask_lets(tmp_path: Path) -> None:
    with write_whole(tmp_path / "a") as file:
        file.write(b"x")
    (tmp_path / "b").write_bytes(b"x")
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "b").stat().st_mode


def test_threads_that_write_the_same_file_do_not_get_into_each_others_way(tmp_path: Path) -> None:
    both = threading.Barrier(2)
    failures: list[BaseException] = []

    def write(content: bytes) -> None:
        try:
            with write_whole(tmp_path / "a") as file:
                file.write(content)
                both.wait(10)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(letter * 10_000,)) for letter in (b"x", b"y")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert (tmp_path / "a").read_bytes() in (b"x" * 10_000, b"y" * 10_000)
    assert os.listdir(tmp_path) == ["a"]


def test_of_several_files_all_are_written_or_none(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "folder"
    assert write_files(folder, {"a": [b"1", b"2"], "b": []}) == [folder / "a", folder / "b"]
    assert [(folder / name).read_bytes() for name in "ab"] == [b"12", b""]

    def pieces() -> object:
        yield b"half"
        raise ValueError

    with pytest.raises(ValueError):
        write_files(folder, {"a": [b"3"], "b": pieces()})
    assert [(folder / name).read_bytes() for name in "ab"] == [b"12", b""]
    assert sorted(os.listdir(folder)) == ["a", "b"]


def test_a_folder_that_cannot_be_written_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match=r"^[^\n]*file/run: cannot be written \(Not a directory\); make it [^\n]*$"):
        write_files(tmp_path / "file" / "run", {"a": [b"1"]})


def test_an_error_names_the_file_that_the_user_knows(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught, write_whole(tmp_path / "none" / "a"):
        pass
    assert caught.value.filename == str(tmp_path / "none" / "a")


def test_a_folder_takes_the_place_of_the_old_one_at_the_end_only(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    for content in ("old", "new"):
        with write_folder(folder) as new:
            (new / content).write_text(content)
            assert folder.exists() == (content == "new")
    assert os.listdir(folder) == ["new"]
    with pytest.raises(ValueError), write_folder(folder) as new:
        (new / "half").write_text("")
        raise ValueError
    assert os.listdir(folder) == ["new"]
    assert os.listdir(tmp_path) == ["data"]


def test_what_a_killed_writer_left_goes_and_what_a_living_one_writes_stays(tmp_path: Path) -> None:
    killed, living, fresh, other = (
        tmp_path / name
        for name in (
            ".a.csv.0123456789ab.part",
            ".a.csv.ba9876543210.part",
            ".a.csv.000000000000.part",
            ".b.csv.0123456789ab.part",
        )
    )
    for path in (killed, living, fresh, other):
        path.write_text("half")
        os.utime(path, (0, 0))
    os.utime(fresh)  # its writer may not have locked it yet
    with living.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        remove_abandoned(tmp_path / "a.csv")
    assert [path.exists() for path in (killed, living, fresh, other)] == [False, True, True, True]


def test_a_writer_holds_its_temporary_file(tmp_path: Path) -> None:
    with write_whole(tmp_path / "a") as file:
        file.write(b"x")
        os.utime(file.name, (0, 0))
        remove_abandoned(tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == b"x"


def test_a_name_may_be_as_long_as_the_system_allows(tmp_path: Path) -> None:
    name = "\u00fc" * 120 + ".csv"
    write_files(tmp_path, {name: [b"x"]})
    assert os.listdir(tmp_path) == [name]


def test_nothing_is_appended_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "victim").write_text("mine\n")
    (tmp_path / "metrics.jsonl").symlink_to(tmp_path / "victim")
    with pytest.raises(RunError, match="is a link"):
        open_to_append(tmp_path / "metrics.jsonl")
    for _ in range(2):
        with open_to_append(tmp_path / "other") as file:
            file.write(b"x")
    assert (tmp_path / "other").read_bytes() == b"xx" and (tmp_path / "victim").read_text() == "mine\n"
