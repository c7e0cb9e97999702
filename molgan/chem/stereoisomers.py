"""Stereo that a molecule leaves open: how much there is, and what the molecule may be.

Filters keep or drop and never change a molecule: `enumerate_stereoisomers` is called before them, or after.
"""

import random
from collections.abc import Callable, Iterator

from rdkit import Chem

from molgan.chem.guarded import find_delay, is_suspicious
from molgan.chem.molecule import Molecule, parse
from molgan.chem.stereo_elements import StereoElements


def count_open_stereo(mol: Chem.Mol) -> tuple[int, int]:
    """How many tetrahedral centres and double bonds could have stereo and have none, as `StereoElements` has them."""
    elements = StereoElements.of(mol)
    return elements.open_atoms, len(elements.bonds)


def enumerate_stereoisomers(molecule: Molecule, *, most: int = 16) -> Iterator[Molecule]:
    """The stereoisomers that a valid molecule may be, with what it says of its stereo kept: itself if that is all.

    Distinct, in the order of their canonical SMILES, `most` at most, drawn always alike where there are more. None has
    a bridgehead that points into a small ring system or small rings fused on opposite sides. None at all where RDKit
    takes longer than `molgan.chem.guarded` allows.
    """
    if molecule.smiles is not None and is_suspicious(molecule.smiles):
        delay = find_delay("molgan.chem.stereoisomers:prepare_enumeration", most, molecule.smiles)
        if delay is not None:
            return
    mol = molecule.mol
    elements = None if mol is None else StereoElements.of(mol)
    if mol is None or elements is None or not (elements.centres or elements.bonds):
        yield molecule
        return
    found: dict[str | None, Molecule] = {}
    for number in _numbers(len(elements.centres) + len(elements.bonds), most):
        isomer = parse(elements.arranged(mol, number))
        found.setdefault(isomer.smiles, isomer)
        if len(found) == most:
            break
    yield from sorted(found.values(), key=lambda isomer: str(isomer.smiles))


def prepare_enumeration(most: int) -> Callable[[str], object]:
    """`enumerate_stereoisomers` for `find_delay`."""
    return lambda smiles: list(enumerate_stereoisomers(parse(smiles), most=most))


def _numbers(bits: int, most: int) -> Iterator[int]:
    """Numbers of so many bits, all of them if there are few, else at random, several for each that is wanted."""
    if 2**bits <= 64 * most:
        yield from random.Random(0).sample(range(2**bits), 2**bits)
        return
    draw = random.Random(0)
    yield from (draw.getrandbits(bits) for _ in range(64 * most))
