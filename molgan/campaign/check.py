"""What a campaign would do, found out without running it: what its filters keep, what it scores, what it costs."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from molgan.base.progress import Progress, Silent
from molgan.campaign.cost import Cost, measure
from molgan.campaign.pipeline import PIPELINES
from molgan.chem.molecule import Molecule, parse, parse_all
from molgan.chem.reading import read_smiles
from molgan.chem.shipped_sets import load_reference
from molgan.chem.stereoisomers import enumerate_stereoisomers
from molgan.config import CampaignConfig
from molgan.filters.funnel import Funnel
from molgan.filters.funnel_result import StageCount
from molgan.filters.stages.score_filters import REALISM
from molgan.scoring.objective import Objective
from molgan.scoring.registry import get_scorer

if TYPE_CHECKING:
    import pandas

REFERENCE = "moses_reference_1000"
_FEW = 16  # of them where a scorer takes seconds a molecule, as docking does


@dataclass(frozen=True)
class Findings:
    """`components`: the objective's, by name. `passing`: the filters' counts for the reference molecules. `known`: the
    user's lead and actives, one row each: `role`, `smiles`, the objective's columns, and `stage` and `reason`, empty
    unless a filter rejects it. `costs`: of each stage of the campaign."""

    components: list[str]
    passing: list[StageCount]
    known: "pandas.DataFrame"
    costs: list[Cost]


def check_campaign(config: CampaignConfig, progress: Progress | None = None) -> Findings:
    """Try a campaign's parts. Raises ConfigError, InputError or WeightsError for what would stop the campaign later."""
    progress = progress or Silent()
    reference = parse_all(record.smiles for record in load_reference(REFERENCE))
    if any(get_scorer(part.scorer, **part.parameters).waits for part in config.objective.components):
        reference = reference[:_FEW]
    filters, skipped = config.filters.without(REALISM)
    for name in skipped:
        progress.message(f"filter {name!r} is skipped: only a run has a critic that tells how real a molecule is")
    objective, funnel = Objective(config.objective), Funnel(filters)
    progress.message("reading the reference sets")
    known = _known(config, objective, funnel)
    funnel(reference[:1], table=objective(reference[:1]).to_frame())
    progress.message("timing the parts on this machine")
    pace = measure(config, reference, objective, funnel)
    if config.stereo is not None:  # as in a run, where no stereo is left open
        reference = [next(enumerate_stereoisomers(molecule, most=1)) for molecule in reference]
    passing = funnel(reference, table=objective(reference).to_frame()).counts
    components = [component.name for component in config.objective.components]
    stages = [stage for stage in PIPELINES[CampaignConfig] if stage.is_part_of(dict(config))]
    costs = [cost for stage in stages if (cost := stage.cost(config, pace)) is not None]
    return Findings(components, passing, known, costs)


def _known(config: CampaignConfig, objective: Objective, funnel: Funnel) -> "pandas.DataFrame":
    actives = config.data.actives
    if isinstance(actives, Path):
        actives = [record.smiles for record in read_smiles(actives)]
    lead = [config.data.lead] if config.data.lead is not None else []
    read = parse if config.standardize is None else config.standardize.standardise
    molecules: list[Molecule] = [read(smiles) for smiles in (*lead, *actives)]
    table = objective(molecules).to_frame()
    rejected = {one.index: one for one in funnel(molecules, table=table).rejected}
    found = [rejected.get(i) for i in range(len(molecules))]
    table.insert(0, "role", ["lead"] * len(lead) + ["active"] * len(actives))
    table["stage"] = [one.stage if one else "" for one in found]
    table["reason"] = [one.reason if one else "" for one in found]
    return table
