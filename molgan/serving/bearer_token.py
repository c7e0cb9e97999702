"""The token that lets a client in. Only its SHA-256 is kept, and travels to other machines."""

import hashlib
import hmac
import os
from ipaddress import ip_address
from pathlib import Path

from molgan.base.errors import ConfigError

VARIABLE = "MOLGAN_TOKEN"
"""The environment variable with the token."""

_SHORTEST = 16
_LONGEST = 1024
_MAKE = "make one: python -c 'import secrets; print(secrets.token_urlsafe(32))'"


def read_token(file: Path | None) -> bytes | None:
    """The SHA-256 of the token in a file, by default of that in the environment variable MOLGAN_TOKEN; None without
    either. It is never taken from the command line, which all users of a machine can read.

    Raises ConfigError for a file that cannot be read, and for a token of fewer than 16 characters or of others than
    HTTP allows.
    """
    if file is None:
        place, text = f"the environment variable {VARIABLE}", os.environ.get(VARIABLE)
        if text is None:
            return None
    else:
        place = str(file)
        try:
            with file.open(encoding="utf-8") as stream:
                text = stream.read(_LONGEST + 2)
        except (OSError, ValueError) as error:
            raise ConfigError(f"{place}: the token cannot be read: {error}") from None
    token = text.strip()
    if not _SHORTEST <= len(token) <= _LONGEST:
        raise ConfigError(f"{place}: a token has {_SHORTEST} to {_LONGEST:,} characters, not {len(token)}; {_MAKE}")
    if not (token.isascii() and token.isprintable() and " " not in token):
        raise ConfigError(f"{place}: a token has ASCII letters, digits and signs, without spaces; {_MAKE}")
    return hashlib.sha256(token.encode()).digest()


def is_token(authorization: bytes, digest: bytes) -> bool:
    """Whether the header `Authorization` has the token with this SHA-256, compared in constant time."""
    kind, _, given = authorization.partition(b" ")
    same = hmac.compare_digest(hashlib.sha256(given.strip()).digest(), digest)
    return same and kind.lower() == b"bearer"


def check_open(host: str, digest: bytes | None) -> None:
    """Raises ConfigError where a server without a token would listen on more than the loopback interface."""
    if digest is None and not is_loopback(host):
        raise ConfigError(
            f"--host {host}: others can reach this address, so that a server there needs a token: --token-file, or "
            f"{VARIABLE} in the environment; {_MAKE}"
        )


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches a host."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
