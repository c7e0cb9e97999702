"""Make a generator draw molecules without stereo."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from molgan.models.protocols import MotifTreeGenerator

_Motifs = TypeVar("_Motifs", bound=MotifTreeGenerator)


def forbid_stereo(generator: _Motifs) -> _Motifs:
    """Forbid stereo marks in the grammar of a generator. `generator` itself is changed and returned."""
    generator.vocabulary = replace(generator.vocabulary, stereo=False)
    return generator
