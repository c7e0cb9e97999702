"""Which candidates of goal-directed design are not plausible enough to be scored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import reduce
from operator import or_

from rdkit import Chem

from molgan.chem.molecule import parse
from molgan.chem.motifs import Motif, write
from molgan.chem.plausibility.flaws import count_flaws
from molgan.chem.plausibility.plausible import PlausibilityCheck
from molgan.graphs.motif.actions import HOLE
from molgan.graphs.motif.core import Core
from molgan.training.design.proposals import Flaws, Refuse
from molgan.training.settings import OptimizeSettings


def make_plausibility_check(settings: OptimizeSettings, start: Sequence[str], core: Core | None) -> Refuse:
    """Why a candidate is not plausible; never, unless the settings ask. What the start molecules and the core have is
    plausible: a search around them must be able to keep it. Raises InputError when an index cannot be read."""
    if settings.plausible is None:
        return lambda mol: None
    return PlausibilityCheck.of(settings.plausible, _read_given(start, core))


def count_given_flaws(start: Sequence[str], core: Core | None) -> Flaws:
    """How often the one of the start molecules and the core that has it most often has each flaw."""
    return reduce(or_, map(count_flaws, _read_given(start, core)), Counter())


def _read_given(start: Sequence[str], core: Core | None) -> list[Chem.Mol]:
    return [mol for text in (*start, *_decorate(core)) if (mol := parse(text).mol) is not None]


def _decorate(core: Core | None) -> list[str]:
    """The core with methyl at each mark, or its two fragments linked by methylene."""
    if core is None:
        return []
    grown = Motif("C") if core.inner is None else Motif("C", ((0, HOLE),))
    return [write(core.assemble([grown] * core.holes))]
