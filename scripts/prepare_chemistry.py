"""Make an index of the chemistry of a data file: ring systems, bonds, atom environments and fragments with counts.

    python scripts/prepare_chemistry.py data/medchem_train.csv.gz -o molgan/data/weights/medchem_chemistry.npz

What less than --least molecules have is left out, which makes the index several times smaller: a fragment that one
molecule of a million has is as good as unknown. Prints what a README needs. The same versions give the same bytes.
"""

import argparse
import hashlib
from itertools import chain, islice
from pathlib import Path

from molgan.base.parallel import cores
from molgan.chem.plausibility.chemistry_index import ChemistryIndex
from molgan.chem.reading import read_smiles


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="+", help="files of SMILES; their molecules are counted together")
    parser.add_argument("-o", "--output", type=Path, required=True, help="the index, .npz")
    parser.add_argument("--every", type=int, default=1, help="take every so many-th row")
    parser.add_argument("--least", type=int, default=2, help="fewest molecules that must have what is kept")
    parser.add_argument("--processes", type=int, default=cores())
    arguments = parser.parse_args()
    rows = (islice(read_smiles(file), 0, None, arguments.every) for file in arguments.files)
    smiles = (record.smiles for record in chain.from_iterable(rows))
    whole = ChemistryIndex.of(smiles, arguments.processes)
    index = whole.prune(arguments.least)
    index.save(arguments.output)
    content = arguments.output.read_bytes()
    kept = {name: f"{len(getattr(index, name).keys):,} of {len(getattr(whole, name).keys):,}" for name in index.tables}
    print(f"{index.molecules:,} molecules; {kept}")
    print(f"{arguments.output}: {len(content):,} bytes, sha256 {hashlib.sha256(content).hexdigest()}")


if __name__ == "__main__":
    main()
