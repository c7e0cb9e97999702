"""Molecules as the sequences of actions by which a generator draws them."""

from __future__ import annotations

from rdkit import rdBase

from molgan.chem.guarded import find_delay, is_suspicious
from molgan.chem.molecule import Molecule, describe_failure
from molgan.graphs.motif.actions import NotEncodable, encode
from molgan.graphs.motif.motif_data import read_tree
from molgan.models.protocols import MotifTreeGenerator


def encode_molecule(molecule: Molecule, generator: MotifTreeGenerator) -> list[int]:
    """The canonical actions of a valid molecule. Raises NotEncodable with the reason where the generator has none."""
    smiles, most = str(molecule.smiles), generator.max_atoms
    if "." in smiles:
        raise NotEncodable("more than one fragment")
    if "*" in smiles:
        raise NotEncodable("a wildcard atom")
    if molecule.mol is not None and (heavy := molecule.mol.GetNumHeavyAtoms()) > most:
        raise NotEncodable(f"{heavy} heavy atoms, at most {most} with these weights")
    if not generator.vocabulary.stereo and any(mark in smiles for mark in "@/\\"):
        raise NotEncodable("stereo, which these weights do not know")
    if is_suspicious(smiles) and (delay := find_delay("molgan.graphs.motif.motif_data:prepare_reading", None, smiles)):
        raise NotEncodable(delay)
    try:
        with rdBase.BlockLogs():
            return encode(read_tree(smiles), generator.vocabulary)
    except NotEncodable:
        raise
    except Exception as error:  # RDKit's broken invariants arrive as RuntimeError, ValueError and others
        raise NotEncodable(describe_failure(error)) from None
