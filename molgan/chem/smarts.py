"""Read SMARTS: molecules are without explicit hydrogens, so those of a pattern become conditions on its heavy atoms."""

from collections.abc import Iterable
from typing import Annotated

from pydantic import AfterValidator, Field
from rdkit import Chem, rdBase
from rdkit.Chem import rdChemReactions

from molgan.base.settings import OneOrMore


def read_smarts(text: str) -> Chem.Mol:
    """The query molecule; `[H]C=O` asks for a carbon with a hydrogen, as `[C;!H0]=O` does. Raises ValueError."""
    with rdBase.BlockLogs():
        pattern = Chem.MolFromSmarts(text)
        if pattern is None or not pattern.GetNumAtoms():
            raise ValueError(f"{text!r} is not SMARTS")
        return Chem.MergeQueryHs(pattern)


def read_reaction(text: str) -> rdChemReactions.ChemicalReaction:
    """The reaction, ready to run; hydrogens of its reactants are read as in `read_smarts`. Raises ValueError."""
    with rdBase.BlockLogs():
        try:
            reaction = rdChemReactions.ReactionFromSmarts(text)
            is_sound = reaction.Validate()[1] == 0
            rdChemReactions.SanitizeRxn(reaction, sanitizeOps=rdChemReactions.SanitizeFlags.SANITIZE_MERGEHS)
            reaction.Initialize()
        except (ValueError, RuntimeError):
            is_sound = False
    if not is_sound:
        raise ValueError(f"{text!r} is not reaction SMARTS")
    return reaction


def read_named_smarts(patterns: dict[str, str] | Iterable[str]) -> dict[str, Chem.Mol]:
    """Query molecules by name; a pattern without a name is called by its text. Raises ValueError."""
    named = patterns if isinstance(patterns, dict) else {text: text for text in patterns}
    return {name: read_smarts(text) for name, text in named.items()}


def _check_smarts(text: str) -> str:
    read_smarts(text)
    return text


def _check_reaction(text: str) -> str:
    read_reaction(text)
    return text


Smarts = Annotated[str, AfterValidator(_check_smarts)]
"""Text that RDKit reads as SMARTS."""

SmartsList = Annotated[list[Smarts], Field(min_length=1), OneOrMore]
"""SMARTS patterns; in YAML a list, or the text of a single one."""

ReactionList = Annotated[list[Annotated[str, AfterValidator(_check_reaction)]], Field(min_length=1), OneOrMore]
"""Reaction SMARTS; in YAML a list, or the text of a single one."""
