"""The filter of ring systems: only those that occur in reference sets are kept."""

import json
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from functools import cached_property

from pydantic import Field
from rdkit import Chem
from rdkit.rdBase import rdkitVersion

from molgan.base import cache_folder as cache
from molgan.chem.molecule import Molecule, parse
from molgan.filters.filter import Filter, Verdict, decide, get_mols
from molgan.filters.known.reference_set import ReferenceSet
from molgan.filters.stages.novelty import ReferenceParameters

_KIND = "rings-v1"
_NAMES: dict[str, str] = {}
_MOST_NAMES = 200_000


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


def find_ring_systems(mol: Chem.Mol) -> list[str]:
    """The SMILES of a molecule's distinct ring systems, in the order of their atoms."""
    systems: list[set[int]] = []
    for ring in map(set, mol.GetRingInfo().AtomRings()):
        joined = [system for system in systems if system & ring]
        systems = [system for system in systems if not system & ring] + [ring.union(*joined)]
    return list(dict.fromkeys(_name_system(mol, system) for system in sorted(systems, key=min)))


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


def _name_system(mol: Chem.Mol, system: set[int]) -> str:
    atoms = set(system)
    for i in system:
        for bond in mol.GetAtomWithIdx(i).GetBonds():
            if bond.GetBondType() == Chem.BondType.DOUBLE and not bond.IsInRing():
                atoms.add(bond.GetOtherAtomIdx(i))
    # Keyed by the text of the part as it stands, though it may not be a molecule: few texts occur very often.
    part = Chem.MolFragmentToSmiles(mol, sorted(atoms), isomericSmiles=False, allHsExplicit=True)
    if part not in _NAMES:
        if len(_NAMES) >= _MOST_NAMES:
            _NAMES.clear()
        _NAMES[part] = _cap_with_hydrogens(mol, atoms) or part
    return _NAMES[part]


def _cap_with_hydrogens(mol: Chem.Mol, atoms: set[int]) -> str | None:
    """The SMILES of a part, hydrogens in place of what it was bound to; None where that is invalid."""
    part = Chem.RWMol(mol)
    for i in atoms:
        atom = part.GetAtomWithIdx(i)
        lost = [bond for bond in atom.GetBonds() if bond.GetOtherAtomIdx(i) not in atoms]
        atom.SetChiralTag(Chem.ChiralType.CHI_UNSPECIFIED)
        if lost and (atom.GetNoImplicit() or atom.GetIsAromatic()):
            shown = not atom.GetIsAromatic() or _shows_hydrogens(atom)
            atom.SetNumExplicitHs(atom.GetNumExplicitHs() + len(lost) * shown)
    part.BeginBatchEdit()
    for atom in part.GetAtoms():
        if atom.GetIdx() not in atoms:
            part.RemoveAtom(atom.GetIdx())
    part.CommitBatchEdit()
    smiles = Chem.MolToSmiles(part, isomericSmiles=False)
    return parse(smiles).smiles


def _shows_hydrogens(atom: Chem.Atom) -> bool:
    """Whether an aromatic atom shows its hydrogens in SMILES: not carbon."""
    return bool(atom.GetAtomicNum() != 6)
