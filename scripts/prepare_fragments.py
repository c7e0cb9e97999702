"""Make the tables of Morgan fragments in molgan/data from those that RDKit's Contrib ships as pickles.

python scripts/prepare_fragments.py
"""

import argparse
import gzip
import hashlib
import pickle
from pathlib import Path

import numpy as np
from rdkit import RDConfig, rdBase

DATA = Path(__file__).parents[1] / "molgan" / "data"
CONTRIB = Path(RDConfig.RDContribDir)


def main() -> None:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    rows = load("SA_Score/fpscores.pkl.gz")
    write("sa_fragments", {int(bit): float(row[0]) for row in rows for bit in row[1:]})
    write("np_fragments", load("NP_Score/publicnp.model.gz"))


def load(name: str) -> list | dict:
    path = CONTRIB / name
    print(f"{name} of RDKit {rdBase.rdkitVersion}: sha256 {hashlib.sha256(path.read_bytes()).hexdigest()}")
    with gzip.open(path) as file:
        return pickle.load(file)


def write(stem: str, contributions: dict[int, float]) -> None:
    """`steps`: from each bit to the next. `values`: the distinct contributions. `index`: each bit's among them."""
    bits = np.array(sorted(contributions), dtype=np.int64)
    values, index = np.unique([contributions[bit] for bit in bits.tolist()], return_inverse=True)
    path = DATA / f"{stem}.npz"
    steps = np.diff(bits, prepend=0).astype(np.uint32)
    np.savez_compressed(path, steps=steps, values=values, index=index.astype(np.uint16))
    print(f"{path.name}: {len(bits):,} fragments, sha256 {hashlib.sha256(path.read_bytes()).hexdigest()}")


if __name__ == "__main__":
    main()
