"""The function that `import molgan` offers for finding the odd ones among molecules."""

from pathlib import Path
from typing import TYPE_CHECKING

from molgan.base.default_weights import DEFAULT_WEIGHTS

if TYPE_CHECKING:
    import pandas

    from molgan.api import Molecules


def anomalies(smiles: "Molecules", *, weights: str | Path = DEFAULT_WEIGHTS) -> "pandas.DataFrame":
    """How odd molecules look, and which part of each is to blame: a table, one row for each input, in order.

    The columns are `smiles`, as given; `rank`, 1 for the strangest; `typicality`, the share of real molecules (0 to 1)
    that look stranger, by the critic of the weights, the likelihood and the least likely part together; `realism`, by
    the first two alone, as of the scorer; `critic`, `likelihood` and `part`, by each alone; `blame`, why the part is
    to blame ("unknown ring system: …"); `atoms`, its atoms as numbered in `smiles` from 0 ("3 4 9"); `fragment`, the
    same as SMARTS; `error`, why there is no typicality: not a molecule, several fragments, too large, or with an
    element or stereo that the weights do not know. All but the rank does not depend on the other molecules.

    Args:
        smiles: What `score` takes; the rows have the labels of a pandas Series or frame.
        weights: Shipped weights by their name, or the folder that a training wrote, with a critic and calibrated.

    Raises:
        InputError: A single string, or a frame without a SMILES column.
        ConfigError: The weights have no likelihoods, critic or calibration.
        WeightsError: See `load_generator`.
    """
    from molgan.bulk.anomaly_file import anomaly_table
    from molgan.models.realism.realism_meter import RealismMeter

    return anomaly_table(smiles, RealismMeter.load(weights))
