"""Prepares a user's own molecules for the replay memory: as the actions by which the generator would draw them."""

from __future__ import annotations

from collections.abc import Sequence

from molgan.chem.molecule import Molecule, parse
from molgan.chem.stereo import remove_stereo
from molgan.graphs.motif.actions import NotEncodable
from molgan.models.motif.encoding import encode_molecule
from molgan.models.protocols import MotifTreeGenerator
from molgan.training.rl.replay_memory import Encoded


def encode_start(generator: MotifTreeGenerator, smiles: Sequence[str]) -> tuple[list[Encoded], list[str]]:
    """The distinct molecules that the generator can draw, and for each that it cannot its SMILES with the reason.

    Without its stereo where the weights know none: that is what the generator would draw.
    """
    found: dict[str, Encoded] = {}
    faults = []
    for text in smiles:
        molecule = parse(text)
        try:
            if molecule.reason is not None:
                raise NotEncodable(molecule.reason)
            molecule = molecule if generator.vocabulary.stereo else _flatten(molecule)
            encoded = Encoded(str(molecule.smiles), tuple(encode_molecule(molecule, generator)))
            found.setdefault(encoded.smiles, encoded)
        except NotEncodable as error:
            faults.append(f"{text}: {error}")
    return list(found.values()), faults


def _flatten(molecule: Molecule) -> Molecule:
    if molecule.mol is None or not any(mark in str(molecule.smiles) for mark in "@/\\"):
        return molecule
    from rdkit import Chem

    return parse(Chem.MolToSmiles(remove_stereo(molecule.mol)))
