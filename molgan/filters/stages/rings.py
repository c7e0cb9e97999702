"""The filter of ring systems: only those that occur in reference sets are kept."""

import json
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from functools import cached_property

from pydantic import Field
from rdkit.rdBase import rdkitVersion

from molgan.base import cache_folder as cache
from molgan.chem.molecule import Molecule, parse
from molgan.chem.ring_systems import find_ring_systems
from molgan.filters.filter import Filter, Verdict, decide, get_mols
from molgan.filters.known.reference_set import ReferenceSet
from molgan.filters.stages.novelty import ReferenceParameters

_KIND = "rings-v1"


class KnownRings(Filter):
    """A ring system is all rings that share an atom, with what is bound to them by a double bond, without stereo. What
    hangs on it elsewhere becomes hydrogen. After P. Ertl, J. Cheminform. 13, 8 (2021)."""

    name = "rings"
    summary = "Only ring systems that the reference sets have"

    class Parameters(ReferenceParameters):
        min_count: int = Field(
            default=1, ge=1, description="Molecules of all sets together that must have the ring system"
        )
        sample: int | None = Field(
            default=200_000,
            ge=1,
            description="References of each set to look at, spread evenly over it; null takes all, some 4 minutes per "
            "million, once",
        )

    parameters: Parameters

    @cached_property
    def _known(self) -> Counter[str]:
        p = self.parameters
        known: Counter[str] = Counter()
        for reference in ReferenceSet.load_all(p.references, p.column):
            known.update(count_ring_systems(reference, p.sample))
        return known

    def _accept(self, molecules: Sequence[Molecule]) -> Verdict:
        reasons = [self._reason(find_ring_systems(mol)) for mol in get_mols(molecules)]
        return decide(reasons)

    def _reason(self, systems: Sequence[str]) -> str | None:
        rare = [(self._known[system], system) for system in systems if self._known[system] < self.parameters.min_count]
        if not rare:
            return None
        count, smiles = min(rare)
        return f"unknown ring system: {smiles}" if count == 0 else f"rare ring system: {smiles}, in {count} references"


def count_ring_systems(references: ReferenceSet, sample: int | None = None) -> Counter[str]:
    """The number of references with each ring system; cached on disk."""
    entry = cache.entry(_KIND, f"{references.digest}-{sample or 'all'}-{rdkitVersion}", ".json")
    with suppress(OSError, ValueError):
        return Counter(json.loads(entry.read_text()))
    found: Counter[str] = Counter()
    for row in references.sample_rows(sample):
        mol = parse(references.smiles(row)).mol
        found.update(find_ring_systems(mol) if mol is not None else [])
    with suppress(OSError), cache.store(entry) as file:
        file.write(json.dumps(found).encode())
    return found
