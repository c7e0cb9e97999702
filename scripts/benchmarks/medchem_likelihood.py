"""How likely molecules are to a prior, in nats: fewer are better.

A molecule counts as its canonical action sequence; other sequences of the same molecule would add to its probability,
so that the nats are an upper bound. What a prior cannot say (stereo that its vocabulary lacks, more heavy atoms than it
was trained for) has no likelihood; priors are compared on the molecules that both can say.
"""

import argparse
from collections.abc import Sequence

import numpy as np
import torch
from medchem_sets import SETS, TEST, TRAIN, draw_real, find_set, name_weights, print_table
from rdkit import Chem

from molgan.base.parallel import split_chunks
from molgan.base.progress import Progress
from molgan.chem.molecule import parse, parse_all
from molgan.chem.shipped_sets import load_reference
from molgan.chem.stereo import remove_stereo
from molgan.filters.known.identity import Sameness
from molgan.filters.known.reference_set import ReferenceSet
from molgan.graphs.motif.actions import NotEncodable, encode
from molgan.graphs.motif.motif_data import read_tree
from molgan.models.loading import load_generator
from molgan.models.protocols import MotifTreeGenerator

OTHER = "moses"
_TOGETHER = 512


@torch.no_grad()
def find_nats(generator: MotifTreeGenerator, smiles: Sequence[str], task: str, progress: Progress) -> np.ndarray:
    """-ln p of each molecule, float64 [n]; NaN for one that the generator cannot draw."""
    nats: list[float] = []
    progress.start(task, len(smiles))
    for chunk in split_chunks(smiles, _TOGETHER):
        found = [_encode(generator, text) for text in chunk]
        known = [actions for actions in found if actions is not None]
        values = iter((-generator.log_likelihood(known)).tolist() if known else [])
        nats += [next(values) if actions is not None else np.inf for actions in found]
        progress.advance(task, len(chunk))
    progress.finish(task)
    result = np.array(nats)
    result[np.isinf(result)] = np.nan
    return result


def count_atoms(smiles: Sequence[str]) -> np.ndarray:
    """The heavy atoms of each valid molecule, [n]."""
    return np.array([Chem.MolFromSmiles(text).GetNumHeavyAtoms() for text in smiles], dtype=float)


def flatten(smiles: str) -> str:
    """A valid molecule without its stereo."""
    return Chem.MolToSmiles(remove_stereo(parse(smiles).mol))


def run(arguments: argparse.Namespace, progress: Progress) -> None:
    """The subcommand."""
    ours, other = (load_generator(weights, MotifTreeGenerator) for weights in (arguments.weights, OTHER))
    name = name_weights(arguments.weights)
    drugs = [record.smiles for record in load_reference("approved_drugs")][: arguments.molecules]
    trained = ReferenceSet.load(str(find_set(TRAIN)), same=Sameness(stereo=True))
    unseen = [text for text, found in zip(drugs, trained.find(parse_all(drugs)), strict=True) if found is None]
    rows: dict[str, list[object]] = {}
    for kind, smiles in {
        "approved drugs": drugs,
        "approved drugs without stereo": [flatten(text) for text in drugs],
        "approved drugs outside the training set, without stereo": [flatten(text) for text in unseen],
    }.items():
        rows |= compare(kind, smiles, [(name, ours), (OTHER, other)], progress)
    columns = ["said", *(f"{each}, nats {per}" for each in (name, OTHER) for per in _PER)]
    print_table(f"Molecules that {name} and {OTHER} can both say", columns, rows)

    rows = {"approved drugs": summarise(find_nats(ours, drugs, "approved drugs", progress), drugs)}
    means = {}
    for kind in SETS:
        smiles = draw_real(kind, arguments.molecules, 1)
        nats = find_nats(ours, smiles, kind, progress)
        rows[kind.replace("_", " ")] = summarise(nats, smiles)
        means[kind] = np.nanmean(nats) if np.isfinite(nats).any() else np.nan
    rows["test - training"] = ["", "", means[TEST] - means[TRAIN], ""]
    print_table(f"All that {name} can say", ["molecules", "said", *(f"nats {per}" for per in _PER)], rows)


_PER = ("a molecule", "a heavy atom")


def compare(
    name: str, smiles: Sequence[str], generators: Sequence[tuple[str, MotifTreeGenerator]], progress: Progress
) -> dict[str, list[object]]:
    """The row of a table: how many of the molecules all generators can say, and the nats of these by each."""
    nats = [find_nats(each, smiles, f"{name}, {weights}", progress) for weights, each in generators]
    both = np.isfinite(nats).all(0)
    said = [text for text, each in zip(smiles, both.tolist(), strict=True) if each]
    means = [mean for each in nats for mean in summarise(each[both], said)[2:]]
    return {name: [f"{both.sum():,} of {len(smiles):,}", *means]}


def summarise(nats: np.ndarray, smiles: Sequence[str]) -> list[object]:
    """The cells of a row: molecules, those that can be said, and their nats a molecule and a heavy atom."""
    said = np.isfinite(nats)
    if not said.any():
        return [len(smiles), 0, np.nan, np.nan]
    total = nats[said].sum()
    return [len(smiles), int(said.sum()), total / said.sum(), total / count_atoms(smiles)[said].sum()]


def _encode(generator: MotifTreeGenerator, smiles: str) -> list[int] | None:
    try:
        return encode(read_tree(smiles), generator.vocabulary)
    except NotEncodable:
        return None
