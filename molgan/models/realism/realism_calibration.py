"""What real molecules come to under a critic and a generator: the percentiles that `realism` is told in."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

import numpy as np

from molgan.base.content import hash_file
from molgan.base.errors import ConfigError, WeightsError
from molgan.base.files import write_files
from molgan.models.realism.percentiles import Percentiles

MEND = "python scripts/calibrate_realism.py WEIGHTS --held-out FILE"
_DIGITS = 32  # of a hash


@dataclass(frozen=True)
class RealismCalibration:
    """Percentiles among real molecules that neither generator nor critic was trained on: of the critic's logit, of the
    log-likelihood per heavy atom, of the least likely part, and of what these are combined to."""

    logit: Percentiles
    likelihood: Percentiles
    part: Percentiles
    realism: Percentiles
    typicality: Percentiles

    @classmethod
    def of(cls, logits: np.ndarray, likelihoods: np.ndarray, parts: np.ndarray) -> Self:
        """From the values of real molecules [n], higher being more real; a molecule without one of them does not count.

        Raises ValueError where none has all.
        """
        known = np.isfinite(logits) & np.isfinite(likelihoods) & np.isfinite(parts)
        columns = [values[known] for values in (logits, likelihoods, parts)]
        logit, likelihood, part = map(Percentiles.of, columns)
        shares = [of(values) for of, values in zip((logit, likelihood, part), columns, strict=True)]
        return cls(logit, likelihood, part, Percentiles.of(combine(*shares[:2])), Percentiles.of(combine(*shares)))

    def describe(self) -> dict[str, list[float]]:
        """The quantiles as JSON values."""
        return {name: getattr(self, name).to_list() for name in self.__dataclass_fields__}

    def save(self, weights: Path, **about: Any) -> None:
        """Write it beside weights (a path without its suffix), with the hashes of what it was measured with."""
        content = {**self.describe(), "measured_with": _hash_networks(weights), "about": about}
        write_files(weights.parent, {_file(weights).name: [(json.dumps(content, indent=1) + "\n").encode()]})

    @classmethod
    def load(cls, weights: Path) -> Self:
        """The calibration of weights. Raises ConfigError where they have none, or one of another critic or generator;
        WeightsError where it is damaged."""
        file = _file(weights)
        if not file.exists():
            raise ConfigError(f"weights {weights.name}: not calibrated to tell realism; do so: {MEND}")
        try:
            content = json.loads(file.read_text())
            found = cls(*(Percentiles(content[name]) for name in cls.__dataclass_fields__))
            measured_with = content["measured_with"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise WeightsError(f"{file}: not a calibration of realism ({error}); make it anew: {MEND}") from error
        if measured_with != _hash_networks(weights):
            raise ConfigError(f"weights {weights.name}: realism was calibrated for others; do so again: {MEND}")
        return found


def combine(*shares: np.ndarray) -> np.ndarray:
    """Percentiles [n] as one number [n] that rises with each: the sum of their logarithms.

    As R. A. Fisher combines independent tests (Statistical Methods for Research Workers, 1925, section 21.1): what one
    finds strange enough is strange, whatever the others say. It has no unit; only its percentile means something.
    """
    return np.asarray(np.sum([np.log(np.maximum(share, 1e-300)) for share in shares], axis=0))


def find_critic(weights: Path) -> Path:
    """The path of the critic that refines weights, without its suffix. Raises ConfigError where they have none."""
    file = weights.with_name(f"{weights.name}_refinement.json")
    try:
        return weights.with_name(str(json.loads(file.read_text())["critic"]))
    except FileNotFoundError:
        raise ConfigError(
            f"weights {weights.name}: no critic, which realism needs; train one, with a section `rejection`"
        ) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WeightsError(f"{file}: not a description of a refinement ({error}); train it again") from error


def _hash_networks(weights: Path) -> dict[str, str]:
    paths: Sequence[Path] = (weights, find_critic(weights))
    names = ("generator", "critic")
    try:
        return {name: _hash(path) for name, path in zip(names, paths, strict=True)}
    except OSError as error:
        raise WeightsError(f"{error.filename}: {error.strerror}") from None


def _hash(network: Path) -> str:
    file = network.with_name(f"{network.name}.safetensors")
    about = file.stat()
    return _hash_once(file, about.st_size, about.st_mtime_ns)


@lru_cache(maxsize=32)
def _hash_once(file: Path, size: int, changed: int) -> str:
    return hash_file(file)[:_DIGITS]


def _file(weights: Path) -> Path:
    return weights.with_name(f"{weights.name}_realism.json")
