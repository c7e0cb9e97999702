"""One canonical SMILES per molecule, also where RDKit's depends on how the molecule was written.

For some symmetric molecules RDKit writes one of several texts, depending on the order in which it read the atoms.
Reading such a text and writing it again leads to the next text, so that all are found; the first in alphabetical order
is taken. Known cases are symmetric molecules of five rings, large fused systems, rings whose centres differ only by
each other's stereo, and several double bonds with stereo. Only such molecules are checked, since that takes a second
pass.
"""

from rdkit import Chem, rdBase
from rdkit.Chem import rdqueries

_MARKS = 3  # a double bond's stereo takes two, that of two bonds in conjugation three
_RINGS = 4
_MANY_RINGS = 8
_SYMMETRIC = 0.7  # a molecule is symmetric when at most this share of its atoms is distinct
_MOST_TEXTS = 16
_MOST_ROOTS = 64
_RING_STEREO = rdqueries.HasPropQueryAtom("_ringStereoAtoms")


def write_canonical(mol: Chem.Mol) -> tuple[str, Chem.Mol]:
    """The canonical isomeric SMILES of a sanitised molecule, and the molecule for which RDKit writes this text: `mol`
    itself unless the text depends on how `mol` was written."""
    text = Chem.MolToSmiles(mol)
    ring_stereo = "@" in text and len(mol.GetAtomsMatchingQuery(_RING_STEREO)) > 0
    if not (ring_stereo or text.count("/") + text.count("\\") >= _MARKS or is_large_and_symmetric(mol)):
        return text, mol
    with rdBase.BlockLogs():
        found = {text: mol}
        # With ring stereo, reading the text again often gives the same text; only another spelling shows the others.
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
    """SMILES that begin at atoms spread evenly over the molecule, at most `most` of them."""
    atoms = mol.GetNumAtoms()
    count = min(atoms, most)
    return [Chem.MolToSmiles(mol, rootedAtAtom=i * atoms // count) for i in range(count)]


def _read(spelling: str, found: dict[str, Chem.Mol]) -> str | None:
    """Read a spelling and add its molecule to `found` by its canonical text; the text if it is new, else None."""
    mol = Chem.MolFromSmiles(spelling)
    text = None if mol is None else Chem.MolToSmiles(mol)
    if text is None or text in found:
        return None
    found[text] = mol
    return text
