"""Make molgan/data/moses_{test,test_scaffolds}_statistics.npz from the package molsets, which ships the statistics that
published MOSES figures are computed with.

    pip download --no-deps molsets==0.3.1 && unzip molsets-*.whl 'moses/dataset/data/*'
    python scripts/moses_statistics.py moses/dataset/data

`molgan.evaluation.reference_statistics` would compute the same from the SMILES, in half an hour; converting is quicker.
"""

import argparse
from pathlib import Path

import numpy as np

from molgan.base.cache_folder import content_hash
from molgan.base.files import write_whole
from molgan.chem.reading import read_smiles
from molgan.evaluation.comparison_sets import Moses, shipped_statistics
from molgan.evaluation.molecule_features import PROPERTIES
from molgan.evaluation.reference_statistics import Statistics


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    for split in (Moses.TEST, Moses.TEST_SCAFFOLDS):
        smiles = sorted(record.smiles for record in read_smiles(folder / f"{split.value}.csv.gz"))
        # A pickle: run this on the package from the registry only.
        official = np.load(folder / f"{split.value}_stats.npz", allow_pickle=True)["stats"].item()
        statistics = Statistics(
            mean=official["FCD"]["mu"].astype(np.float64),
            covariance=official["FCD"]["sigma"],
            fragments=official["Frag"]["frag"],
            scaffolds=official["Scaf"]["scaf"],
            properties={name: np.sort(official[name]["values"]) for name in PROPERTIES},
            content=content_hash(smiles),
        )
        with write_whole(shipped_statistics(split)) as file:
            statistics.save(file)
        print(f"{shipped_statistics(split)}: {len(smiles):,} molecules")


if __name__ == "__main__":
    main()
