"""Circular fingerprints, the Tanimoto similarity between them, and Murcko scaffolds."""

from collections.abc import Iterator, Sequence

import numpy as np
from rdkit import Chem
from rdkit.Chem import rdFingerprintGenerator
from rdkit.Chem.Scaffolds import MurckoScaffold
from rdkit.DataStructs import BitVectToBinaryText, ExplicitBitVect

from molgan.chem.canonical import is_large_and_symmetric
from molgan.chem.molecule import parse

_BLOCK = 1024


def ecfp(mols: Sequence[Chem.Mol], radius: int = 2, bits: int = 2048) -> list[ExplicitBitVect]:
    """Extended-connectivity (Morgan) fingerprints, one a molecule, in order; radius 2 is ECFP4.

    D. Rogers, M. Hahn, J. Chem. Inf. Model. 50, 742 (2010).
    """
    generator = rdFingerprintGenerator.GetMorganGenerator(radius=radius, fpSize=bits)
    return [generator.GetFingerprint(mol) for mol in mols]


def ecfp_counts(mols: Sequence[Chem.Mol], radius: int = 2, bits: int = 2048) -> np.ndarray:
    """How often each atom environment occurs, uint8 [n, bits] up to 255; those whose hashes meet count together.

    The counted form of `ecfp`.
    """
    generator = rdFingerprintGenerator.GetMorganGenerator(radius=radius, fpSize=bits)
    rows = [generator.GetCountFingerprintAsNumPy(mol).clip(max=255).astype(np.uint8) for mol in mols]
    return np.array(rows, dtype=np.uint8).reshape(len(mols), bits)


def nearest(queries: Sequence[ExplicitBitVect], references: Sequence[ExplicitBitVect]) -> tuple[np.ndarray, np.ndarray]:
    """The nearest reference of each query: its Tanimoto similarity [Q] in 0..1 and its index [Q].

    Among equals the first reference wins. Without references the similarity is NaN and the index -1.
    """
    similarity = np.full(len(queries), np.nan)
    index = np.full(len(queries), -1, dtype=np.int64)
    for start, query_bits in _blocks(queries):
        rows = slice(start, start + len(query_bits))
        for offset, reference_bits in _blocks(references):
            block = _tanimoto(query_bits, reference_bits)
            best = block.argmax(axis=1)
            value = block[np.arange(len(block)), best]
            nearer = ~(similarity[rows] >= value)  # NaN, the start, is never nearer
            similarity[rows] = np.where(nearer, value, similarity[rows])
            index[rows] = np.where(nearer, best + offset, index[rows])
    return similarity, index


def internal_diversity(fingerprints: Sequence[ExplicitBitVect], p: int = 1) -> float:
    """1 - (mean of T^p over all ordered pairs, a molecule with itself included)^(1/p), in 0..1; NaN for an empty set.

    T is the Tanimoto similarity; `p` 1 and 2 are IntDiv1 and IntDiv2 of MOSES: D. Polykovskiy et al., Front.
    Pharmacol. 11, 565644 (2020). Time grows with the square of the set's size.
    """
    if not fingerprints:
        return float("nan")
    total = 0.0
    for start, rows in _blocks(fingerprints):
        for offset, columns in _blocks(fingerprints[start:]):
            pairs = 1 if offset == 0 else 2  # a block off the diagonal stands for its mirror image as well
            total += pairs * float((_tanimoto(rows, columns) ** p).sum())
    return float(1 - (total / len(fingerprints) ** 2) ** (1 / p))


def murcko_scaffold(mol: Chem.Mol) -> str:
    """SMILES, without stereo, of the ring systems and the linkers between them; "" for a molecule without a ring.

    G. W. Bemis, M. A. Murcko, J. Med. Chem. 39, 2887 (1996), with RDKit's exocyclic double bonds.
    """
    return _write_scaffold(MurckoScaffold.GetScaffoldForMol(mol))  # type: ignore[no-untyped-call]


def topological_scaffold(mol: Chem.Mol) -> str:
    """The Murcko scaffold with carbon for every atom and a single bond for every bond: the graph of the rings and their
    linkers; "" for a molecule without a ring. Where an atom has more neighbours than carbon can, the Murcko scaffold.

    The graph framework of G. W. Bemis, M. A. Murcko, J. Med. Chem. 39, 2887 (1996), as RDKit's
    `MurckoScaffold.MakeScaffoldGeneric` and with it REINVENT make it: exocyclic atoms that were doubly bonded stay.
    """
    scaffold = MurckoScaffold.GetScaffoldForMol(mol)  # type: ignore[no-untyped-call]
    try:
        generic = MurckoScaffold.MakeScaffoldGeneric(scaffold)  # type: ignore[no-untyped-call]
    except ValueError:
        return _write_scaffold(scaffold)
    Chem.FastFindRings(generic)
    return _write_scaffold(generic)


def _write_scaffold(scaffold: Chem.Mol) -> str:
    text = str(Chem.MolToSmiles(scaffold, isomericSmiles=False))
    return parse(text).smiles or text if is_large_and_symmetric(scaffold) else text


def _blocks(fingerprints: Sequence[ExplicitBitVect]) -> Iterator[tuple[int, np.ndarray]]:
    """(offset, bits as 0.0 or 1.0 [up to 1024, bits]), block by block, so that memory stays bounded."""
    for start in range(0, len(fingerprints), _BLOCK):
        block = fingerprints[start : start + _BLOCK]
        packed = np.frombuffer(b"".join(map(BitVectToBinaryText, block)), dtype=np.uint8).reshape(len(block), -1)
        yield start, np.unpackbits(packed, axis=1).astype(np.float32)


def _tanimoto(rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Tanimoto similarity [R, C] of bits; 0 between two fingerprints without a bit, as in RDKit."""
    common = (rows @ columns.T).astype(np.float64)
    either = rows.sum(axis=1, dtype=np.float64)[:, None] + columns.sum(axis=1, dtype=np.float64)[None, :] - common
    return np.asarray(common / np.maximum(either, 1))
