"""What is copied to storage is, after a crash at any moment, a run folder that a campaign can go on from."""

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import fsspec
import pytest

from molgan.base import remote_files
from molgan.base.errors import ConfigError, RunError
from molgan.campaign.run_folder.mirror import Mirror, mirror_folder
from molgan.training.checkpoint import load_checkpoint, write_checkpoint

URL = "memory://bucket/run"


@pytest.fixture(autouse=True)
def _empty_storage(monkeypatch: pytest.MonkeyPatch) -> None:
    fsspec.filesystem("memory").store.clear()
    monkeypatch.setattr(remote_files, "_SECONDS_BEFORE_NEXT", 0.0)


def write(folder: Path, version: str) -> None:
    """What a stage leaves: a checkpoint, an output, and in the end the word that it is done."""
    (folder / "checkpoints/a").mkdir(parents=True, exist_ok=True)
    (folder / "checkpoints/a/done.json").unlink(missing_ok=True)
    (folder / "checkpoints/a/stage.json").write_text(json.dumps(version))
    write_checkpoint(folder / "checkpoints/a/checkpoint", {"state.json": version.encode(), "tensors.safetensors": b"T"})
    (folder / "library.csv").write_text(version * 3)
    (folder / "checkpoints/a/done.json").write_text(json.dumps(version))


def content(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != ".mirror.json")
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.mark.parametrize("url", [URL, "file://{tmp_path}/storage"])
def test_a_folder_comes_back_on_another_machine(tmp_path: Path, url: str) -> None:
    url, here, there = url.format(tmp_path=tmp_path), tmp_path / "here", tmp_path / "there"
    here.mkdir(), there.mkdir()
    with mirror_folder(here, url) as keep:
        write(here, "1")
        (here / ".lock").write_text("4711")
        keep()
        write(here, "2")
        (here / "extra").write_text("later deleted")
        keep()
        (here / "extra").unlink()
    with mirror_folder(there, url):
        (here / ".lock").unlink()
        assert content(there) == content(here)
    write(there, "3")  # a process that dies before its next copy
    with mirror_folder(there, url):
        assert content(there)["library.csv"] == b"333"  # what is newer here stays
    with mirror_folder(here, url):
        assert content(here) == content(there)


def test_a_crash_while_copying_leaves_an_earlier_state(tmp_path: Path) -> None:
    crashes = 0
    for calls in range(40):
        fsspec.filesystem("memory").store.clear()
        here, there = tmp_path / f"here-{calls}", tmp_path / f"there-{calls}"
        here.mkdir(), there.mkdir()
        mirror = Mirror(here, URL)
        mirror.restore()
        write(here, "1")
        mirror.push()
        write(here, "2")
        mirror._storage = Dying(mirror._storage, calls)
        try:
            mirror.push()
        except Died:
            crashes += 1
        Mirror(there, URL).restore()
        done = there / "checkpoints/a/done.json"
        if done.exists():
            assert json.loads(done.read_text()) * 3 == (there / "library.csv").read_text()
        assert (there / "checkpoints/a/checkpoint/state.json").read_text() in "12"
        if crashes <= calls:  # it went through
            assert content(there) == content(here)
            break
    assert 4 < crashes < 40


class Died(BaseException):
    pass


class Dying:
    """Storage whose user dies at the nth change."""

    def __init__(self, storage: Any, calls: int) -> None:
        self._storage, self._left = storage, calls

    def __getattr__(self, name: str) -> Any:
        if name in ("pipe_file", "rm_file"):
            self._left -= 1
            if self._left < 0:
                raise Died
        return getattr(self._storage, name)


def test_of_two_owners_the_later_one_wins(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir(), (tmp_path / "b").mkdir()
    with (
        pytest.raises(RunError, match="another process has taken this run over"),
        mirror_folder(tmp_path / "a", URL) as keep,
    ):
        with mirror_folder(tmp_path / "b", URL):
            (tmp_path / "b" / "x").write_text("b")
        (tmp_path / "a" / "x").write_text("a")
        keep()
    assert fsspec.filesystem("memory").cat_file("/bucket/run/x") == b"b"


def test_another_run_of_the_same_name_overwrites_nothing(tmp_path: Path) -> None:
    """Two runs have one name, so one folder on this machine, and a URL each."""
    here = tmp_path / "runs" / "same"
    here.mkdir(parents=True)
    with mirror_folder(here, "memory://bucket/b"):
        write(here, "b")
    (tmp_path / "elsewhere").mkdir()
    for _ in range(5):  # a run that wrote more often
        with mirror_folder(tmp_path / "elsewhere", "memory://bucket/a"):
            write(tmp_path / "elsewhere", f"a{_}")
    with (
        pytest.raises(RunError, match="holds another run than memory://bucket/b, and would overwrite it; move the"),
        mirror_folder(tmp_path / "elsewhere", "memory://bucket/b"),
    ):
        pass
    assert fsspec.filesystem("memory").cat_file("/bucket/b/library.csv") == b"bbb"
    (tmp_path / "unmarked").mkdir()
    write(tmp_path / "unmarked", "c")  # a run without storage
    with pytest.raises(RunError, match="holds another run"), mirror_folder(tmp_path / "unmarked", "memory://bucket/b"):
        pass
    with mirror_folder(here, "memory://bucket/moved"):  # its own run goes on at a new place
        pass
    assert fsspec.filesystem("memory").cat_file("/bucket/moved/library.csv") == b"bbb"


def test_a_number_is_claimed_by_one_process_only(tmp_path: Path) -> None:
    """Two processes that start at the same moment have read the same index."""
    (tmp_path / "a").mkdir(), (tmp_path / "b").mkdir()
    first, second = Mirror(tmp_path / "a", URL), Mirror(tmp_path / "b", URL)
    first._claim(1), second._claim(1)
    assert (first._claimed, second._claimed) == (1, 2)
    (tmp_path / "a" / "x").write_text("a")
    with pytest.raises(RunError, match="another process has taken this run over"):
        first.push()
    (tmp_path / "b" / "x").write_text("b")
    second.push()
    assert fsspec.filesystem("memory").cat_file("/bucket/run/x") == b"b"


def test_a_copy_lists_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with mirror_folder(tmp_path, URL) as keep:
        write(tmp_path, "1")
        keep()
        for name in ("find", "ls", "exists", "info"):
            monkeypatch.setattr(
                fsspec.filesystem("memory"), name, lambda *given, **how: pytest.fail("a list of the bucket")
            )
        write(tmp_path, "2")
        keep()
        monkeypatch.undo()


def test_storage_that_fails_is_tried_again_then_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mirror = Mirror(tmp_path, URL)
    mirror.restore()
    (tmp_path / "x").write_text("x")
    failures = [OSError("flaky"), OSError("flaky")]
    put = mirror._storage.pipe_file

    def flaky(*arguments: Any) -> None:
        if failures:
            raise failures.pop()
        put(*arguments)

    monkeypatch.setattr(mirror._storage, "pipe_file", flaky)
    mirror.push()
    assert mirror._storage.cat_file("/bucket/run/x") == b"x"
    failures += [PermissionError("no quota left")] * 99
    (tmp_path / "y").write_text("y")
    with pytest.raises(RunError, match=r"memory://bucket/run: storage fails: no quota left; run again"):
        mirror.push()


def test_storage_cannot_write_outside_of_the_folder(tmp_path: Path) -> None:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("../../../evil"), io.BytesIO())
    storage = fsspec.filesystem("memory")
    storage.pipe_file("/bucket/run/checkpoints/checkpoint.tar", stream.getvalue())
    storage.pipe_file("/bucket/run/.mirror.json", b'{"owner": "x", "serial": 7}')
    (tmp_path / "run").mkdir()
    with pytest.raises(RunError, match=r"checkpoint\.tar: not an archive of a checkpoint"):
        Mirror(tmp_path / "run", URL).restore()
    assert not list(tmp_path.rglob("evil"))


def test_a_url_of_no_known_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nosuch://x"):
        Mirror(tmp_path, "nosuch://x")


def test_checkpoints_travel_whole(tmp_path: Path) -> None:
    write_checkpoint(tmp_path / "pretrain", {"state.json": b"{}", "tensors.safetensors": b"\x02\0\0\0\0\0\0\0{}"})
    Mirror(tmp_path, URL).push()
    assert [path for path in fsspec.filesystem("memory").find("/bucket/run") if "pretrain" in path] == [
        "/bucket/run/pretrain.tar"
    ]
    (tmp_path / "other").mkdir()
    Mirror(tmp_path / "other", URL).restore()
    assert load_checkpoint(tmp_path / "other" / "pretrain") == ({}, {})
