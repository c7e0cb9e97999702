"""Scores that other programs give: a command, or a server that speaks HTTP."""

import http.client
import json
import os
import re
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from molgan.base.process_group import ProcessGroup
from molgan.scoring.scorers.remote import CallSettings, RemoteScorer
from molgan.scoring.shared_answers import CallError

_VARIABLE = re.compile(r"\$\{(\w+)\}")
_LARGEST_ANSWER = 256 << 20


class Process(RemoteScorer):
    """As REINVENT4's external process: canonical SMILES on stdin, one a line, JSON on stdout.

    The JSON is a list of values in the order of the SMILES, or an object that holds one; null is no value. With
    `field`, it is a list of objects or rows, one a molecule, or an object with a list a field. The command runs once a
    batch, without a shell, and is killed with its children when it takes too long.
    """

    name = "process"
    summary = "What a command answers to SMILES"

    class Parameters(CallSettings):
        command: list[str] = Field(
            min_length=1, description="Program and its arguments, relative to the working folder"
        )

        @field_validator("command")
        @classmethod
        def _check_command(cls, command: list[str]) -> list[str]:
            if shutil.which(command[0]) is None:
                raise ValueError(f"program {command[0]!r} not found")
            return command

    parameters: Parameters

    def __init__(self, **parameters: Any) -> None:
        super().__init__(**parameters)
        self._running: set[ProcessGroup[bytes]] = set()

    def close(self) -> None:
        super().close()
        for process in list(self._running):
            process.end()

    def _call(self, smiles: list[str]) -> Any:
        timeout = self.parameters.timeout
        try:
            process: ProcessGroup[bytes] = ProcessGroup(self.parameters.command, stderr=subprocess.PIPE)
        except OSError as error:
            raise CallError(f"{self.parameters.command[0]} cannot be run: {error.strerror}", final=True) from None
        self._running.add(process)
        try:
            out, err = process.communicate("".join(f"{text}\n" for text in smiles).encode(), timeout)
        except subprocess.TimeoutExpired:
            raise CallError(f"took longer than {timeout:g} s") from None
        finally:
            self._running.discard(process)
            process.end()
            for pipe in (process.stdin, process.stdout, process.stderr):
                if pipe is not None:
                    pipe.close()
        if process.returncode:
            last = err.decode(errors="replace").strip().splitlines()[-1:]
            raise CallError(f"exit code {process.returncode}" + "".join(f": {line:.100}" for line in last))
        return read_json(out)


class Rest(RemoteScorer):
    """A POST of JSON for each batch: `{"smiles": [...]}`, and whatever `body` adds.

    The answer is a list of values in the order of the SMILES, or an object that holds one; null is no value. With
    `field`, it is a list of objects or rows, one a molecule, or an object with a list a field. 408, 429, 5xx and broken
    connections are tried again; 401, 403 and 404 end the calls of the list.
    """

    name = "rest"
    summary = "What a server answers to SMILES"

    class Parameters(CallSettings):
        url: str = Field(description="Address of the server, http:// or https://")
        smiles: str = Field("smiles", description="Key of the SMILES in the JSON that is sent")
        body: dict[str, Any] = Field(default_factory=dict, description="Other keys of the JSON that is sent")
        headers: dict[str, str] = Field(
            default_factory=dict,
            description="HTTP headers; `${NAME}` in a value stands for an environment variable, so that secrets stay "
            "out of the configuration",
        )

        @field_validator("url")
        @classmethod
        def _is_http(cls, url: str) -> str:
            parts = urlsplit(url)
            if parts.scheme not in ("http", "https") or not parts.hostname:
                raise ValueError(f"{url!r} is not an http:// or https:// address")
            if parts.username or parts.password:
                raise ValueError("leave the password out of the address; use `headers` with ${NAME} of the environment")
            return url

        @field_validator("headers")
        @classmethod
        def _check_variables(cls, headers: dict[str, str]) -> dict[str, str]:
            for value in headers.values():
                for name in _VARIABLE.findall(value):
                    if name not in os.environ:
                        raise ValueError(f"the environment variable {name} is not set")
            return headers

    parameters: Parameters

    def _call(self, smiles: list[str]) -> Any:
        chosen = self.parameters
        body = json.dumps({**chosen.body, chosen.smiles: smiles}).encode()
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        headers |= {name: _VARIABLE.sub(_variable, value) for name, value in chosen.headers.items()}
        request = urllib.request.Request(chosen.url, body, headers, method="POST")
        deadline = time.monotonic() + chosen.timeout
        try:
            with urllib.request.urlopen(request, timeout=chosen.timeout) as response:
                return read_json(_read(response, deadline))
        except urllib.error.HTTPError as error:
            retry, final = error.code in (408, 429) or error.code >= 500, error.code in (401, 403, 404)
            raise CallError(f"HTTP {error.code} {error.reason}", retry=retry, final=final) from None
        except TimeoutError:
            raise CallError(f"took longer than {chosen.timeout:g} s") from None
        except urllib.error.URLError as error:
            late = isinstance(error.reason, TimeoutError)
            raise CallError(f"took longer than {chosen.timeout:g} s" if late else f"{error.reason}") from None
        except (OSError, http.client.HTTPException) as error:
            raise CallError(f"{type(error).__name__}: {error}") from None

    def _key(self) -> dict[str, Any]:
        return {name: value for name, value in super()._key().items() if name != "headers"}


def read_json(content: bytes) -> Any:
    """The content of an answer. Raises CallError when it is not JSON."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        start = content[:60].decode(errors="replace")
        raise CallError(f"the answer is not JSON: {start!r}", retry=False) from None


def _read(response: http.client.HTTPResponse, deadline: float) -> bytes:
    """The body, read before a deadline: the time limit of a socket alone starts again with every byte."""
    parts, size = [], 0
    while part := response.read1(1 << 16):
        parts.append(part)
        size += len(part)
        if time.monotonic() > deadline:
            raise TimeoutError
        if size > _LARGEST_ANSWER:
            raise CallError(f"an answer of more than {_LARGEST_ANSWER >> 20} MB", retry=False)
    return b"".join(parts)


def _variable(match: re.Match[str]) -> str:
    try:
        return os.environ[match[1]]
    except KeyError:
        raise CallError(f"the environment variable {match[1]} is not set", final=True) from None
