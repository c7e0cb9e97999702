"""The figures by which sets of molecules are compared, so that it shows what a stage of a campaign has changed."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import nan
from typing import TYPE_CHECKING

import numpy as np

from molgan.chem.fingerprints import ecfp, internal_diversity
from molgan.chem.molecule import Molecule
from molgan.evaluation.chemnet_fit import Fit, distance, fit_molecules
from molgan.filters.funnel import Funnel

if TYPE_CHECKING:
    import pandas

_DIGITS = 4


@dataclass(frozen=True, slots=True)
class SetFigures:
    """Figures of n molecules, NaN where there is none.

    `valid`: share of valid molecules. The others are of these alone: `distinct`, share of distinct ones; `passed`,
    share that passes the funnel; `score`, mean total of the objective, 0 to 1; `fcd`, Fréchet ChemNet distance to real
    molecules, which depends on n; `diversity`, mean Tanimoto distance (ECFP4) of all pairs; `plausible`, share that
    passes the filter of this name.
    """

    molecules: int
    valid: float = nan
    distinct: float = nan
    passed: float = nan
    score: float = nan
    fcd: float = nan
    diversity: float = nan
    plausible: float = nan

    def as_dict(self) -> dict[str, float | None]:
        """The figures as JSON values of four digits, None for NaN."""
        return {name: None if value != value else round(value, _DIGITS) for name, value in asdict(self).items()}


def measure_set(
    molecules: Sequence[Molecule],
    scores: "pandas.DataFrame",
    funnel: Funnel | None,
    known: Fit | None,
) -> SetFigures:
    """The figures of a set of molecules. Raises WeightsError where ChemNet's weights are needed and missing.

    Args:
        molecules: The molecules, n of them.
        scores: Their scores, one row each, with the column `score`; what the funnel's filters read is there, too.
        funnel: The filters; None leaves `passed` out.
        known: The fit of ChemNet's activations to real molecules; None leaves `fcd` out.
    """
    count, valid = len(molecules), [molecule for molecule in molecules if molecule.valid]
    if not valid:
        return SetFigures(count, 0.0 if count else nan)
    totals = scores["score"].to_numpy(float)
    smiles = [str(molecule.smiles) for molecule in valid]
    return SetFigures(
        molecules=count,
        valid=len(valid) / count,
        distinct=len(set(smiles)) / len(smiles),
        passed=nan if funnel is None else len(funnel(molecules, table=scores).kept) / len(valid),
        score=nan if np.isnan(totals).all() else float(np.nanmean(totals)),
        fcd=nan if known is None else distance(fit_molecules(smiles), known),
        diversity=internal_diversity(ecfp([molecule.mol for molecule in valid if molecule.mol is not None])),
        plausible=len(Funnel(["plausible"])(valid).kept) / len(valid),
    )
