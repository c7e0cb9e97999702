"""Copies a run folder to storage that outlives the machine, after every checkpoint and every stage."""

from __future__ import annotations

import io
import json
import tarfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from fsspec.implementations.local import LocalFileSystem

from molgan.base.errors import RunError
from molgan.base.files import write_whole
from molgan.base.remote_files import open_storage, try_request

T = TypeVar("T")

_INDEX = ".mirror.json"
_CLAIMS = ".claims"


@contextmanager
def mirror_folder(folder: Path, url: str | None) -> Iterator[Callable[[], None]]:
    """Give a function that copies the changes in `folder` to `url`; they are also copied at the end of the `with`.

    At the start the files at `url` are copied to the folder if they are newer. Of two processes that use the same `url`
    the later one wins: the other fails at its next copy. Without a `url` nothing is copied. Raises ConfigError for a
    URL of an unknown kind, RunError when the storage cannot be reached or written.
    """
    if url is None:
        yield lambda: None
        return
    mirror = Mirror(folder, url)
    mirror.restore()
    yield mirror.push
    mirror.push()


class Mirror:
    """The copy of a run folder at a `url` that fsspec knows: s3://…, gs://…, file://….

    A crash at any moment leaves on the storage a state that a crash at some earlier moment would have left in the
    folder: files are copied in the order in which they were written, a checkpoint as one object, and the `done.json` of
    a stage that changes is removed first.

    `.mirror.json`, here and there, says which run it is and how often it was written, so that no other run's folder is
    ever taken for a newer state of it. The owner of the storage is the process with the highest number in `.claims`,
    where each number is created by one process only, as storage can be told to (`If-None-Match`).
    """

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.url = url.rstrip("/")
        self._run = self._owner = uuid.uuid4().hex
        self._claimed: int | None = None
        self._serial = 0
        self._stored: set[str] = set()  # the names of what is on the storage
        self._there: dict[str, tuple[int, int]] = {}  # size and time of change of each source that was copied
        self._storage, self._root = open_storage(self.url, use_listings_cache=False)

    def restore(self) -> None:
        """Download the files on the storage if they are newer than the folder, and become the owner of the storage.
        Raises RunError when the folder holds another run than the storage."""
        there, here = self._read_stored_index(), _read_index(self.folder)
        if there and there.get("run") != here.get("run") and _list_sources(self.folder):
            raise RunError(
                f"{self.folder}: holds another run than {self.url}, and would overwrite it; move the folder away, or "
                "give this run another name (name=…)"
            )
        self._run = there.get("run") or here.get("run") or self._run
        self._claim(there.get("claim", 0) + 1)
        self._serial = max(there.get("serial", 0), here.get("serial", 0))
        self._stored = set(self._try(self._list_files))
        if there.get("serial", 0) > here.get("serial", 0):
            self._download()
            self._there = _list_sources(self.folder)
        self._write_index()

    def push(self) -> None:
        """Copy the changed files. Raises RunError when the storage fails, or when another process has taken it over."""
        sources = _list_sources(self.folder)
        changed = [name for name, state in sources.items() if self._there.get(name) != state]
        gone = [name for name in self._there if name not in sources]
        if not changed and not gone:
            return
        self._require_ownership()
        finished = [name for name in changed if name.endswith("done.json")]
        for name in [*finished, *gone]:
            if name in self._stored:
                self._try(partial(self._storage.rm_file, self._place(name)))
                self._stored.discard(name)
        for name in sorted(changed, key=lambda name: (sources[name][1], name)):
            content = _read_content(self.folder, name)
            if content is not None:  # a file that was deleted meanwhile is removed by the next copy
                self._require_ownership()
                self._put(name, content)
                self._stored.add(name)
        self._there = sources
        self._write_index()

    def _claim(self, number: int) -> None:
        """Become the owner by the first free number from `number` on."""
        while not self._try(partial(self._create, f"{_CLAIMS}/{number:08d}")):
            number += 1
        self._claimed = number

    def _create(self, name: str) -> bool:
        """Create a file that says who we are; returns whether it is ours, and not that of another process."""
        place = self._place(name)
        if isinstance(self._storage, LocalFileSystem):
            self._storage.makedirs(place.rpartition("/")[0], exist_ok=True)
        try:
            self._storage.pipe_file(place, self._owner.encode(), mode="create")
        except Exception:  # every kind of storage has its own error for a file that is there
            if self._read(name) is None:
                raise
        return self._read(name) == self._owner.encode()

    def _require_ownership(self) -> None:
        if self._claimed is not None:
            after = partial(self._read, f"{_CLAIMS}/{self._claimed + 1:08d}")
            if self._try(after) is not None:
                raise RunError(f"{self.url}: another process has taken this run over; this one stops")

    def _read(self, name: str) -> bytes | None:
        try:
            return bytes(self._storage.cat_file(self._place(name)))
        except FileNotFoundError:
            return None

    def _download(self) -> None:
        folder = self.folder.resolve()
        for name in sorted(self._stored):
            path = (folder / name).resolve()
            if name == _INDEX or name.startswith(f"{_CLAIMS}/") or not path.is_relative_to(folder):
                continue
            content = self._try(partial(self._storage.cat_file, self._place(name)))
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.suffix == ".tar":
                try:
                    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
                        archive.extractall(path.with_suffix(""), filter="data")
                except tarfile.TarError as error:
                    raise RunError(f"{self.url}/{name}: not an archive of a checkpoint: {error}") from error
            else:
                with write_whole(path) as file:
                    file.write(content)

    def _list_files(self) -> list[str]:
        """The paths of the files on the storage, relative to the folder."""
        root = PurePosixPath(self._root)
        found = self._storage.find(self._root) if self._storage.exists(self._root) else []
        return [str(PurePosixPath(path).relative_to(root)) for path in found]

    def _read_stored_index(self) -> dict[str, Any]:
        return dict(json.loads(self._try(partial(self._read, _INDEX)) or b"{}"))

    def _write_index(self) -> None:
        self._serial += 1
        index = json.dumps({"run": self._run, "claim": self._claimed or 0, "serial": self._serial}).encode()
        self._put(_INDEX, index)
        with write_whole(self.folder / _INDEX) as file:  # never through a link
            file.write(index)

    def _put(self, name: str, content: bytes) -> None:
        place = self._place(name)

        def put() -> None:
            if not isinstance(self._storage, LocalFileSystem):
                self._storage.pipe_file(place, content)  # object storage writes an object whole or not at all
                return
            self._storage.makedirs(place.rpartition("/")[0], exist_ok=True)
            with write_whole(Path(place)) as file:
                file.write(content)

        self._try(put)

    def _place(self, name: str) -> str:
        return f"{self._root}/{name}"

    def _try(self, work: Callable[[], T]) -> T:
        return try_request(work, self.url)


def _list_sources(folder: Path) -> dict[str, tuple[int, int]]:
    """The files to copy, with size and time of change (ns); a folder with a checkpoint counts as one `<name>.tar`.
    Raises RunError for a link that leads out of the folder, since what it leads to may be none of the run's."""
    found: dict[str, tuple[int, int]] = {}
    root = folder.resolve()
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if any(_is_transient(part) for part in name.parts):
            continue
        if path.is_symlink() and not path.resolve().is_relative_to(root):
            raise RunError(f"{path}: a link out of the run folder is not copied to storage; put the file itself there")
        try:
            state = path.stat()
        except FileNotFoundError:
            continue
        if (path / "state.json").exists():
            state = (path / "state.json").stat()
            found[f"{name}.tar"] = (state.st_size, state.st_mtime_ns)
        elif path.is_file() and not (path.parent / "state.json").exists():
            found[str(name)] = (state.st_size, state.st_mtime_ns)
    return found


def _is_transient(part: str) -> bool:
    """Whether a file or folder is temporary, or concerns this machine alone."""
    return part in (".lock", _INDEX) or part.endswith((".part", ".new", ".old"))


def _read_content(folder: Path, name: str) -> bytes | None:
    source = folder / name
    try:
        if source.suffix != ".tar":
            return source.read_bytes()
        stream = io.BytesIO()
        with tarfile.open(fileobj=stream, mode="w") as archive:
            for file in sorted(source.with_suffix("").iterdir()):
                archive.add(file, file.name)
        return stream.getvalue()
    except FileNotFoundError:
        return None


def _read_index(folder: Path) -> dict[str, Any]:
    try:
        return dict(json.loads((folder / _INDEX).read_text()))
    except (OSError, ValueError):
        return {}
