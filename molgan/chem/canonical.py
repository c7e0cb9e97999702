"""One text a molecule, also where RDKit's canonical SMILES depends on how the molecule was written.

Of some symmetric molecules RDKit writes one of several texts, by the order in which it read the atoms. Reading such a
text and writing it again leads from one to the next, so that all are found, and the first in the alphabet is taken.
Seen so far are symmetric molecules of five rings, large fused systems, rings whose centres are told apart by each
other's stereo alone, and several double bonds with stereo: only the like are looked at, since it takes another pass.
"""

from rdkit import Chem, rdBase
from rdkit.Chem import rdqueries

_MARKS = 3  # a double bond's stereo takes two, that of two bonds in conjugation three
_RINGS = 4
_MANY_RINGS = 8
_SYMMETRIC = 0.7  # of the atoms, so many or fewer are different
_MOST_TEXTS = 16
_MOST_ROOTS = 64
_RING_STEREO = rdqueries.HasPropQueryAtom("_ringStereoAtoms")


def write_canonical(mol: Chem.Mol) -> tuple[str, Chem.Mol]:
    """The canonical isomeric SMILES of a sanitised molecule, and a molecule of which RDKit writes just that: `mol`
    itself unless its text depends on how it was written."""
    text = Chem.MolToSmiles(mol)
    ring_stereo = "@" in text and len(mol.GetAtomsMatchingQuery(_RING_STEREO)) > 0
    if not (ring_stereo or text.count("/") + text.count("\\") >= _MARKS or is_large_and_symmetric(mol)):
        return text, mol
    with rdBase.BlockLogs():
        found = {text: mol}
        # Where rings have such stereo, what is read again often stays, and only another spelling tells.
        for spelling in (text, *_spellings(mol, 5 * ring_stereo)):
            _read(spelling, found)
        waiting = list(found) if len(found) > 1 else []
        while waiting and len(found) <= _MOST_TEXTS:
            for spelling in _spellings(found[waiting.pop()], _MOST_ROOTS):
                if (new := _read(spelling, found)) is not None:
                    waiting.append(new)
    first = min(found)
    return first, found[first]


def is_large_and_symmetric(mol: Chem.Mol) -> bool:
    """Whether RDKit's text of a molecule without stereo may depend on how it was written."""
    rings = mol.GetRingInfo().NumRings()
    if not _RINGS <= rings < _MANY_RINGS:
        return bool(rings >= _MANY_RINGS)
    return len(set(Chem.CanonicalRankAtoms(mol, breakTies=False))) <= _SYMMETRIC * mol.GetNumAtoms()


def _spellings(mol: Chem.Mol, most: int) -> list[str]:
    """SMILES that begin at atoms spread evenly over the molecule, at most so many."""
    atoms = mol.GetNumAtoms()
    count = min(atoms, most)
    return [Chem.MolToSmiles(mol, rootedAtAtom=i * atoms // count) for i in range(count)]


def _read(spelling: str, found: dict[str, Chem.Mol]) -> str | None:
    """Put the molecule of a spelling beside those found by its canonical text; the text if it is new."""
    mol = Chem.MolFromSmiles(spelling)
    text = None if mol is None else Chem.MolToSmiles(mol)
    if text is None or text in found:
        return None
    found[text] = mol
    return text
