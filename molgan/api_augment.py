"""The function that `import molgan` offers for labelled synthetic molecules of a small or imbalanced set."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from molgan.base.progress import Progress
    from molgan.training.augmentation.augment_file import Augmentation


def augment(
    data: str | Path,
    target: str,
    *,
    smiles: str | None = None,
    folder: str | Path | None = None,
    drop_censored: bool = False,
    progress: "Progress | None" = None,
    **settings: Any,
) -> "Augmentation":
    """Make labelled synthetic molecules for a small or imbalanced set of measurements, and decide whether they help.

    Models are trained with and without them, and with simple oversampling, class weights and SMOTE, and tested on
    scaffolds that are held out. Synthetic molecules are made anew of each training part, and of nothing else that was
    measured. They help where the 95% interval of the paired difference in PR-AUC, for numbers in RMSE, is all on the
    good side of 0.

    Args:
        data: A .csv, .tsv (also .gz), .parquet or .sdf file.
        target: The column of measured values: numbers, or classes 0 and 1.
        smiles: The SMILES column; found by its name by default.
        folder: Where the results are kept, so that an interrupted call goes on when it is made again.
        drop_censored: Leave out values that are bounds (>5); they are refused by default.
        progress: Shows the progress.
        settings: Fields of `molgan.training.augmentation.settings.AugmentSettings`: `source="samples"`,
            `label="teacher"`, `number=500`, `seeds=5`, `folds=5`, `seed=0` and others.

    Returns:
        `verdict`, one line; `helps`; `synthetic`, a table of the molecules with labels, uncertainties and where they
        come from; `table`, the comparison in Markdown; `figures`, all of it as JSON values.

    Raises:
        InputError: A missing column, one class or value, fewer than 20 molecules, values that are bounds, or too few
            scaffolds for the parts that are held out.
        ConfigError: Wrong settings, weights that cannot do what is asked, or no scikit-learn.
        WeightsError: See `load_generator`.
    """
    from molgan.scoring.parameters import validate_section
    from molgan.training.augmentation.augment_file import augment_file
    from molgan.training.augmentation.settings import AugmentSettings

    return augment_file(
        data,
        target,
        validate_section(AugmentSettings, settings, "augment"),
        smiles=smiles,
        drop_censored=drop_censored,
        folder=None if folder is None else Path(folder),
        progress=progress,
    )
