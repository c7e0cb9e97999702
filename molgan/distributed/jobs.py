"""Runs campaigns, trainings, and the filtering and scoring of files as Ray jobs."""

from __future__ import annotations

import asyncio
import json
import shlex
import shutil
import zipfile
from collections.abc import Callable, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from molgan.base.errors import ConfigError, MolganError, RunError
from molgan.distributed.session import explain_refusal, use_token

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ray.job_submission import JobSubmissionClient

CONFIG = "job.yaml"
"""The configuration of a job, in its working folder."""


def submit(
    verb: str,
    values: dict[str, Any] | None,
    address: str,
    *,
    arguments: Sequence[str | Path] = (CONFIG,),
    out: str | None = None,
    name: str | None = None,
    wheel: Path | None = None,
    options: Sequence[str] = (),
    on_submitted: Callable[[str], None] = lambda job: None,
    on_log: Callable[[str], None] | None = None,
) -> int:
    """Run `molgan <verb>` on a cluster, with a configuration and the files that it names.

    The packages that molgan depends on must be installed on the cluster. No environment variable is sent.

    Args:
        verb: run, train, filter or score.
        values: The configuration, a `model_dump`; None for a verb without one.
        address: URL of the dashboard, http://host:8265.
        arguments: What follows the verb. A path is a file of this machine, which travels; `CONFIG` is the
            configuration.
        out: Where the results go; the `out` of the configuration by default.
        name: The name of the job; that of the configuration by default.
        wheel: The build of molgan to run; the code of this installation by default.
        options: Options of `molgan` before the verb.
        on_submitted: Called with the name of the job.
        on_log: Called with the text of the log as it is written, until the job ends.

    Returns:
        The exit code of the job; 0 without `on_log`.

    Raises:
        ConfigError: The results would be lost with the job.
        RunError: The cluster cannot be reached.
    """
    values = values or {}
    name = name or str(values["name"])
    out = _require_lasting(values.get("out") if out is None else out, name, "out=" if out is None else "-o ")
    with TemporaryDirectory(prefix="molgan-") as staging, _translate_errors(address):
        client = _connect(address)
        given = _stage(values, arguments, Path(staging), wheel)
        command = ["python", "-m", "molgan", *options, verb, *given]
        job = client.submit_job(
            entrypoint=shlex.join(command),
            runtime_env={"working_dir": staging},
            metadata={"name": name, "out": out},
        )
    on_submitted(job)
    return 0 if on_log is None else follow(job, address, on_log)


def follow(job: str, address: str, on_log: Callable[[str], None]) -> int:
    """Pass on the log of a job until it ends, and return its exit code. Raises RunError like `submit`."""
    with _translate_errors(address):
        client = _connect(address)
        asyncio.run(_tail(client, job, on_log))
        details = client.get_job_info(job)
    if details.driver_exit_code is None:
        raise RunError(f"job {job}: {details.status.value.lower()}: {details.message or 'no reason was given'}")
    return int(details.driver_exit_code)


async def _tail(client: JobSubmissionClient, job: str, on_log: Callable[[str], None]) -> None:
    passed = 0  # characters of the log
    while True:
        seen = 0
        with suppress(Exception):  # the connection breaks while a cluster changes; the job goes on
            async for text in client.tail_job_logs(job):
                seen += len(text)
                if seen > passed:
                    on_log(text[len(text) - (seen - passed) :])
                    passed = seen
        if client.get_job_status(job).is_terminal():
            return
        await asyncio.sleep(1)


def _connect(address: str) -> JobSubmissionClient:
    try:
        from ray.job_submission import JobSubmissionClient
    except ImportError as error:
        raise ConfigError("jobs need Ray: pip install 'molgan[ray]'") from error
    use_token()
    return JobSubmissionClient(address)


@contextmanager
def _translate_errors(address: str) -> Iterator[None]:
    """Turn errors of the cluster into a RunError of one line."""
    try:
        yield
    except MolganError:
        raise
    except Exception as error:  # of Ray, of its HTTP clients, and plain ones
        raise RunError(f"Ray's job server at {address}: {explain_refusal(error)}") from error


def _require_lasting(out: str | None, name: str, key: str) -> str:
    """Where the results of a job go, which `key` ("out=", "-o ") names. Raises ConfigError where they would be lost."""
    if out is None or not ("://" in out or Path(out).is_absolute()):
        raise ConfigError(
            f"{key.strip(' =')}: {out or 'runs/' + name} would be deleted with the job's own folder; give a URL that "
            f"the cluster can write ({key}s3://bucket/{name}) or a folder that all its machines see"
        )
    return out


def _stage(values: dict[str, Any], arguments: Sequence[str | Path], folder: Path, wheel: Path | None) -> list[str]:
    """Copy code, configuration and input files to a folder, which is then sent to the cluster; returns the arguments
    with the places of the files there."""
    if wheel is None:
        package = Path(__file__).parents[1]
        shutil.copytree(package, folder / package.name, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        try:
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(folder)
        except (OSError, zipfile.BadZipFile) as error:
            raise ConfigError(f"{wheel}: the wheel cannot be read: {error}") from None
    (folder / "inputs").mkdir()
    # JSON is YAML.
    (folder / CONFIG).write_text(json.dumps(_copy_inputs(values, folder, out=values.get("out")), indent=1))
    return [_copy_input(each, folder / "inputs") if isinstance(each, Path) else each for each in arguments]


def _copy_inputs(value: Any, folder: Path, out: str | None) -> Any:
    """Copy every file and folder that the values name to `inputs/`; returns the values with the new paths."""
    match value:
        case dict():
            return {key: _copy_inputs(inner, folder, out) for key, inner in value.items()}
        case list():
            return [_copy_inputs(inner, folder, out) for inner in value]
        case str() if value != out and Path(value).is_absolute():
            where, colon, name = value.rpartition(":")
            if where.endswith(".py"):  # a scorer of the user's own
                return f"{_copy_input(Path(where), folder / 'inputs')}{colon}{name}"
            return _copy_input(Path(value), folder / "inputs")
        case _:
            return value


def _copy_input(path: Path, inputs: Path) -> str:
    # Weights are named without the suffix of their two files.
    files = [path] if path.exists() else sorted(path.parent.glob(f"{path.name}.*"))
    if not files:
        return str(path)
    place = inputs / f"{len(list(inputs.iterdir()))}"
    for file in files:
        if file.is_dir():
            shutil.copytree(file, place / file.name)
        else:
            place.mkdir(exist_ok=True)
            shutil.copy(file, place / file.name)  # a program stays one
    return str(Path("inputs") / place.name / path.name)
