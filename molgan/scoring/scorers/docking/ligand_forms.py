"""The forms in which a molecule is docked: its stereoisomers where stereo is open, and its protomers at a pH."""

from functools import cache
from typing import Any

from rdkit import rdBase

from molgan.chem.molecule import parse
from molgan.chem.stereoisomers import enumerate_stereoisomers

# Standard deviations of the pKa of its kind of group within which a group is both charged and neutral.
_PRECISION = 0.5
_VARIANTS = 64


def find_forms(smiles: str, *, ph: float | None, protomers: int, isomers: int) -> list[str]:
    """Canonical SMILES of the forms of a valid molecule, the same ones in the same order each time.

    Args:
        smiles: The molecule, canonical.
        ph: The pH of its protomers; None takes the charges as written.
        protomers: Most protomers of an isomer; of several the one that is most likely comes first.
        isomers: Most isomers of a molecule with open stereo; 1 leaves it open.

    Raises:
        ValueError: The protomers cannot be found.
    """
    molecule = parse(smiles)
    spelled = [molecule] if isomers == 1 else enumerate_stereoisomers(molecule, most=isomers)
    found = [isomer.smiles for isomer in spelled if isomer.smiles is not None]
    if ph is None:
        return found
    return list(dict.fromkeys(form for text in found for form in protonate(text, ph)[:protomers]))


def protonate(smiles: str, ph: float) -> list[str]:
    """The protomers of a molecule at a pH: first that of the mean pKa of each group's kind, then those in which groups
    with a pKa near the pH are otherwise.

    By Dimorphite-DL, P. J. Ropp et al., J. Cheminform. 11, 14 (2019): pKa by substructure, so that the charge of a
    group does not feel another's. Raises ValueError.
    """
    likely, all_of_them = (_ask(smiles, ph, precision) for precision in (0.0, _PRECISION))
    return list(dict.fromkeys([*likely, *all_of_them]))


def _ask(smiles: str, ph: float, precision: float) -> list[str]:
    try:
        with rdBase.BlockLogs():
            found = _dimorphite()(smiles, ph_min=ph, ph_max=ph, precision=precision, max_variants=_VARIANTS)
    except Exception as error:  # it raises errors of several kinds, and warnings as errors of its own
        raise ValueError(f"no protomer found: {str(error).strip() or type(error).__name__:.100}") from None
    forms = {form for text in found if (form := parse(text).smiles) is not None}
    if not forms:
        raise ValueError("no protomer found")
    return sorted(forms)


@cache
def _dimorphite() -> Any:
    from dimorphite_dl import protonate_smiles
    from loguru import logger

    logger.disable("dimorphite_dl")  # it tells of every molecule on stderr
    return protonate_smiles
