"""Open stereo of a molecule: how many elements it has, and the stereoisomers that it may be.

Filters keep or drop and never change a molecule: `enumerate_stereoisomers` is called before them, or after.
"""

import random
from collections.abc import Callable, Iterator

from rdkit import Chem

from molgan.chem.guarded import find_delay, is_suspicious
from molgan.chem.molecule import Molecule, parse
from molgan.chem.stereo_elements import StereoElements


def count_open_stereo(mol: Chem.Mol) -> tuple[int, int]:
    """The number of open tetrahedral centres and of open double bonds, as `StereoElements` counts them."""
    elements = StereoElements.of(mol)
    return elements.open_atoms, len(elements.bonds)


def enumerate_stereoisomers(molecule: Molecule, *, most: int = 16) -> Iterator[Molecule]:
    """The stereoisomers that a valid molecule may be, its given stereo kept; the molecule itself if nothing is open.

    They are distinct and in the order of their canonical SMILES. At most `most` are given; where there are more, always
    the same ones are drawn. No bridgehead points into a small ring system, and no small rings are fused on opposite
    sides. No isomers are given where RDKit takes longer than
    `molgan.chem.guarded` allows.
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
        isomer = parse(elements.write_arrangement(mol, number))
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
