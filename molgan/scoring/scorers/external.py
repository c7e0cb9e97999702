"""Scores that other programs give: a command, or a server that speaks HTTP."""

import json
import os
import re
import shutil
import subprocess
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from molgan.base.process_group import Overfull, ProcessGroup
from molgan.scoring.scorers.http_call import post
from molgan.scoring.scorers.remote import CallSettings, RemoteScorer
from molgan.scoring.shared_answers import CallError

_VARIABLE = re.compile(r"\$\{(\w+)\}")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
# Bytes of an answer: so many, and more for each molecule. What JSON says in them may take twenty times the memory.
_LEAST_ANSWER, _ANSWER_PER_MOLECULE, _LARGEST_ANSWER = 1 << 20, 16 << 10, 64 << 20


class Process(RemoteScorer):
    """As REINVENT4's external process: canonical SMILES on stdin, one a line, JSON on stdout.

    The JSON is a list of values in the order of the SMILES, or an object that holds one; null is no value. With
    `field`, it is a list of objects or rows, one a molecule, or an object with a list a field. The command runs once a
    batch, without a shell, and is killed with its children when it takes too long or writes more than 1 MB and 16 kB
    for each molecule.
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
            given = "".join(f"{text}\n" for text in smiles).encode()
            out, err = process.exchange(given, timeout=timeout, most=find_longest(len(smiles)))
        except subprocess.TimeoutExpired:
            raise CallError(f"took longer than {timeout:g} s") from None
        except Overfull as error:
            raise CallError(f"an answer of more than {error} bytes", retry=False) from None
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
    connections are tried again; 401, 403, 404 and redirects, which are not followed, end the calls of the list. An
    answer has at most 1 MB and 16 kB more for each molecule.
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
            for name, value in headers.items():
                if fault := _find_header_fault(name, value):
                    raise ValueError(fault)
            return headers

    parameters: Parameters

    def _call(self, smiles: list[str]) -> Any:
        chosen = self.parameters
        body = json.dumps({**chosen.body, chosen.smiles: smiles}).encode()
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        for name, value in chosen.headers.items():
            headers[name] = _VARIABLE.sub(_variable, value)
            if fault := _find_header_fault(name, headers[name]):
                raise CallError(fault, final=True)
        most = find_longest(len(smiles))
        return read_json(post(chosen.url, body, headers, timeout=chosen.timeout, most=most))

    def _key(self) -> dict[str, Any]:
        return {name: value for name, value in super()._key().items() if name != "headers"}


def read_json(content: bytes) -> Any:
    """The content of an answer. Raises CallError when it is not JSON."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        start = content[:60].decode(errors="replace")
        raise CallError(f"the answer is not JSON: {start!r}", retry=False) from None


def find_longest(count: int) -> int:
    """Most bytes of an answer about `count` molecules."""
    return min(_LARGEST_ANSWER, _LEAST_ANSWER + count * _ANSWER_PER_MOLECULE)


def _find_header_fault(name: str, value: str) -> str | None:
    """Why HTTP does not allow a header; the value, which may be a secret, is not in it."""
    if not _HEADER_NAME.fullmatch(name):
        return f"header {name!r:.40}: not a name that HTTP allows; it takes letters, digits and -"
    if not _HEADER_VALUE.fullmatch(value):
        return f"header {name!r}: its value has a character that HTTP does not allow: only Latin-1, in one line"
    return None


def _variable(match: re.Match[str]) -> str:
    try:
        return os.environ[match[1]]
    except KeyError:
        raise CallError(f"the environment variable {match[1]} is not set", final=True) from None
