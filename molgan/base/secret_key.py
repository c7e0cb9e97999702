"""The key of secret lists and of the noise of private training: read from the environment, never written."""

import os

from molgan.base.errors import ConfigError

KEY_VARIABLE = "MOLGAN_SECRET_KEY"
"""The environment variable that has the key by default."""

_SHORTEST = 32
_NEW = "make one with `openssl rand -hex 32`"


def read_key(variable: str = KEY_VARIABLE) -> bytes:
    """The key in an environment variable. Raises ConfigError where it is missing, or too short to be secret."""
    text = os.environ.get(variable, "").strip()
    if not text:
        raise ConfigError(f"the environment variable {variable}, which has the secret key, is not set; {_NEW}")
    if len(text) < _SHORTEST:
        raise ConfigError(
            f"the key in {variable} has {len(text)} characters and could be guessed; give at least {_SHORTEST}: {_NEW}"
        )
    return text.encode()
