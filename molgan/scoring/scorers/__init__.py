"""The scorers. Importing a module registers its scorers: `molgan list scorers` has them in the order given here."""

# isort: off
from molgan.scoring.scorers import (  # noqa: F401
    drug_likeness,
    synthesis,
    physchem,
    properties,
    natural,
    plausibility,
    cns,
    isomer,
    similarity,
    pairs,
    substructure,
    reaction,
    alerts,
    custom_alerts,
    preference,
)
from molgan.scoring.scorers.retrosynthesis import synthesis_scorer  # noqa: F401
from molgan.scoring.scorers.docking import docking  # noqa: F401
from molgan.scoring.scorers import external  # noqa: F401
