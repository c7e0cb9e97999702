"""Work on chunks of text, one of which no worker survives."""

import os
from collections.abc import Sequence


class Shout:
    def __call__(self, rows: Sequence[str]) -> bytes:
        if "die" in rows:
            os._exit(1)
        return " ".join(rows).upper().encode()

    def lost(self, rows: Sequence[str], reason: str) -> bytes:
        return f"({reason})".encode()


def joined(parts: Sequence[bytes]) -> bytes:
    return b" ".join(parts)
