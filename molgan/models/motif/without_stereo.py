"""A generator that draws no stereo."""

from __future__ import annotations

from dataclasses import replace

from molgan.models.motif.motif_generator import MotifGenerator


def without_stereo(generator: MotifGenerator) -> MotifGenerator:
    """The same network, whose grammar forbids stereo marks. `generator` itself is changed and given back."""
    generator.vocabulary = replace(generator.vocabulary, stereo=False)
    return generator
