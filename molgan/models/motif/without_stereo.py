"""A generator that draws no stereo."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from molgan.models.protocols import MotifTreeGenerator

_Motifs = TypeVar("_Motifs", bound=MotifTreeGenerator)


def without_stereo(generator: _Motifs) -> _Motifs:
    """The same network, whose grammar forbids stereo marks. `generator` itself is changed and given back."""
    generator.vocabulary = replace(generator.vocabulary, stereo=False)
    return generator
