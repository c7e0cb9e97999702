"""Encode every molecule of a file as motif actions, decode them, and count those that come back as another molecule.

    python scripts/benchmarks/round_trip.py data/moses_train.csv.gz --processes 2

Prints molecules read, identical, different and not encodable (by reason), and the coverage of the vocabulary.
"""

import argparse
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from rdkit import RDLogger

from molgan.base.parallel import Processes, split_chunks
from molgan.chem.molecule import parse
from molgan.chem.motifs import write
from molgan.chem.reading import read_smiles
from molgan.graphs.motif.actions import SPELL, NotEncodable, Vocabulary, decode, encode
from molgan.graphs.motif.motif_data import read_tree
from molgan.models.loading import load_generator

IDENTICAL, DIFFERENT = "identical", "different"


def count_outcomes(smiles: Sequence[str], vocabulary: Vocabulary) -> Counter[str]:
    """How often each outcome occurs: identical, spelled (a part of identical), different, or the reason."""
    count: Counter[str] = Counter()
    for outcome, spelled in find_outcomes(smiles, vocabulary):
        count[outcome] += 1
        count["spelled"] += spelled
    return count


def find_outcomes(smiles: Sequence[str], vocabulary: Vocabulary) -> list[tuple[str, bool]]:
    """For each molecule IDENTICAL, DIFFERENT or the reason why it cannot be encoded; and whether it came back identical
    with a spelled motif. Stereo counts."""
    RDLogger.DisableLog("rdApp.*")
    return [_find_outcome(text, vocabulary) for text in smiles]


def _find_outcome(text: str, vocabulary: Vocabulary) -> tuple[str, bool]:
    try:
        actions = encode(read_tree(text), vocabulary)
    except NotEncodable as error:
        return str(error), False
    same = parse(write(decode(actions, vocabulary))).smiles == parse(text).smiles
    return (IDENTICAL, SPELL in actions) if same else (DIFFERENT, False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--weights", default="moses", help="whose vocabulary")
    parser.add_argument("--processes", type=int, default=1)
    arguments = parser.parse_args()
    vocabulary = load_generator(arguments.weights).vocabulary
    texts = (record.smiles for record in read_smiles(arguments.file))
    count: Counter[str] = Counter()
    with Processes(partial(count_outcomes, vocabulary=vocabulary), arguments.processes) as workers:
        for part in workers.map(split_chunks(texts, 5_000)):
            count.update(part)
    spelled = count.pop("spelled", 0)
    print(f"{count.total():>12,}  read")
    for outcome, times in count.most_common():
        print(f"{times:>12,}  {outcome}")
    covered = 1 - spelled / max(1, count[IDENTICAL])
    print(f"{covered:>12.4f}  of the identical without a spelled motif, by a vocabulary of {len(vocabulary.motifs):,}")


if __name__ == "__main__":
    main()
