"""A list of molecules that reveals nothing: keyed digests of their parents.

Each line is the HMAC (Krawczyk, Bellare & Canetti, RFC 2104) by SHA-256, cut to 128 bits, of the canonical form of a
molecule's parent. Without the key a digest cannot be told from random bits, and it cannot be tried on molecules, as a
plain hash can: chemical space that anyone would search is small enough to be hashed whole. Digests are sorted, and
random-looking ones fill the list up to a power of two, so that neither the order nor the exact number is told.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rdkit.rdBase import rdkitVersion

from molgan.base.errors import ConfigError, InputError
from molgan.base.files import write_files
from molgan.chem.molecule import Molecule
from molgan.filters.known.identity import Sameness

_KIND = "molgan secret list"
_VERSION = 1
_BYTES = 16
_FEWEST = 1024
_LARGEST_FILE = 1 << 32


class SecretList:
    """Digests of molecules under a key, and what equals what (`same`) among them."""

    def __init__(self, name: str, digests: NDArray[np.bytes_], same: Sameness, key: bytes) -> None:
        """Use `SecretList.of` or `SecretList.load`. `digests` S16 [n] ascend."""
        self.name = name
        self.same = same
        self._digests = digests
        self._key = key

    @classmethod
    def of(cls, forms: Iterable[str], same: Sameness, key: bytes, *, name: str = "secret list") -> SecretList:
        """The list of molecules, given as what `same.identify` returns; in about 100 bytes of memory for each."""
        known = {_digest(key, form) for form in forms}
        whole = max(_FEWEST, 1 << max(0, len(known) - 1).bit_length())
        known |= {_digest(key, f"no molecule {i}") for i in range(whole - len(known))}
        return cls(name, np.sort(np.array(list(known), f"S{_BYTES}")), same, key)

    def __len__(self) -> int:
        """The number of digests, those that fill the list up included."""
        return len(self._digests)

    def contains(self, molecules: Sequence[Molecule]) -> NDArray[np.bool_]:
        """Whether each valid molecule is in the list, bool [n]. One of 10^38 other molecules is taken for a member."""
        asked = np.array([_digest(self._key, self.same.identify(molecule)) for molecule in molecules], f"S{_BYTES}")
        place = np.minimum(np.searchsorted(self._digests, asked), len(self._digests) - 1)
        return np.asarray(self._digests[place] == asked, np.bool_)

    def save(self, path: Path) -> None:
        """Write a header line of JSON and a line for each digest, in hexadecimal. Raises RunError."""
        header = {
            "kind": _KIND,
            "version": _VERSION,
            "ignores": {"salts": self.same.salts, "stereo": self.same.stereo, "tautomers": self.same.tautomers},
            "rdkit": rdkitVersion,
            "key": _digest(self._key, _KIND).hex(),
        }
        lines = (f"{digest.ljust(_BYTES, bytes(1)).hex()}\n".encode() for digest in self._digests.tolist())
        write_files(path.parent, {path.name: [json.dumps(header).encode() + b"\n", *lines]})

    @classmethod
    def load(cls, path: Path, key: bytes) -> SecretList:
        """Read what `save` wrote. Raises InputError where the file is missing or damaged, ConfigError where it was made
        with another key, or by an RDKit whose canonical forms may be others."""
        try:
            if path.stat().st_size > _LARGEST_FILE:
                raise ValueError("too large")
            head, _, body = path.read_bytes().partition(b"\n")
            header = json.loads(head)
            if header["kind"] != _KIND or header["version"] != _VERSION:
                raise ValueError("of another kind or version")
            ignored = header["ignores"]
            same = Sameness(**{name: bool(ignored[name]) for name in ("stereo", "salts", "tautomers")})
            made_with, made_by = str(header["key"]).encode(), str(header["rdkit"])
            digests = np.array([bytes.fromhex(line) for line in body.decode("ascii").split()], f"S{_BYTES}")
            if not len(digests) or len(digests) * (2 * _BYTES + 1) != len(body) or (digests[1:] < digests[:-1]).any():
                raise ValueError("lines are missing or out of order")
        except OSError as error:
            raise InputError(f"{path}: {error.strerror or error}; name a list of `molgan secret-list`") from None
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise InputError(f"{path}: not a secret list ({reason:.80}); make it with `molgan secret-list`") from None
        if not hmac.compare_digest(made_with, _digest(key, _KIND).hex().encode()):
            raise ConfigError(
                f"{path}: made with another key; set the environment variable to the key it was made with"
            )
        if made_by != rdkitVersion:
            raise ConfigError(
                f"{path}: made with RDKit {made_by}, and this is {rdkitVersion}, which may write molecules in another "
                "form and miss them; make the list again"
            )
        return cls(path.name.partition(".")[0], digests, same, key)


def _digest(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()[:_BYTES]
