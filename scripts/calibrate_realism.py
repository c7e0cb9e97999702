"""Measure what real molecules come to under a critic and a generator, by which `realism` and `anomalies` tell
percentiles.

    python scripts/calibrate_realism.py medchem                                   # shipped weights
    python scripts/calibrate_realism.py runs/mine --held-out held_out.smi         # the folder of a training

The molecules must be ones that the training did not see; those of shipped weights are in data/. Takes a minute or two
of one core, and has to be done again whenever the generator or its critic is trained anew, which the scorer notices.
"""

import argparse
from pathlib import Path

from molgan.base.errors import MolganError
from molgan.chem.reading import read_smiles
from molgan.models.realism.realism_meter import RealismMeter
from molgan.models.weights import find_weights

DATA = Path(__file__).resolve().parents[1] / "data"
MOST = 5_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", help="shipped weights by name, or a folder that `molgan train` wrote")
    parser.add_argument("--held-out", type=Path, help="molecules that the training did not see")
    parser.add_argument("--most", type=int, default=MOST, help="how many of them are measured")
    arguments = parser.parse_args()
    held_out = arguments.held_out or find_held_out(arguments.weights)
    if held_out is None:
        parser.error(f"no held-out molecules of {arguments.weights} are known; give --held-out FILE")
    try:
        print(calibrate(arguments.weights, held_out, arguments.most))
    except MolganError as error:
        parser.error(str(error))


def find_held_out(name: str) -> Path | None:
    """The held-out molecules of shipped weights."""
    file = DATA / f"{name}_test.csv.gz"
    return file if file.exists() else None


def calibrate(weights: str | Path, held_out: Path, most: int = MOST) -> str:
    """Write the calibration beside the weights; what was done, in a line."""
    smiles = [record.smiles for record in read_smiles(held_out)]
    step = max(1, len(smiles) // most)  # evenly over the file, whatever its order
    calibration, count = RealismMeter.load(weights, calibrated=False).calibrate(smiles[::step])
    calibration.save(find_weights(weights), held_out=held_out.name, step=step, molecules=count)
    return f"realism of {weights}: percentiles of {count:,} molecules of {held_out.name}, every {step}th"


if __name__ == "__main__":
    main()
