"""What is counted of each molecule of a sample: ring systems, stereo, charges and properties."""

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
from rdkit import Chem, rdBase

from molgan.base.parallel import map_chunks
from molgan.base.progress import Progress
from molgan.chem.molecule import parse_all
from molgan.chem.ring_systems import find_ring_systems
from molgan.chem.stereo_elements import StereoElements
from molgan.scoring.measure import Measure

PROPERTIES = {"MW": "mw", "logP": "logp", "TPSA": "tpsa", "QED": "qed", "SA": "sa", "heavy atoms": "heavy_atoms"}
_CHUNK = 500


class Traits(NamedTuple):
    """One valid molecule: its tetrahedral centres and double bonds with stereo, defined and left open; its net charge,
    and whether an atom has a charge, those of nitro groups aside; `properties` in the order of PROPERTIES."""

    rings: tuple[str, ...]
    centres: int
    open_centres: int
    bonds: int
    open_bonds: int
    charge: int
    charged: bool
    properties: tuple[float, ...]


def find_traits(
    smiles: Sequence[str | None], *, processes: int = 1, task: str = "traits", progress: Progress | None = None
) -> list[Traits]:
    """The traits of the valid molecules, in order."""
    parts = map_chunks(_find_traits, smiles, _CHUNK, processes, task=task, progress=progress)
    return [traits for part in parts for traits in part]


def _find_traits(smiles: list[str | None]) -> list[Traits]:
    mols = [molecule.mol for molecule in parse_all(smiles) if molecule.mol is not None]
    with rdBase.BlockLogs():
        values = Measure(tuple(PROPERTIES.values()))(mols)
        return [_describe(mol, tuple(row)) for mol, row in zip(mols, values.tolist(), strict=True)]


def _describe(mol: Chem.Mol, properties: tuple[float, ...]) -> Traits:
    stereo = StereoElements.of(mol)
    return Traits(
        rings=tuple(find_ring_systems(mol)),
        centres=stereo.defined,
        open_centres=stereo.open_atoms,
        bonds=sum(bond.GetStereo() > Chem.BondStereo.STEREOANY for bond in mol.GetBonds()),
        open_bonds=len(stereo.bonds),
        charge=Chem.GetFormalCharge(mol),
        charged=is_charged(mol),
        properties=properties,
    )


def is_charged(mol: Chem.Mol) -> bool:
    """Whether an atom outside of nitro groups has a charge."""
    nitro = {atom for match in mol.GetSubstructMatches(_nitro()) for atom in match}
    return any(atom.GetFormalCharge() and atom.GetIdx() not in nitro for atom in mol.GetAtoms())


@cache
def _nitro() -> Chem.Mol:
    return Chem.MolFromSmarts("[N+](=O)[O-]")


def find_share_with_unknown_rings(traits: Sequence[Traits], known: Collection[str]) -> float:
    """The share of molecules with a ring system that is not among the known ones; NaN of none."""
    return _mean([any(ring not in known for ring in each.rings) for each in traits])


def summarise(traits: Sequence[Traits]) -> Mapping[str, float | str]:
    """Stereo, charges and the means of the properties, each with its standard deviation, of molecules."""
    centres, open_centres, bonds, open_bonds = (
        sum(getattr(each, name) for each in traits) for name in ("centres", "open_centres", "bonds", "open_bonds")
    )
    charges = [each.charge for each in traits]
    rows: dict[str, float | str] = {
        "with a defined stereo centre": _mean([each.centres > 0 for each in traits]),
        "defined stereo centres a molecule": _mean([each.centres for each in traits]),
        "defined, of possible stereo centres": _ratio(centres, centres + open_centres),
        "with a defined double bond": _mean([each.bonds > 0 for each in traits]),
        "defined, of possible double bonds": _ratio(bonds, bonds + open_bonds),
        "net charge < -1": _mean([charge < -1 for charge in charges]),
        **{f"net charge {charge:+d}": _mean([each == charge for each in charges]) for charge in (-1, 0, 1)},
        "net charge > +1": _mean([charge > 1 for charge in charges]),
        "with a charged atom, nitro aside": _mean([each.charged for each in traits]),
    }
    columns = np.array([each.properties for each in traits]).reshape(-1, len(PROPERTIES)).T
    for name, column in zip(PROPERTIES, columns, strict=True):
        finite = column[np.isfinite(column)]
        rows[name] = f"{finite.mean():.2f} ± {finite.std():.2f}" if len(finite) else ""
    return rows


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if len(values) else float("nan")


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")
