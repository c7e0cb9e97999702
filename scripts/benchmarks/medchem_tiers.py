"""What each tier of the training data brings: a training set without it, beside the molecules that a chemist asks for.

For each choice of tiers `--molecules` training molecules at random: the Fréchet ChemNet distance to the approved drugs
and to the test set, the share of the approved drugs (and of the natural products of the test set) whose ring systems
all occur among them, the median weight, Fsp3 and number of stereo centres.
"""

import argparse
from collections.abc import Sequence

import numpy as np
from medchem_sets import TEST, TRAIN, draw_real, find_set, print_table

from molgan.base.parallel import map_chunks
from molgan.base.progress import Progress
from molgan.chem.molecule import parse_all
from molgan.chem.reading import read_smiles
from molgan.chem.ring_systems import find_ring_systems
from molgan.chem.shipped_sets import load_reference
from molgan.evaluation import chemnet
from molgan.evaluation.chemnet_fit import Fit, distance, fit_activations
from molgan.scoring.measure import Measure

TIERS = ("chembl", "screening", "vendor", "natural")
CHOICES = {
    "all": TIERS,
    "ChEMBL": ("chembl",),
    **{f"without {tier}": tuple(set(TIERS) - {tier}) for tier in TIERS[1:]},
    "as many of each": TIERS,
}
PROPERTIES = ("mw", "fsp3", "stereo_centres")
_CHUNK = 500


def run(arguments: argparse.Namespace, progress: Progress) -> None:
    """The subcommand."""
    tiers = read_tiers(TRAIN)
    drugs = [record.smiles for record in load_reference("approved_drugs")]
    natural = read_tiers(TEST)["natural"]
    asked = {"drugs": drugs, "natural": natural}
    rings = {name: find_rings(smiles, arguments.processes, name, progress) for name, smiles in asked.items()}
    fits = {"drugs": fit(drugs, progress), "test": fit(draw_real(TEST, arguments.molecules, 0), progress)}
    rows: dict[str, list[object]] = {}
    for choice, names in CHOICES.items():
        smiles = draw(tiers, names, arguments.molecules, even=choice == "as many of each")
        mine = fit(smiles, progress)
        known = set().union(*find_rings(smiles, arguments.processes, choice, progress))
        values = np.nanmedian(Measure(PROPERTIES)([each.mol for each in parse_all(smiles) if each.mol]), axis=0)
        shares = [float(np.mean([each <= known for each in found])) for found in rings.values()]
        rows[choice] = [distance(mine, fits["drugs"]), distance(mine, fits["test"]), *shares, *values.tolist()]
    counts = ", ".join(f"{name} {len(some):,}" for name, some in tiers.items())
    columns = [
        "FCD, approved drugs", "FCD, test", "drugs with known rings", "natural products with known rings",
        "median weight", "median Fsp3", "median centres",
    ]  # fmt: skip
    print_table(f"Tiers ({counts}), {arguments.molecules:,} molecules of each choice", columns, rows)


def read_tiers(name: str) -> dict[str, list[str]]:
    """The SMILES of a set by their tier."""
    found: dict[str, list[str]] = {tier: [] for tier in TIERS}
    for record in read_smiles(find_set(name)):
        found[record.fields["tier"]].append(record.smiles)
    return found


def draw(tiers: dict[str, list[str]], names: Sequence[str], n: int, *, even: bool) -> list[str]:
    """At most `n` molecules of some tiers, in proportion to them or as many of each."""
    rng = np.random.default_rng([0, 12])
    if even:
        return [tiers[name][i] for name in names for i in rng.permutation(len(tiers[name]))[: n // len(names)].tolist()]
    together = [text for name in TIERS if name in names for text in tiers[name]]
    return [together[i] for i in rng.permutation(len(together))[:n].tolist()]


def fit(smiles: Sequence[str], progress: Progress) -> Fit:
    return fit_activations(chemnet.activations(smiles, progress=progress))


def find_rings(smiles: Sequence[str], processes: int, task: str, progress: Progress) -> list[frozenset[str]]:
    """The ring systems of each molecule."""
    parts = map_chunks(_find_rings, smiles, _CHUNK, processes, task=f"{task}, rings", progress=progress)
    return [rings for part in parts for rings in part]


def _find_rings(smiles: list[str]) -> list[frozenset[str]]:
    return [frozenset(find_ring_systems(each.mol)) for each in parse_all(smiles) if each.mol is not None]
