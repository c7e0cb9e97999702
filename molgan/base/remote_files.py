"""Files on storage (s3://…, gs://…): read by a copy in the cache, written from a copy of this machine."""

import os
import re
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from molgan.base import cache_folder
from molgan.base.errors import ConfigError, InputError, StorageError

T = TypeVar("T")

KINDS = ("s3", "gs", "gcs", "abfs", "abfss", "az", "file")
"""The kinds of storage whose files are read: such as take what they let in from the environment. Others could ask any
server that a configuration names."""

_FORM = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):/+(.*)", re.DOTALL)  # a Path has one slash left of two
_STAMPS = ("ETag", "etag", "generation", "md5Hash")
_TIMES = ("LastModified", "last_modified", "updated", "mtime", "created")
_ATTEMPTS, _SECONDS_BEFORE_NEXT = 4, 1.0
_fetched: dict[str, str] = {}


def is_url(name: str | Path) -> bool:
    """Whether a name is a URL and no path, also when it has become a Path."""
    return (isinstance(name, Path) or "://" in name) and _FORM.match(str(name)) is not None


def read_url(name: str | Path) -> str:
    """The URL of a name for which `is_url` is true. Raises InputError for a kind of storage that is not read, and where
    it holds credentials, which would be written to files."""
    match = _FORM.match(str(name))
    assert match is not None
    kind, rest = match[1].lower(), match[2]
    if kind not in KINDS or "::" in rest:  # of fsspec's chains any part could be of any kind
        known = ", ".join(f"{each}://" for each in KINDS)
        raise InputError(f"{kind}://{rest:.60}: not a kind of URL for files ({known}); name a file of this machine")
    if "@" in rest.partition("/")[0] and not kind.startswith("abfs"):  # there a container stands before the @
        raise InputError(
            f"{kind}://…: remove the credentials from the URL; storage takes its credentials from the environment"
        )
    return f"{kind}://{'/' if kind == 'file' else ''}{rest}"


def open_storage(url: str, **options: object) -> tuple[Any, str]:
    """The file system of a URL, as fsspec has it, and the path there. Raises ConfigError for an unknown kind or one
    whose package is missing, StorageError where it cannot be reached."""
    from fsspec.core import url_to_fs

    try:
        storage, path = url_to_fs(url, **options)
    except (ImportError, ValueError) as error:
        raise ConfigError(f"{url}: {error}") from None
    except Exception as error:  # some kinds of storage connect at once
        raise StorageError(f"{url}: cannot be reached: {_first_line(error)}") from error
    return storage, str(path)


def try_request(work: Callable[[], T], url: str, mend: str = "run again to continue") -> T:
    """Try a request several times, since storage fails now and then. Raises StorageError after the last attempt."""
    for attempt in range(_ATTEMPTS):
        try:
            return work()
        except Exception as error:  # every kind of storage raises its own kind of error
            if attempt == _ATTEMPTS - 1:
                raise StorageError(f"{url}: storage fails: {_first_line(error)}; {mend}") from error
            time.sleep(_SECONDS_BEFORE_NEXT * 2**attempt)
    raise AssertionError


def fetch(name: str | Path) -> Path:
    """A copy of a file on storage, in the cache: made once for each version of the file, as its ETag says, or its size
    and time of change. What `file://` names is no copy.

    Raises InputError for a file that does not exist or a URL that is not read, ConfigError where the package for it is
    missing, StorageError where storage fails or the cache cannot be written.
    """
    url = read_url(name)
    storage, path = open_storage(url, use_listings_cache=False)
    if url.startswith("file:"):
        if not os.path.isfile(path):
            raise InputError(f"{url}: no such file")
        return Path(path)
    version = _read_version(storage, path, url)
    if version is None:
        raise InputError(f"{url}: no such file, or a folder")
    key = cache_folder.content_hash([url, version])
    copy = cache_folder.entry("inputs-1", key, f"/{path.rpartition('/')[2]}")
    if not copy.exists():
        try_request(lambda: _download(storage, path, copy), url)
        if _read_version(storage, path, url) != version:
            copy.unlink(missing_ok=True)
            raise StorageError(f"{url}: has changed while it was read; run again")
    _fetched[str(copy)] = url
    return copy


def restore_urls(values: Any) -> Any:
    """Plain values with the URL of each file that this process has fetched in place of its copy."""
    match values:
        case Mapping():
            return {key: restore_urls(inner) for key, inner in values.items()}
        case list() | tuple():
            return [restore_urls(inner) for inner in values]
        case str():
            return _fetched.get(values, values)
        case _:
            return values


def check_place(url: str) -> None:
    """Ask storage for a file that will be written, so that what cannot be reached is told before the work. Raises as
    `open_storage`."""
    storage, path = open_storage(read_url(url), use_listings_cache=False)
    _read_version(storage, path, url)


def upload(copy: Path, url: str) -> None:
    """Write a file to storage. Raises StorageError, which says where the copy is kept."""
    storage, path = open_storage(read_url(url), use_listings_cache=False)
    try_request(lambda: storage.put_file(str(copy), path), url, f"what was to be written is in {copy}")


def _read_version(storage: Any, path: str, url: str) -> str | None:
    """What changes whenever a file does; None where there is none."""

    def ask() -> Mapping[str, Any] | None:
        try:
            return dict(storage.info(path))
        except FileNotFoundError:
            return None

    about = try_request(ask, url)
    if about is None or about.get("type") == "directory":
        return None
    stamp = next((about[name] for name in _STAMPS if about.get(name)), None)
    if stamp is None:
        stamp = next((about[name] for name in _TIMES if about.get(name)), "")
    return " ".join(f"{stamp} {about.get('size')}".split())


def _download(storage: Any, path: str, copy: Path) -> None:
    with storage.open(path, "rb") as source, cache_folder.store(copy) as target:
        shutil.copyfileobj(source, target, 1 << 20)


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
