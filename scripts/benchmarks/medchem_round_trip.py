"""Which molecules the motif trees can say: approved drugs and held-out molecules as actions and back, with stereo.

In reach are those that the weights can draw: their vocabulary has stereo, and the molecule is not larger than those
that they were trained on. Spelled are those with a motif that has no action of its own.
"""

import argparse
from collections import Counter
from functools import partial

from medchem_sets import TEST, TEST_SCAFFOLDS, draw_real, print_table
from round_trip import IDENTICAL, find_outcomes

from molgan.base.parallel import map_chunks
from molgan.base.progress import Progress
from molgan.chem.shipped_sets import load_reference
from molgan.graphs.motif.actions import encode
from molgan.graphs.motif.motif_data import read_tree
from molgan.models.loading import load_generator
from molgan.models.protocols import MotifTreeGenerator

_CHUNK = 500


def run(arguments: argparse.Namespace, progress: Progress) -> None:
    """The subcommand."""
    generator = load_generator(arguments.weights, MotifTreeGenerator)
    vocabulary = generator.vocabulary
    drugs = load_reference("approved_drugs")[: arguments.molecules]
    names = {record.smiles: record.fields["name"] for record in drugs}
    sets = {"approved drugs": list(names)}
    sets |= {name.replace("_", " "): draw_real(name, arguments.molecules, 0) for name in (TEST, TEST_SCAFFOLDS)}
    work = partial(find_outcomes, vocabulary=vocabulary)
    rows: dict[str, list[object]] = {}
    failed: dict[str, list[object]] = {}
    for name, smiles in sets.items():
        parts = map_chunks(work, smiles, _CHUNK, arguments.processes, task=f"round trip, {name}", progress=progress)
        outcomes = [outcome for part in parts for outcome in part]
        count = Counter(outcome for outcome, _ in outcomes)
        identical = count.pop(IDENTICAL, 0)
        spelled = sum(spelled for _, spelled in outcomes)
        reasons = "; ".join(f"{reason}: {times:,}" for reason, times in count.most_common())
        same = [text for text, (outcome, _) in zip(smiles, outcomes, strict=True) if outcome == IDENTICAL]
        drawable = sum(
            len(each.actions) > 0 for each in generator.walk([encode(read_tree(s), vocabulary) for s in same])
        )
        shares = [part / max(1, len(smiles)) for part in (identical, drawable, spelled)]
        rows[name] = [len(smiles), *(f"{share:.2%}" for share in shares), reasons]
        for text, (outcome, _) in zip(smiles, outcomes, strict=True):
            if outcome != IDENTICAL:
                failed[names.get(text, text)] = [outcome]
    print_table("Round trip", ["molecules", "identical, with stereo", "and in reach", "and spelled", "others"], rows)
    if failed:
        print_table("Not identical", ["reason"], failed)
