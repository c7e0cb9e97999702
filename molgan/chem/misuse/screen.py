"""Whether a molecule is on a list of what is not handed out."""

from collections.abc import Collection, Iterator

from rdkit import Chem

from molgan.chem.misuse.chemical_weapons import SCHEDULES
from molgan.chem.misuse.explosives import EXPLOSIVES
from molgan.chem.misuse.near_agents import NEAR_AGENTS
from molgan.chem.misuse.rule import LISTS, Rule
from molgan.chem.molecule import Molecule

GROUPS = (*SCHEDULES, *NEAR_AGENTS, *EXPLOSIVES)
"""All rules, those of the schedules first."""


def find_rules(molecule: Molecule | Chem.Mol, lists: Collection[str] = LISTS) -> list[Rule]:
    """The rules that a molecule matches, in the order of `LISTS`, and of the table within a list; none for what is not
    valid. Stereo, isotopes and other fragments (salts) make no difference."""
    found = [rule for rule in _match(molecule) if rule.source in lists]
    return sorted(found, key=lambda rule: LISTS.index(rule.source))


def find_misuse(molecule: Molecule | Chem.Mol, lists: Collection[str] = LISTS) -> str | None:
    """The reason not to hand out a molecule, of the most severe of the lists; None where there is none."""
    found = find_rules(molecule, lists)
    return found[0].reason if found else None


def _match(molecule: Molecule | Chem.Mol) -> Iterator[Rule]:
    if isinstance(molecule, Molecule):
        mol, smiles = molecule.mol, molecule.smiles
        if mol is None or smiles is None:
            return
    else:
        mol, smiles = molecule, Chem.MolToSmiles(molecule, canonical=False)
    for group in GROUPS:
        if group.may_match(mol, smiles):
            yield from (rule for rule in group.rules if rule.matches(mol))
