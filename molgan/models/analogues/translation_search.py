"""Translations of given molecules, drawn by a generator that has learned them, best first by its critic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from molgan.base.errors import ConfigError
from molgan.models.analogues.analogue_search import Analogue, AnalogueSearch
from molgan.models.analogues.request import AnalogueRequest
from molgan.models.critics.critic_kinds import load_critic
from molgan.models.loading import load_any
from molgan.models.motif.motif_generator import MotifGenerator
from molgan.models.protocols import Critic
from molgan.models.weights import find_weights, read_facts


class TranslationSearch(AnalogueSearch):
    """Draws as `AnalogueSearch`. Without targets the translations that the critic of the target set finds most like it
    are the first; no property is asked of anybody."""

    def __init__(self, generator: MotifGenerator, request: AnalogueRequest, critic: Critic, **how: Any) -> None:
        """`critic` judges translations; the rest as for `AnalogueSearch`."""
        super().__init__(generator, request, **how)
        self.critic = critic

    @classmethod
    def load(cls, weights: str | Path, request: AnalogueRequest, *, seed: int) -> TranslationSearch:
        """The search with the weights in a folder that a training with a section `translate` wrote. Raises ConfigError
        for others, InputError as `AnalogueSearch`, else as `load_any`."""
        path = find_weights(weights)
        about = read_facts(path).get("about")
        if not isinstance(about, dict) or "translate" not in about:
            raise ConfigError(
                f"weights {weights}: they have not learned to translate; give a folder that `molgan train` wrote by a "
                "section `translate`, as configs/translate.yaml has one, or ask `molgan analogues`"
            )
        generator = load_any(path, raw=True)
        assert isinstance(generator, MotifGenerator)  # no other generator is trained to translate
        ranges = about.get("ranges")
        critic = load_critic(path.with_name("critic"))
        return cls(generator, request, critic, seed=seed, ranges=ranges if isinstance(ranges, dict) else None)

    def order(self, found: Sequence[Analogue], targets: Mapping[str, float]) -> list[Analogue]:
        """Translations, best first."""
        if targets:
            return super().order(found, targets)
        logits = np.nan_to_num(self.critic.score([each.smiles for each in found]), nan=-np.inf).round(4)
        ranked = sorted(zip(found, logits.tolist(), strict=True), key=lambda pair: (-pair[1], pair[0].smiles))
        return [each for each, _ in ranked]
