"""Finds, stops and reads jobs of a Ray cluster."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from molgan.base.errors import InputError, RunError
from molgan.base.nearest import suggest
from molgan.distributed.jobs import _connect, _translate_errors, follow

_SECONDS_BETWEEN_LOOKS = 0.5


def find_job(name: str, address: str) -> str:
    """The job that is called so: by the number that `molgan submit` has printed, by the `out` of its configuration, or
    by its name; of several the latest that is not over, else the latest.

    Raises InputError where there is none, ConfigError without Ray, RunError where the cluster cannot be reached.
    """
    with _translate_errors(address):
        jobs = [job for job in _connect(address).list_jobs() if job.submission_id]
    names = {job.submission_id: _list_names(job) for job in jobs}
    found = [job for job in jobs if name.rstrip("/") in names[job.submission_id]]
    if not found:
        known = sorted({each for some in names.values() for each in some})
        raise InputError(f"{address}: no job {name!r}" + (f", {suggest(name, known)}" if known else "; it has none"))
    latest = max(found, key=lambda job: (not job.status.is_terminal(), job.start_time or 0))
    return str(latest.submission_id)


def stop_job(job: str, address: str, seconds: float) -> bool:
    """Ask a job to save and leave, and wait until it is over; whether it was at work.

    Ray sends SIGTERM to its command, and kills it after RAY_JOB_STOP_WAIT_TIME_S (3) of the cluster. Raises RunError as
    `find_job`, and where it is at work still after so many seconds.
    """
    with _translate_errors(address):
        client = _connect(address)
        if client.get_job_status(job).is_terminal():
            return False
        client.stop_job(job)
        end = time.monotonic() + seconds
        while not client.get_job_status(job).is_terminal():
            if time.monotonic() > end:
                raise RunError(f"job {job} is at work still after {seconds:g} s")
            time.sleep(_SECONDS_BETWEEN_LOOKS)
    return True


def show_log(job: str, address: str, on_log: Callable[[str], None], *, follows: bool) -> None:
    """Pass on the log of a job so far, or until the job ends. Raises RunError as `find_job`."""
    if follows:
        follow(job, address, on_log)
        return
    with _translate_errors(address):
        on_log(_connect(address).get_job_logs(job))


def _list_names(job: Any) -> list[str]:
    metadata = job.metadata or {}
    return [str(job.submission_id), *(str(metadata[key]).rstrip("/") for key in ("out", "name") if key in metadata)]
