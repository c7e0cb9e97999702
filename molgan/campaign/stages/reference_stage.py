"""The stage that scores a sample of the training data, which the report compares the library with."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from molgan.base.content import add_contents
from molgan.base.files import write_files
from molgan.campaign.run_folder.stage_record import Counts
from molgan.campaign.stages.stage import Stage
from molgan.campaign.stages.training_data import draw_molecules
from molgan.scoring.base import NotAsked

FILE = "reference.csv"


class Reference(Stage):
    """Leaves reference.csv."""

    name = "reference"
    section = "report"
    is_optional = False

    def inputs(self) -> Mapping[str, object]:
        sections = self.work.config.model_dump(mode="json", include={"report", "objective", "seed"})
        return {**add_contents(sections), **self.work.data}

    @property
    def after(self) -> Sequence[Stage]:
        return ()

    @property
    def outputs(self) -> dict[str, Path]:
        return {FILE: self.work.folder / FILE}

    def perform(self) -> Counts:
        config = self.work.config
        smiles = draw_molecules(config.data, config.report.reference, config.seed)
        table = self.work.objective(smiles).to_frame()
        errors = table["error"].fillna("")
        # What a component was not asked about is no failure: the molecule has a score.
        table = table[(errors == "") | errors.str.startswith(NotAsked.START)].drop(columns="error")
        write_files(self.work.folder, {FILE: [table.to_csv(index=False, lineterminator="\n").encode()]})
        return {"molecules": len(table)}
