"""The weights that come with molgan, and what they know."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from molgan.base.errors import WeightsError
from molgan.models.weights import shipped_descriptions


@dataclass(frozen=True)
class Card:
    """What a user asks of weights before choosing them; the docs have the whole model card."""

    name: str
    knows: str  # the chemistry, in a few words
    data: str  # what they were trained on, and how many molecules
    atoms: int  # heavy atoms of the largest molecule
    elements: tuple[str, ...]
    charges: bool
    stereo: bool
    aims: tuple[str, ...]  # properties that they can be told
    figures: str
    licence: str
    date: str

    @classmethod
    def of(cls, name: str, description: Mapping[str, Any]) -> Card:
        """The card in the description of weights. Raises WeightsError where it has none."""
        try:
            card = description["about"]["card"]
            return cls(
                name=name,
                knows=str(card["knows"]),
                data=str(card["data"]),
                atoms=int(description["max_atoms"]),
                elements=tuple(card["elements"]),
                charges=bool(card["charges"]),
                stereo=bool(description["vocabulary"]["stereo"]),
                aims=tuple(description["network"].get("condition", ())),
                figures=str(card["figures"]),
                licence=str(card["licence"]),
                date=str(card["date"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise WeightsError(f"{name}: the description of the weights has no card ({error!r})") from None


def list_cards() -> list[Card]:
    """The cards of all weights that come with molgan, by name."""
    return [Card.of(name, json.loads(text)) for name, text in shipped_descriptions().items()]
