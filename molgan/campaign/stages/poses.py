"""Writes the docked poses of a library, for each component of the objective that docks."""

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from molgan.base.files import write_files
from molgan.scoring.registry import get_scorer
from molgan.scoring.scorers.docking.docking import Docking
from molgan.scoring.settings import ObjectiveSettings

if TYPE_CHECKING:
    import pandas


def write_poses(table: "pandas.DataFrame", objective: ObjectiveSettings, folder: Path) -> None:
    """Write `folder`/poses/<component>.sdf, best molecule first; a molecule that was docked elsewhere is docked again.

    `table` is the library with its `id` and `smiles`. Without a component that docks no folder is written.
    """
    shutil.rmtree(folder / "poses", ignore_errors=True)
    library = dict(zip(table["id"], table["smiles"], strict=True))
    for component in objective.components:
        scorer = get_scorer(component.scorer, **component.parameters)
        if isinstance(scorer, Docking):
            stem = re.sub(r"[^\w.-]", "_", component.name)
            write_files(folder / "poses", {f"{stem}.sdf": scorer.write_poses(library, component.name)})
