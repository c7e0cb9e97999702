"""Whether a molecule is plausible, by an index of a data set's chemistry and by rules that need none."""

from collections.abc import Callable, Sequence
from typing import Annotated

import numpy as np
from pydantic import BeforeValidator, Field
from rdkit import Chem

from molgan.base.settings import InputPath, Settings
from molgan.chem.plausibility.chemistry_index import Chemistry, ChemistryIndex, describe_chemistry, load_chemistry
from molgan.chem.plausibility.count_table import CountTable
from molgan.chem.plausibility.dienes import has_carbocyclic_diene
from molgan.chem.plausibility.isosteres import replace_atoms
from molgan.chem.plausibility.strain import find_ring_strain
from molgan.chem.plausibility.suspicious import find_suspicious
from molgan.chem.ring_systems import find_ring_systems

_TRANS = "trans "


class PlausibilitySettings(Settings):
    """What a molecule must have in common with an index of chemistry."""

    index: InputPath | None = Field(
        None, description="Index of chemistry (.npz) of scripts/prepare_chemistry.py; the one of molgan by default"
    )
    ring_count: int = Field(1, ge=0, description="Molecules of the index that must have each ring system")
    strained_count: int = Field(20, ge=1, description="The same for ring systems that the rules call strained")
    diene_count: int = Field(0, ge=0, description="The same for ring systems with a carbocyclic diene")
    environment_count: int = Field(
        1, ge=0, description="Molecules of the index that must have each atom with its neighbours"
    )
    bond_count: int = Field(1, ge=0, description="Molecules of the index that must have each bond of two heteroatoms")
    novel_rings: int = Field(
        0,
        ge=0,
        le=2,
        description="Atoms of a ring system that may be replaced by isosteres to make it one that the index has",
    )
    suspicious: bool = Field(True, description="Whether a suspicious bond or group rejects, wherever it occurs")


class SearchPlausibilitySettings(PlausibilitySettings):
    """The same for searches, which go to the rarest that is allowed: what is allowed has to be common."""

    ring_count: int = Field(20, ge=0, description="Molecules of the index that must have each ring system")
    diene_count: int = Field(2000, ge=0, description="The same for ring systems with a carbocyclic diene")
    environment_count: int = Field(
        100, ge=0, description="Molecules of the index that must have each atom with its neighbours"
    )
    bond_count: int = Field(100, ge=0, description="Molecules of the index that must have each bond of two heteroatoms")


def _read_switch(value: object) -> object:
    return ({} if value else None) if isinstance(value, bool) else value


PlausibilitySwitch = Annotated[
    SearchPlausibilitySettings | None,
    BeforeValidator(_read_switch, json_schema_input_type=SearchPlausibilitySettings | bool | None),
]
"""The settings; `true` stands for the defaults, `false` for None."""


class PlausibilityCheck:
    """Says why a molecule is not plausible. The order of atoms makes no difference."""

    def __init__(self, settings: PlausibilitySettings, index: ChemistryIndex, given: Sequence[Chem.Mol] = ()) -> None:
        """What the `given` molecules have is plausible, whatever the index says: a core, or the start of a search."""
        self.settings = settings
        self.index = index
        self._allowed = {text for mol in given for text in _list_texts(mol)}

    @classmethod
    def of(cls, settings: PlausibilitySettings, given: Sequence[Chem.Mol] = ()) -> "PlausibilityCheck":
        """With the index that the settings name. Raises InputError when it cannot be read."""
        return cls(settings, load_chemistry(settings.index), given)

    def __call__(self, mol: Chem.Mol) -> str | None:
        """The reason, "kind: details", such as "unknown ring system: C1=CC=C1"; None for a plausible molecule."""
        found = describe_chemistry(mol)
        for check in (self._check_rings, self._check_strain, self._check_bonds, self._check_environments):
            if reason := check(found):
                return reason
        names = find_suspicious(mol) if self.settings.suspicious else []
        if names := [name for name in names if name not in self._allowed]:
            return f"suspicious: {', '.join(names)}"
        return None

    def check_rings(self, mol: Chem.Mol) -> str | None:
        """As the whole check, of ring systems alone, which is quicker."""
        return self._find_rare_ring(find_ring_systems(mol))

    def _check_rings(self, found: Chemistry) -> str | None:
        return self._find_rare_ring(found.rings)

    def _find_rare_ring(self, rings: Sequence[str]) -> str | None:
        count, table = self.settings.ring_count, self.index.rings
        dienes = [ring for ring in rings if has_carbocyclic_diene(ring)]
        return self._find_rare("ring system", rings, table, count, self._is_isosteric) or self._find_rare(
            "carbocyclic diene", dienes, table, self.settings.diene_count
        )

    def _check_strain(self, found: Chemistry) -> str | None:
        least = self.settings.strained_count
        strained = [(ring, ", ".join(find_ring_strain(ring))) for ring in sorted(found.rings)]
        for ring, names in strained:
            if names and ring not in self._allowed and self.index.rings.look_up_texts([ring])[0] < least:
                return f"strained: {names}, in {ring}"
        for ring in found.trans_rings:
            if _TRANS + ring not in self._allowed and self.index.trans_rings.look_up_texts([ring])[0] < least:
                return f"strained: trans double bond, in {ring}"
        return None

    def _check_bonds(self, found: Chemistry) -> str | None:
        return self._find_rare("bond", found.bonds, self.index.bonds, self.settings.bond_count)

    def _check_environments(self, found: Chemistry) -> str | None:
        count = self.settings.environment_count
        return self._find_rare("atom environment", found.environments, self.index.environments, count)

    def _is_isosteric(self, ring: str) -> bool:
        """Whether a replacement of as many atoms as are allowed leads to a ring system that the index has."""
        seen, layer = {ring}, {ring}
        for _ in range(self.settings.novel_rings):
            layer = {other for known in layer for other in replace_atoms(known)} - seen
            seen |= layer
            if (self.index.rings.look_up_texts(sorted(layer)) >= max(1, self.settings.ring_count)).any():
                return True
        return False

    def _find_rare(
        self,
        what: str,
        texts: Sequence[str],
        table: CountTable,
        least: int,
        excuse: Callable[[str], bool] = lambda text: False,
    ) -> str | None:
        """The reason for the rarest of the texts that fewer than `least` molecules have, and that is not excused."""
        counts = table.look_up_texts(texts)
        if (counts >= least).all():
            return None
        for count, text in sorted((int(counts[i]), texts[i]) for i in np.flatnonzero(counts < least).tolist()):
            if text not in self._allowed and not excuse(text):
                return f"rare {what}: {text}, in {count} of the index" if count else f"unknown {what}: {text}"
        return None


def _list_texts(mol: Chem.Mol) -> list[str]:
    """All that a check may object to in a molecule."""
    found = describe_chemistry(mol)
    trans = [_TRANS + ring for ring in found.trans_rings]
    return [*found.rings, *trans, *found.bonds, *found.environments, *find_suspicious(mol)]
