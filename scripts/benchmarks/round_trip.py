"""Encode every molecule of a file as motif actions, decode them, and count those that come back as another molecule.

    python scripts/benchmarks/round_trip.py data/moses_train.csv.gz --processes 2

Prints molecules read, identical, different and not encodable (by reason), and the coverage of the vocabulary.
"""

import argparse
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from rdkit import Chem, RDLogger

from molgan.base.parallel import Processes, split_chunks
from molgan.chem.motifs import write
from molgan.chem.reading import read_smiles
from molgan.graphs.motif.actions import SPELL, NotEncodable, Vocabulary, decode, encode
from molgan.graphs.motif.motif_data import read_tree
from molgan.models.loading import load_generator


def count_outcomes(smiles: Sequence[str], vocabulary: Vocabulary) -> Counter[str]:
    """How often each outcome occurs: identical, spelled (a part of identical), different, or the reason."""
    RDLogger.DisableLog("rdApp.*")
    count: Counter[str] = Counter()
    for text in smiles:
        try:
            tree = read_tree(text)
            actions = encode(tree, vocabulary)
        except NotEncodable as error:
            count[str(error)] += 1
            continue
        # Written and read once more, since RDKit's first spelling of some cages and rings depends on the input.
        same = respell(write(decode(actions, vocabulary))) == respell(text)
        count["identical" if same else "different"] += 1
        count["spelled"] += same and SPELL in actions
    return count


def respell(smiles: str) -> str | None:
    """Read and write a SMILES twice, after which its canonical form is stable."""
    mol = Chem.MolFromSmiles(smiles)
    return None if mol is None else str(Chem.CanonSmiles(Chem.MolToSmiles(mol)))


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
    covered = 1 - spelled / max(1, count["identical"])
    print(f"{covered:>12.4f}  of the identical without a spelled motif, by a vocabulary of {len(vocabulary.motifs):,}")


if __name__ == "__main__":
    main()
