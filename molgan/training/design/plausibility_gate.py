"""Which candidates of goal-directed design are not plausible enough to be scored."""

from __future__ import annotations

from collections.abc import Sequence

from molgan.chem.molecule import parse
from molgan.chem.motifs import Motif, write
from molgan.chem.plausibility.plausible import PlausibilityCheck, PlausibilitySettings
from molgan.graphs.motif.actions import HOLE
from molgan.graphs.motif.core import Core
from molgan.training.design.proposals import Refuse
from molgan.training.settings import OptimizeSettings


def make_plausibility_check(settings: OptimizeSettings, start: Sequence[str], core: Core | None) -> Refuse:
    """Why a candidate is not plausible; never, unless the settings ask. What the start molecules and the core have is
    plausible: a search around them must be able to keep it."""
    if not settings.plausible:
        return lambda mol: None
    given = [mol for text in (*start, *_decorate(core)) if (mol := parse(text).mol) is not None]
    return PlausibilityCheck.of(PlausibilitySettings(), given)


def _decorate(core: Core | None) -> list[str]:
    """The core with methyl at each mark, or its two fragments linked by methylene."""
    if core is None:
        return []
    grown = Motif("C") if core.inner is None else Motif("C", ((0, HOLE),))
    return [write(core.assemble([grown] * core.holes))]
